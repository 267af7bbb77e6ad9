import Foundation

/// Kafka's jars, and how its programs are run.
public struct KafkaDistribution: Sendable {
    private let home: String
    private let logging: String?

    /// Nil if there are no jars in `home`/libs, or there is no Java.
    init?(home: String) {
        let files = FileManager.default
        guard let jars = try? files.contentsOfDirectory(atPath: home + "/libs"),
            jars.contains(where: { $0.hasPrefix("kafka") && $0.hasSuffix(".jar") }), KafkaDistribution.hasJava
        else { return nil }
        self.home = home
        logging = [home + "/log4j2.properties", home + "/config/log4j2.yaml"].first { files.fileExists(atPath: $0) }
    }

    private static var hasJava: Bool {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.contains { FileManager.default.isExecutableFile(atPath: $0 + "/java") }
    }

    /// A command that begins with a path. One compiler is enough for a test, and the sooner it is up the better.
    public func command(_ main: String, _ arguments: [String], heap: String = "128m") -> [String] {
        ["/usr/bin/env", "java", "-Xms64m", "-Xmx\(heap)", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
            + ["-Dlog4j2.disableJmx=true"] + (logging.map { ["-Dlog4j2.configurationFile=\($0)"] } ?? [])
            + ["-cp", home + "/libs/*", main] + arguments
    }

    /// What one of Kafka's tools prints. Throws if it says that something failed.
    @discardableResult
    public func run(_ main: String, _ arguments: [String], input: String = "") throws -> String {
        let words = command(main, arguments)
        let child = Process(), output = Pipe(), entry = Pipe()
        child.executableURL = URL(fileURLWithPath: words[0])
        child.arguments = Array(words.dropFirst())
        child.standardInput = entry
        child.standardOutput = output
        child.standardError = output
        try child.run()
        try entry.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try entry.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        guard child.terminationStatus == 0 else { throw HarnessError.commandFailed(text) }
        return text
    }
}
