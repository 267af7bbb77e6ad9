import Foundation
import Synchronization

/// One Kafka broker on loopback, its own controller, in a folder of its own that is gone when the test process is.
public final class KafkaServer: Sendable {
    public let bootstrap: String
    /// Nil: a broker that ran already.
    private let process: ServerProcess?
    /// The listener with TLS and SASL; nil: it has only a plain one.
    public let security: KafkaSecurity?
    private let starts = Mutex(0)

    /// The one that most tests share; a topic each.
    public static let shared = Result { try KafkaServer() }

    /// `secured`: it has a second listener, with TLS and SASL. Not for a broker that ran already.
    public init(secured: Bool = false) throws {
        switch KafkaSource.found {
        case .running(let address): (bootstrap, process, security) = (address, nil, nil)
        case .distribution(let distribution):
            let port = try FreePorts.next()
            bootstrap = "127.0.0.1:\(port)"
            let process = try KafkaServer.make(distribution)
            self.process = process
            do { security = try KafkaServer.configure(process, distribution, port, secured: secured) } catch {
                process.end()
                throw error
            }
            do { try start() } catch {
                process.end()
                throw error
            }
        case nil: throw HarnessError.didNotStart(KafkaSource.absence)
        }
    }

    /// SIGKILL.
    public func kill() throws { try own.kill() }
    public func pause() throws { try own.pause() }
    public func resume() throws { try own.resume() }

    /// Starts it again on the same port, with what it has on disk.
    public func restart() throws {
        try own.kill()
        try start()
    }

    /// Whatever was done to it, it runs and answers afterwards.
    public func recover() {
        guard let process else { return }
        process.resume()
        if !process.isRunning { try? start() }
    }

    /// Kafka's own topic command.
    @discardableResult
    public func topics(_ arguments: String...) throws -> String {
        guard let distribution = KafkaSource.distribution else { throw HarnessError.didNotStart(KafkaSource.absence) }
        return try distribution.run(
            "org.apache.kafka.tools.TopicCommand", ["--bootstrap-server", bootstrap] + arguments)
    }

    public func end() { process?.end() }

    private var own: ServerProcess {
        get throws {
            guard let process else { throw HarnessError.commandFailed("not this test's broker") }
            return process
        }
    }

    private static func make(_ distribution: KafkaDistribution) throws -> ServerProcess {
        try ServerProcess("kafka", command: distribution.command("kafka.Kafka", ["@/server.properties"], heap: "384m"))
    }

    private static func configure(
        _ process: ServerProcess, _ distribution: KafkaDistribution, _ port: UInt16, secured: Bool
    ) throws -> KafkaSecurity? {
        let security = secured ? try KafkaSecurity(folder: process.folder) : nil
        let file = process.folder + "/server.properties"
        try KafkaServer.properties(process.folder, port, try FreePorts.next(), security)
            .write(toFile: file, atomically: true, encoding: .utf8)
        try distribution.run("kafka.tools.StorageTool", ["format", "-t", "bWFydGxldC10ZXN0LWtmaw", "-c", file])
        return security
    }

    private static func properties(
        _ folder: String, _ port: UInt16, _ controllerPort: UInt16, _ security: KafkaSecurity?
    ) -> String {
        let secured = security.map { ",SASL_SSL://127.0.0.1:\($0.port)" } ?? ""
        return """
            process.roles=broker,controller
            node.id=1
            controller.quorum.voters=1@127.0.0.1:\(controllerPort)
            listeners=PLAINTEXT://127.0.0.1:\(port),CONTROLLER://127.0.0.1:\(controllerPort)\(secured)
            advertised.listeners=PLAINTEXT://127.0.0.1:\(port)\(secured)
            inter.broker.listener.name=PLAINTEXT
            controller.listener.names=CONTROLLER
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
            log.dirs=\(folder)/data
            auto.create.topics.enable=false
            offsets.topic.replication.factor=1
            transaction.state.log.replication.factor=1
            transaction.state.log.min.isr=1
            group.initial.rebalance.delay.ms=0
            \(security?.properties ?? "")
            """
    }

    /// Its log says so each time.
    private func start() throws {
        let process = try own
        let count = starts.withLock { starts in
            starts += 1
            return starts
        }
        try process.start()
        try poll(until: "a broker is up on \(bootstrap)", seconds: 60) {
            guard process.isRunning else { throw HarnessError.didNotStart(process.log) }
            return process.log.components(separatedBy: "Kafka Server started").count > count
        }
    }
}
