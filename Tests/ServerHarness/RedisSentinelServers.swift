import Foundation

/// A master with one replica, and sentinels that watch both. A server counts as dead after half a second.
public final class RedisSentinelServers: Sendable {
    public static let masterName = "martlet-master"
    public let first: RedisServer
    public let second: RedisServer
    public let sentinelPorts: [UInt16]
    private let sentinels: [ServerProcess]

    public init(sentinels count: Int = 1, password: String? = nil) throws {
        var options = RedisServer.Options()
        options.password = password
        options.settings = [("repl-diskless-sync-delay", "0")]
        let master = try RedisServer(options)
        options.settings += [("replicaof", "127.0.0.1 \(master.port)")]
        let replica = try RedisServer(options)
        try poll(until: "the replica follows") {
            // Before the master counts it as online, it keeps new writes to itself.
            try master.command("INFO", "replication").contains("state=online")
        }
        first = master
        second = replica
        let ports = try (0..<count).map { _ in try FreePorts.next() }
        let quorum = count / 2 + 1
        sentinels = try ports.map {
            try RedisSentinelServers.startSentinel(port: $0, master: master.port, quorum: quorum, password: password)
        }
        sentinelPorts = ports
        try waitUntilReady(others: count - 1)
    }

    /// The port of the master that the first sentinel answers with.
    public func masterPort() throws -> UInt16? {
        let answer = try RedisCLI.run(
            port: sentinelPorts[0], ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", RedisSentinelServers.masterName])
        return answer.split(separator: "\n").last.flatMap { UInt16($0) }
    }

    public func failOver() throws {
        let command = ["SENTINEL", "FAILOVER", RedisSentinelServers.masterName]
        // It wants to have heard of the replica a moment ago.
        try poll(until: "the sentinel begins the fail-over") {
            (try? RedisCLI.run(port: sentinelPorts[0], command)) == "OK"
        }
    }

    public func killSentinel(_ index: Int) { sentinels[index].kill() }

    public func end() {
        for sentinel in sentinels { sentinel.end() }
        first.end()
        second.end()
    }

    private static func startSentinel(
        port: UInt16, master: UInt16, quorum: Int, password: String?
    ) throws -> ServerProcess {
        let process = try ServerProcess(
            "sentinel", command: ["/usr/bin/redis-server", "@/sentinel.conf", "--sentinel"])
        var lines = [
            "port \(port)", "bind 127.0.0.1", "dir \(process.folder)",
            "sentinel monitor \(masterName) 127.0.0.1 \(master) \(quorum)",
            "sentinel down-after-milliseconds \(masterName) 500",
            "sentinel failover-timeout \(masterName) 3000",
        ]
        if let password { lines.append("sentinel auth-pass \(masterName) \(password)") }
        let text = lines.joined(separator: "\n") + "\n"
        try text.write(toFile: process.folder + "/sentinel.conf", atomically: true, encoding: .utf8)
        try process.start()
        return process
    }

    private func waitUntilReady(others: Int) throws {
        for port in sentinelPorts {
            try poll(until: "the sentinel knows the replica and the other sentinels") {
                let answer = try? RedisCLI.run(port: port, ["SENTINEL", "MASTER", RedisSentinelServers.masterName])
                let words = (answer ?? "").split(separator: "\n", omittingEmptySubsequences: false)
                return value("num-slaves", words) == "1" && value("num-other-sentinels", words) == "\(others)"
            }
        }
    }

    private func value(_ name: Substring, _ words: [Substring]) -> Substring? {
        guard let index = words.firstIndex(of: name), index + 1 < words.count else { return nil }
        return words[index + 1]
    }
}
