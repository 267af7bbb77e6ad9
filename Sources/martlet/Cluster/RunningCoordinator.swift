import MartletCoordinator
import MartletCore
import MartletIO
import Synchronization

/// A coordinator on a loop of its own, with a tick, and a log line for whatever it tells.
final class RunningCoordinator: Sendable {
    static let tickMilliseconds: UInt64 = 50

    let coordinator: Coordinator
    private let loop: EventLoop<WorkLoop>

    init(id: String, store: any ClusterStore, configuration: CoordinatorConfiguration, logger: Logger) {
        let holder = CoordinatorHolder()
        var tick = LoopConfiguration()
        tick.tickMilliseconds = Self.tickMilliseconds
        let loop = EventLoop(
            name: "coordinator", configuration: tick,
            factory: { WorkLoop { now in holder.coordinator?.tick(now: now) } })
        self.loop = loop
        coordinator = Coordinator(
            id: id, store: store, configuration: configuration, post: { work in loop.post(work) },
            note: { Self.log($0, logger) })
        holder.set(coordinator)
    }

    func start() throws {
        try loop.start()
        let coordinator = coordinator
        loop.post { coordinator.start() }
    }

    /// Gives its lease back, if it leads. A store that does not answer is not waited for: the lease runs out by itself.
    func stop() {
        let resigned = Answer<Bool>()
        coordinator.stop { resigned.set(true) }
        _ = resigned.value(waitingAtMost: 2_000)
        loop.stop()
    }

    /// What the coordinator tells, as a line that an operator can search for.
    private static func log(_ event: CoordinatorEvent, _ logger: Logger) {
        switch event {
        case .leads(let term): logger.info("this coordinator leads", [.epoch: LogValue(term)])
        case .follows(let leader, let term):
            logger.info("another coordinator leads", [.name: LogValue(leader), .epoch: LogValue(term)])
        case .storeFailed(let error):
            logger.warning("the coordinator cannot reach the store", [.error: LogValue("\(error)")])
        case .joined(let node): logger.info("node joined", [.node: LogValue(node)])
        case .gone(let node, let departure):
            logger.info("node is gone", [.node: LogValue(node), .reason: LogValue(text(departure))])
        case .published(let version, let reassigned, let moving, let unowned):
            logger.info(
                "cluster map published",
                [
                    .version: LogValue(version), .count: LogValue(reassigned),
                    .state: LogValue("\(moving) moving, \(unowned) unowned"),
                ])
        case .publishRefused(let version):
            logger.warning("cluster map refused: another leader published", [.version: LogValue(version)])
        }
    }

    private static func text(_ departure: CoordinatorEvent.Departure) -> String {
        switch departure {
        case .left: "left, or found dead by a peer"
        case .leaseEnded(let age): "lease ended, last renewed \(age) ms ago"
        case .replaced: "another incarnation has its name"
        case .forgotten: "not in the store any more"
        }
    }
}

/// Ties the coordinator to the loop that ticks it; each needs the other to be made.
private final class CoordinatorHolder: Sendable {
    private let value = Mutex<Coordinator?>(nil)
    var coordinator: Coordinator? { value.withLock { $0 } }
    func set(_ coordinator: Coordinator) { value.withLock { $0 = coordinator } }
}
