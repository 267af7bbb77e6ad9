import MartletCommand
import MartletConfiguration
import MartletCore
import MartletIO

/// Runs a coordinator until it is told to end.
enum CoordinatorRunner {
    private static let logger = Logger(component: "coordinator")

    static func run(_ invocation: Invocation) throws -> ExitCode {
        let (settings, warnings) = try ConfigurationLoader.load(invocation, for: .coordinator)
        ProcessLog.set(settings)
        ProcessLog.warn(warnings, logger)
        defer { Logger.flush() }
        let events = ProcessEvents()
        let watcher = try SignalWatcher { events.signal($0) }
        defer { withExtendedLifetime(watcher) {} }
        let stores = try ClusterStores(settings)
        defer { stores.close() }
        return try run(settings, stores, events, invocation[InfoFile.option])
    }

    private static func run(
        _ settings: Configuration, _ stores: ClusterStores, _ events: ProcessEvents, _ infoFile: String?
    ) throws -> ExitCode {
        let id = name(settings)
        let coordinator = RunningCoordinator(
            id: id, store: stores.cluster, configuration: CoordinatorConfiguration(settings), logger: logger)
        let admin = try ProcessAdmin(settings, stores: stores, coordinator: coordinator.coordinator)
        defer { admin.stop() }
        try coordinator.start()
        logger.info("listening", [.name: LogValue(id), .path: LogValue(admin.url)])
        if let infoFile { try InfoFile.write(["coordinator": id, "admin": admin.url], to: infoFile) }
        _ = events.next()
        coordinator.stop()
        logger.info("ended", [.code: 0])
        return .success
    }

    /// Another at each start: a coordinator that comes back must not take its old lease for its own.
    private static func name(_ settings: Configuration) -> String {
        let name = settings[Settings.coordinatorID] ?? ConfigurationLoader.hostName()
        return "\(name)#" + randomBytes(4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
