import MartletAdmin
import MartletCore
import MartletGateway
import MartletIO

/// Who is online, for every user of the cluster, from any process of it.
extension ClusterBackend {
    func presence(of users: [Key], done: @escaping AdminDone<[PresenceReport]>) {
        let slots = sources.slots
        let once = Once<Result<[UserPresence], PortError>>(
            { done(.success(ClusterBackend.reports(users, $0, slots: slots))) }, late: .failure(.unavailable))
        // A gateway has followed the map, and so knows what was true a moment before it changed.
        let member = sources.gateways().first { $0.status.hasMap && !sources.isPaused($0.id) }
        if let member { return member.presence(of: users) { once.answer($0) } }
        look(users) { once.answer($0) }
    }

    /// Without a gateway: the rows, and then the leases and the map that they are held against.
    private func look(_ users: [Key], done: @escaping @Sendable (Result<[UserPresence], PortError>) -> Void) {
        let (cluster, lease) = (sources.cluster, sources.leaseMilliseconds)
        sources.presence.query(users) { rows in
            cluster.snapshot { snapshot in
                done(rows.flatMap { rows in snapshot.flatMap { ClusterBackend.weigh(users, rows, $0, lease) } })
            }
        }
    }

    private static func weigh(
        _ users: [Key], _ rows: [[PresenceRecord]], _ snapshot: ClusterSnapshot, _ lease: Int64
    ) -> Result<[UserPresence], PortError> {
        guard let map = snapshot.map else { return .failure(.unavailable) }
        let now = Clock.now
        let evidence = PresenceEvidence(
            map: map, nodes: snapshot.nodes, asOf: now.monotonic, leaseMilliseconds: lease)
        return .success(zip(users, rows).map { evidence.presence(of: $0, $1, now: now) })
    }

    private static func reports(
        _ users: [Key], _ result: Result<[UserPresence], PortError>, slots: Int
    ) -> [PresenceReport] {
        switch result {
        case .success(let answers): return answers.map { PresenceReport($0, slots: slots) }
        case .failure(let error):
            let (now, reason) = (Clock.wallMilliseconds, "presence cannot be read now (\(error))")
            return users.map { PresenceReport(unknown: $0, slots: slots, asOf: now, reason: reason) }
        }
    }
}
