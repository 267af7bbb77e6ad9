import Foundation

/// A real `redis-server` on loopback, on a free port, that keeps nothing on disk unless told to.
public final class RedisServer: Sendable {
    public struct Options: Sendable {
        /// With `appendfsync always`: what it answered is there after `kill` and `restart`.
        public var appendOnly = false
        public var maxMemoryPolicy = "noeviction"
        /// `requirepass`: the default user's password.
        public var password: String?
        /// Lines of ACL rules without the word `user`, such as `alice on >secret ~* +@all`.
        public var users: [String] = []
        public var isClusterNode = false
        /// Pairs of names and values, as a configuration file has them.
        public var settings: [(String, String)] = []

        public init() {}
    }

    public let port: UInt16
    private let options: Options
    private let process: ServerProcess

    public init(_ options: Options = Options()) throws {
        self.options = options
        port = try FreePorts.next()
        process = try ServerProcess("redis", command: try RedisServer.command(options, port: port))
        do { try start() } catch {
            process.end()
            throw error
        }
    }

    /// Kills it and removes what it stored.
    public func end() { process.end() }

    /// SIGKILL.
    public func kill() { process.kill() }
    public func pause() { process.pause() }
    public func resume() { process.resume() }
    public var log: String { process.log }

    /// Starts it again on the same port, with what it had on disk.
    public func restart() throws {
        process.kill()
        try start()
    }

    /// What `redis-cli` prints.
    @discardableResult
    public func command(_ arguments: String...) throws -> String {
        try RedisCLI.run(port: port, password: options.password, arguments)
    }

    private func start() throws {
        try process.start()
        try poll(until: "redis-server answers on port \(port)") {
            guard process.isRunning else { throw HarnessError.didNotStart(process.log) }
            let answer = try? RedisCLI.run(port: port, password: options.password, ["PING"])
            return answer == "PONG"
        }
    }

    private static func command(_ options: Options, port: UInt16) throws -> [String] {
        var settings = [
            ("port", "\(port)"), ("bind", "127.0.0.1"), ("dir", "@"), ("save", ""), ("daemonize", "no"),
            ("maxmemory-policy", options.maxMemoryPolicy), ("appendonly", options.appendOnly ? "yes" : "no"),
            ("appendfsync", "always"),
        ]
        if options.isClusterNode { settings += try clusterSettings() }
        if let password = options.password {
            settings += [("requirepass", password), ("masterauth", password)]
        }
        settings += options.settings
        var command = ["/usr/bin/redis-server"]
        for (name, value) in settings { command += ["--" + name, value] }
        for user in options.users { command += ["--user"] + user.split(separator: " ").map(String.init) }
        return command
    }

    private static func clusterSettings() throws -> [(String, String)] {
        [
            ("cluster-enabled", "yes"), ("cluster-config-file", "nodes.conf"),
            ("cluster-port", "\(try FreePorts.next())"), ("cluster-replica-validity-factor", "0"),
            ("cluster-allow-replica-migration", "no"), ("repl-diskless-sync-delay", "0"),
        ]
    }
}
