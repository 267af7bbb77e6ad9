/// The sends of one device that are not answered: the number that each answer echoes, and those that wait for the
/// target of one before them, so that a device's messages keep their order.
struct SendQueue {
    private var refs: [(clientSequence: ClientSequence, ref: UInt64)] = []
    private(set) var waiting: [Send] = []
    /// The first of `waiting` is looked up in the store.
    var isLooking = false

    mutating func remember(_ ref: UInt64?, for n: ClientSequence, limit: Int) {
        guard let ref else { return }
        refs.removeAll { $0.clientSequence == n }
        if refs.count >= limit { refs.removeFirst() }
        refs.append((n, ref))
    }

    mutating func takeRef(_ n: ClientSequence) -> UInt64? {
        guard let place = refs.firstIndex(where: { $0.clientSequence == n }) else { return nil }
        return refs.remove(at: place).ref
    }

    mutating func wait(_ send: Send) { waiting.append(send) }

    mutating func takeFirst() -> Send {
        let first = waiting.removeFirst()
        if waiting.isEmpty { waiting = [] }
        return first
    }
}
