import MartletCore
import MartletGateway
import MartletIO

/// Empties a gateway before it ends: its slots move, and its clients are told where to go, at the configured pace.
struct Drain {
    enum Outcome: Equatable {
        case done
        /// It was not empty in time; what was left goes with the process.
        case timedOut(slots: Int, connections: Int)
        /// There is nobody to give anything to, or nobody to ask.
        case skipped(String)
    }

    static let pollMilliseconds: Int64 = 50
    static let patienceMilliseconds: Int64 = 1_000

    let cluster: any ClusterStore
    let gateway: Gateway
    let events: ProcessEvents
    let logger: Logger

    func run(milliseconds: Int64) -> Outcome {
        let deadline = Clock.monotonicMilliseconds + milliseconds
        guard milliseconds > 0 else { return .skipped("drain.timeout is 0") }
        // Another process may bear its name in the cluster: that one is not to be drained.
        guard gateway.status.isMember else { return .skipped("it is not a member") }
        let asked = Answer<Result<Bool, PortError>>()
        cluster.setDraining(gateway.id, true) { asked.set($0) }
        switch asked.value(waitingAtMost: min(milliseconds, Self.patienceMilliseconds)) {
        case .success(true): break
        case .success(false): return .skipped("the cluster does not know it")
        case .failure, nil: return .skipped("the cluster store does not answer")
        }
        logger.info("draining", [.node: LogValue(gateway.id), .connections: LogValue(gateway.status.connections)])
        return wait(until: deadline)
    }

    /// Looks at the map and at its own connections until both say that nothing is left.
    private func wait(until deadline: Int64) -> Outcome {
        var slots = -1
        while true {
            if let snapshot = snapshot() {
                let left = snapshot.map?.slots.count { $0.owner == gateway.id } ?? 0
                if left != slots { logger.info("drains", [.count: LogValue(left)]) }
                slots = left
                if left == 0, gateway.status.connections == 0 { return .done }
                if !hasSuccessor(snapshot) { return .skipped("no other gateway is up") }
            }
            guard Clock.monotonicMilliseconds < deadline else {
                return .timedOut(slots: slots, connections: gateway.status.connections)
            }
            if case .gatewayEnded? = events.next(milliseconds: Self.pollMilliseconds) {
                return .skipped("its lease is gone")
            }
        }
    }

    private func hasSuccessor(_ snapshot: ClusterSnapshot) -> Bool {
        snapshot.map?.nodes.contains { $0.id != gateway.id && $0.state == .up } ?? false
    }

    private func snapshot() -> ClusterSnapshot? {
        let answer = Answer<ClusterSnapshot>()
        cluster.snapshot { answer.set(try? $0.get()) }
        return answer.value(waitingAtMost: Self.patienceMilliseconds)
    }
}
