/// Judges from lease ages which nodes live, without taking a store that was away for a cluster that died.
///
/// When the store answers again after an outage, every lease in it is old, for nobody could renew. So for one lease
/// time after the coordinator itself could not reach the store (its own start counts as that), an old lease is no
/// proof against a node that the map has; a goodbye always is.
struct Liveness: Sendable {
    private let leaseTTL: Int64
    /// Longer than this between two answers of the store: it was away.
    private let maxSilence: Int64
    private var lastContact: Int64?
    private var reachableSince: Int64 = 0

    init(_ configuration: CoordinatorConfiguration) {
        leaseTTL = configuration.leaseTTLMilliseconds
        maxSilence = 2 * configuration.renewMilliseconds
    }

    /// The store answered.
    mutating func contact(_ now: Now) {
        if lastContact.map({ now.monotonic - $0 > maxSilence }) ?? true { reachableSince = now.monotonic }
        lastContact = now.monotonic
    }

    mutating func failure() { lastContact = nil }

    func living(_ snapshot: ClusterSnapshot, _ now: Now) -> [NodeRow] {
        let agesCount = now.monotonic - reachableSince >= leaseTTL
        return snapshot.nodes.filter { row in
            guard !row.left else { return false }
            if row.leaseAgeMilliseconds <= leaseTTL { return true }
            return !agesCount && snapshot.map?.node(row.registration.id)?.incarnation == row.registration.incarnation
        }
    }

    /// Why a node of the old map is not one of the new.
    func departure(of node: ClusterMap.Node, _ snapshot: ClusterSnapshot) -> CoordinatorEvent.Departure {
        guard let row = snapshot.nodes.first(where: { $0.registration.id == node.id }) else { return .forgotten }
        guard row.registration.incarnation == node.incarnation else { return .replaced }
        return row.left ? .left : .leaseEnded(ageMilliseconds: row.leaseAgeMilliseconds)
    }
}
