import Foundation
import Synchronization

/// One Kafka broker on loopback, its own controller, in a folder of its own that is gone when the test process is.
public final class KafkaServer: Sendable {
    public let bootstrap: String
    /// Nil: a broker that ran already.
    private let process: ServerProcess?
    private let starts = Mutex(0)

    /// The one that most tests share; a topic each.
    public static let shared = Result { try KafkaServer() }

    public init() throws {
        switch KafkaSource.found {
        case .running(let address): (bootstrap, process) = (address, nil)
        case .distribution(let distribution):
            let port = try FreePorts.next()
            bootstrap = "127.0.0.1:\(port)"
            process = try KafkaServer.make(distribution, port: port)
            do { try start() } catch {
                process?.end()
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

    private static func make(_ distribution: KafkaDistribution, port: UInt16) throws -> ServerProcess {
        let process = try ServerProcess(
            "kafka", command: distribution.command("kafka.Kafka", ["@/server.properties"], heap: "384m"))
        do {
            let file = process.folder + "/server.properties"
            try KafkaServer.properties(process.folder, port, try FreePorts.next())
                .write(toFile: file, atomically: true, encoding: .utf8)
            try distribution.run("kafka.tools.StorageTool", ["format", "-t", "bWFydGxldC10ZXN0LWtmaw", "-c", file])
            return process
        } catch {
            process.end()
            throw error
        }
    }

    private static func properties(_ folder: String, _ port: UInt16, _ controllerPort: UInt16) -> String {
        """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:\(controllerPort)
        listeners=PLAINTEXT://127.0.0.1:\(port),CONTROLLER://127.0.0.1:\(controllerPort)
        advertised.listeners=PLAINTEXT://127.0.0.1:\(port)
        controller.listener.names=CONTROLLER
        listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
        log.dirs=\(folder)/data
        auto.create.topics.enable=false
        offsets.topic.replication.factor=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        group.initial.rebalance.delay.ms=0
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
