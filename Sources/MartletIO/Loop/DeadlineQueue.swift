/// Deadlines that are all set the same time ahead, so the first in is the first due. Entries may be stale: whoever
/// takes one looks whether it still holds.
struct DeadlineQueue<Element> {
    private var entries: [(deadline: Int64, element: Element)] = []
    private var head = 0

    mutating func append(_ element: Element, deadline: Int64) {
        entries.append((deadline, element))
    }

    /// The next element that is due at `now`.
    mutating func popDue(_ now: Int64) -> Element? {
        guard head < entries.count, entries[head].deadline <= now else {
            compact()
            return nil
        }
        head += 1
        return entries[head - 1].element
    }

    private mutating func compact() {
        guard head > 0 else { return }
        if head == entries.count { entries.removeAll(keepingCapacity: head < 1024) } else { entries.removeFirst(head) }
        head = 0
    }
}
