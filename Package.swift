// swift-tools-version: 6.2
// The target graph is the architecture: dependencies point one way, and the build checks them
// (`make build` passes --explicit-target-dependency-import-check error).
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    // Checked in every test. In a release they are one instruction in twenty of a message's way.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "martlet",
    products: [.executable(name: "martlet", targets: ["martlet"])],
    targets: [
        .systemLibrary(name: "CUV", pkgConfig: "libuv", providers: [.apt(["libuv1-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CJose", pkgConfig: "cjose", providers: [.apt(["libcjose-dev", "libjansson-dev"])]),
        .systemLibrary(name: "CRocksDB", providers: [.apt(["librocksdb-dev"])]),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),

        library("MartletCore"),
        .target(
            name: "MartletProtocol",
            dependencies: ["MartletCore"],
            exclude: ["martlet.proto"],
            // A reader holds the span that it reads, so its initialiser must say whose lifetime it borrows.
            swiftSettings: settings + [.enableExperimentalFeature("Lifetimes")]),
        library("MartletIO", ["MartletCore", "CUV"]),
        library("MartletEmbedded", ["MartletCore", "MartletIO", "CRocksDB"]),
        library("MartletRedis", ["MartletCore", "MartletIO", "CHiredis"]),
        library("MartletKafka", ["MartletCore", "MartletIO", "CRdKafka"]),
        library("MartletConfiguration", ["MartletCore", "MartletCommand", "CYAML"]),
        library("MartletGateway", ["MartletCore", "MartletProtocol", "MartletIO", "CJose", "COpenSSL"]),
        library("MartletCoordinator", ["MartletCore"]),
        library("MartletAdmin", ["MartletCore", "CMicroHTTPD"]),
        library("MartletCommand"),
        library("MartletBench", ["MartletCore", "MartletProtocol", "MartletIO"]),
        .executableTarget(
            name: "martlet",
            dependencies: [
                "MartletCore", "MartletProtocol", "MartletIO", "MartletEmbedded", "MartletGateway",
                "MartletRedis", "MartletKafka", "MartletConfiguration", "MartletCoordinator", "MartletAdmin",
                "MartletBench", "MartletCommand", "CCurl",
            ],
            swiftSettings: settings),

        tests("MartletCoreTests", ["MartletCore"], exclude: ["Vectors"]),
        tests("MartletProtocolTests", ["MartletCore", "MartletProtocol"]),
        tests("MartletIOTests", ["MartletCore", "MartletIO"]),
        tests("MartletBenchTests", ["MartletCore", "MartletProtocol", "MartletIO", "MartletBench"]),
        .target(
            name: "PortConformance", dependencies: ["MartletCore"], path: "Tests/PortConformance",
            swiftSettings: settings),
        .executableTarget(
            name: "EmbeddedHarness", dependencies: ["MartletCore", "MartletEmbedded"], path: "Tests/EmbeddedHarness",
            swiftSettings: settings),
        tests(
            "MartletEmbeddedTests",
            ["MartletCore", "MartletIO", "MartletEmbedded", "PortConformance", "EmbeddedHarness"]),
        .target(name: "ServerHarness", path: "Tests/ServerHarness", swiftSettings: settings),
        tests(
            "MartletRedisTests",
            ["MartletCore", "MartletIO", "MartletEmbedded", "MartletRedis", "PortConformance", "ServerHarness"]),
        tests("MartletKafkaTests", ["MartletCore", "MartletIO", "MartletKafka", "PortConformance", "ServerHarness"]),
        tests("MartletConfigurationTests", ["MartletCore", "MartletCommand", "MartletConfiguration"]),
        tests(
            "MartletGatewayTests", ["MartletCore", "MartletProtocol", "MartletIO", "MartletEmbedded", "MartletGateway"]),
        tests("MartletCoordinatorTests", ["MartletCore", "MartletCoordinator"]),
        tests("MartletCommandTests", ["MartletCommand"]),
        tests("MartletAdminTests", ["MartletCore", "MartletAdmin"]),
        tests(
            "MartletTests",
            ["MartletCore", "MartletIO", "MartletGateway", "MartletCoordinator", "MartletAdmin", "martlet"]),
    ]
)
