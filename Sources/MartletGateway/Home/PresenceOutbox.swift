import MartletCore

/// What the presence store has to hear of one slot's sessions, until it has said that it heard it.
///
/// Presence is a state: of one device only the newest change counts, so what waits is bounded by the devices, however
/// long the store is away. One batch is under way at a time, in the order in which devices changed; one that failed,
/// or may have failed, is said again, which the store takes without harm (it compares epochs and session numbers).
struct PresenceOutbox {
    static let retryMilliseconds: Int64 = 500
    static let batch = 1_024

    /// By device, the newest; those in `order` that are not here have gone out.
    private var waiting: [DeviceKey: PresenceChange] = [:]
    private var order: [DeviceKey] = []
    private var underWay: [PresenceChange] = []
    private var nextTry: Int64 = .min

    var isEmpty: Bool { waiting.isEmpty && underWay.isEmpty }

    mutating func add(_ changes: [PresenceChange]) {
        for change in changes {
            if waiting.updateValue(change, forKey: change.key) == nil { order.append(change.key) }
        }
    }

    /// The next batch for the store; nil: none is due.
    mutating func next(now: Int64) -> [PresenceChange]? {
        guard underWay.isEmpty, !order.isEmpty, now >= nextTry else { return nil }
        let keys = order.prefix(Self.batch)
        underWay = keys.compactMap { waiting.removeValue(forKey: $0) }
        order.removeFirst(keys.count)
        return underWay
    }

    /// The ends that nobody else will tell, when the slot is let go; its next owner places again who is still there.
    mutating func takeEnds() -> [PresenceChange] {
        defer { self = PresenceOutbox() }
        return (underWay + order.compactMap { waiting[$0] }).filter {
            if case .offline = $0 { true } else { false }
        }
    }

    /// The store answered to the batch.
    mutating func answered(_ error: PortError?, now: Int64) {
        defer { underWay = [] }
        guard error != nil else { return }
        nextTry = now + Self.retryMilliseconds
        // What has changed again meanwhile is newer.
        let again = underWay.filter { waiting[$0.key] == nil }
        for change in again { waiting[change.key] = change }
        order = again.map(\.key) + order
    }
}

extension PresenceChange {
    fileprivate var key: DeviceKey {
        switch self {
        case .online(let row): DeviceKey(user: row.user, device: row.device)
        case .offline(let user, let device, _, _, _): DeviceKey(user: user, device: device)
        }
    }
}
