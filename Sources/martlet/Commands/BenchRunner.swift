import FoundationEssentials
import MartletBench
import MartletCommand
import MartletCore
import MartletGateway
import MartletIO
import MartletProtocol

/// Carries out `martlet bench`.
enum BenchRunner {
    static func run(_ kind: BenchOptions.Kind, _ invocation: Invocation) throws -> ExitCode {
        do {
            let report = try runBench(try options(kind, invocation))
            Console.print(invocation[BenchCommand.json] ? report.json : report.table, terminator: "")
            return report.check.holds ? .success : .failure
        } catch let error as BenchError {
            throw CommandFailure(error.description)
        }
    }

    private static func options(_ kind: BenchOptions.Kind, _ invocation: Invocation) throws -> BenchOptions {
        var options = try target(kind, invocation)
        options.users = invocation[BenchCommand.users]
        options.messageBytes = invocation[BenchCommand.bytes]
        options.seconds = invocation[BenchCommand.seconds]
        options.warmupSeconds = invocation[BenchCommand.warmup]
        options.rate = invocation[BenchCommand.rate] > 0 ? invocation[BenchCommand.rate] : nil
        options.encoding = invocation[BenchCommand.encoding] == .json ? .json : .proto
        options.acknowledgeMilliseconds = invocation[BenchCommand.acknowledgeAfter]
        options.loops = invocation[BenchCommand.loops]
        options.idleBase = invocation[BenchCommand.from]
        if invocation[BenchCommand.pid] > 0 { options.processID = Int32(invocation[BenchCommand.pid]) }
        options.progress = { Console.error($0) }
        return options
    }

    /// Whom to measure: the floor, or the cluster that the info file describes.
    private static func target(_ kind: BenchOptions.Kind, _ invocation: Invocation) throws -> BenchOptions {
        let floor = invocation[BenchCommand.floor]
        if floor > 0 {
            let endpoint = BenchOptions.Endpoint(host: "127.0.0.1", port: UInt16(floor))
            var options = BenchOptions(kind: kind, endpoints: [endpoint]) { _ in "" }
            options.server = .floor
            return options
        }
        guard let path = invocation[BenchCommand.info] else {
            throw CommandFailure("what to measure? Give --info with the file that `martlet dev --info` wrote")
        }
        let info = try ClusterInfo(path: path)
        guard let secret = DevelopmentSecret.load(from: info.data) else {
            throw CommandFailure("there is no \(DevelopmentSecret.path(in: info.data)) to sign tokens with")
        }
        var options = BenchOptions(kind: kind, endpoints: try info.endpoints()) { token(for: $0, secret) }
        options.processID = info.pid
        return options
    }

    private static func token(for user: String, _ secret: [UInt8]) -> String {
        guard let key = Key(user), let minter = try? TokenMinter(secret: secret, requireStrongSecret: false) else {
            return ""
        }
        let now = Clock.wallMilliseconds / 1000
        return minter.mint(TokenClaims(user: key, tier: .paid, expiresAt: now + 24 * 3600, issuedAt: now))
    }
}

/// What `martlet dev --info` writes, as far as it is of use here.
private struct ClusterInfo: Decodable {
    struct Node: Decodable { var url: String }

    var gateways: [Node]
    var data: String
    var pid: Int32

    init(path: String) throws(CommandFailure) {
        guard let data = FileManager.default.contents(atPath: path) else { throw CommandFailure("cannot read \(path)") }
        do {
            self = try JSONDecoder().decode(ClusterInfo.self, from: data)
        } catch {
            throw CommandFailure("\(path) is not a file of `martlet dev --info`")
        }
    }

    /// Of `ws://HOST:PORT/v1/ws`.
    func endpoints() throws(CommandFailure) -> [BenchOptions.Endpoint] {
        var endpoints: [BenchOptions.Endpoint] = []
        for node in gateways {
            let parts = node.url.split(separator: "/").dropFirst().first?.split(separator: ":") ?? []
            guard parts.count == 2, let port = UInt16(parts[1]) else {
                throw CommandFailure("no address in \(node.url)")
            }
            endpoints.append(BenchOptions.Endpoint(host: String(parts[0]), port: port))
        }
        return endpoints
    }
}
