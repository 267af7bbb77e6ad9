import MartletCommand
import MartletConfiguration
import MartletCore
import MartletGateway
import MartletIO

/// Runs a gateway until it is told to end.
enum GatewayRunner {
    private static let logger = Logger(component: "gateway")

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let (settings, warnings) = try ConfigurationLoader.load(invocation, for: .gateway)
        try GatewayConfiguration.check(settings)
        ProcessLog.set(settings)
        ProcessLog.warn(warnings, logger)
        defer { Logger.flush() }
        // Before any thread is there: they inherit it.
        Scheduling.preferBatches()
        let events = ProcessEvents()
        let watcher = try SignalWatcher { events.signal($0) }
        defer { withExtendedLifetime(watcher) {} }
        let engine = try ClusterEngine(settings, logger: logger)
        defer { engine.close() }
        return try run(engine, try makeNode(settings, engine, events), settings, events, invocation[InfoFile.option])
    }

    private static func makeNode(
        _ settings: Configuration, _ engine: ClusterEngine, _ events: ProcessEvents
    ) throws(CommandFailure) -> NodeProcess {
        do {
            let configuration = try GatewayConfiguration(
                settings, generation: engine.ports.log.generation, hostName: ConfigurationLoader.hostName())
            return NodeProcess(configuration, engine: engine.ports, events: events)
        } catch {
            throw ConfigurationLoader.failure(error.problems)
        }
    }

    private static func run(
        _ engine: ClusterEngine, _ node: NodeProcess, _ settings: Configuration, _ events: ProcessEvents,
        _ infoFile: String?
    ) throws -> ExitCode {
        let admin = try ProcessAdmin(settings, engine: engine, node: node)
        defer { admin.stop() }
        do {
            try node.start()
        } catch let error as GatewayError {
            throw CommandFailure(error.description, code: .configuration)
        }
        defer { node.stop() }
        try announce(node, admin, infoFile)
        let code = try follow(node, settings, events)
        node.stop()
        logger.info("ended", [.code: LogValue(code.rawValue)])
        return code
    }

    private static func announce(_ node: NodeProcess, _ admin: ProcessAdmin, _ infoFile: String?) throws {
        guard let gateway = node.gateway else { return }
        logger.info(
            "listening",
            [.node: LogValue(gateway.id), .address: LogValue(gateway.clientAddress), .path: LogValue(admin.url)])
        guard let infoFile else { return }
        try InfoFile.write(
            [
                "node": gateway.id.description, "client": gateway.clientAddress, "link": gateway.linkAddress,
                "admin": admin.url,
            ], to: infoFile)
    }

    /// Until the process is to end, and with which status.
    private static func follow(
        _ node: NodeProcess, _ settings: Configuration, _ events: ProcessEvents
    ) throws -> ExitCode {
        while true {
            switch events.next() {
            case .end:
                drain(node, settings, events)
                return .success
            case .gatewayEnded(let reason, let life) where node.isCurrent(life: life):
                if let code = try ended(node, reason) { return code }
            case .gatewayEnded: break
            }
        }
    }

    /// Nil: it goes on with another gateway.
    private static func ended(_ node: NodeProcess, _ reason: GatewayEnd) throws -> ExitCode? {
        switch reason {
        case .leaseLost:
            do {
                try node.restart()
                return nil
            } catch {
                logger.error("cannot join again", [.reason: LogValue("\(error)")])
                return .temporaryFailure
            }
        case .disagrees(let setting, let cluster, let mine):
            Console.error(
                "martlet: refused by the cluster: `\(setting)` is \(mine) here, and \(cluster) there")
            return .configuration
        case .cannotListen(let why):
            Console.error("martlet: cannot listen: \(why)")
            return .configuration
        }
    }

    private static func drain(_ node: NodeProcess, _ settings: Configuration, _ events: ProcessEvents) {
        guard let gateway = node.gateway else { return }
        let drain = Drain(cluster: node.engine.cluster, gateway: gateway, events: events, logger: logger)
        switch drain.run(milliseconds: settings[Settings.drainTimeout]) {
        case .done: logger.info("drained", [.node: LogValue(gateway.id)])
        case .timedOut(let slots, let connections):
            logger.warning(
                "not drained in time", [.count: LogValue(slots), .connections: LogValue(connections)])
        case .skipped(let reason): logger.info("not drained", [.reason: LogValue(reason)])
        }
    }
}
