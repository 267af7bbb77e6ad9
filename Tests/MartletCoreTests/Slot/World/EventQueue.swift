/// What happens later, by time and then in the order of being scheduled.
struct EventQueue {
    private struct Event {
        let time: Int
        let tick: Int
        let body: () throws -> Void

        func precedes(_ other: Event) -> Bool { (time, tick) < (other.time, other.tick) }
    }

    private var heap: [Event] = []
    private var tick = 0

    var isEmpty: Bool { heap.isEmpty }

    mutating func schedule(at time: Int, _ body: @escaping () throws -> Void) {
        tick += 1
        heap.append(Event(time: time, tick: tick, body: body))
        var child = heap.count - 1
        while child > 0, heap[child].precedes(heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popDue(_ now: Int) -> (() throws -> Void)? {
        guard let first = heap.first, first.time <= now else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        sink()
        return first.body
    }

    private mutating func sink() {
        var parent = 0
        while 2 * parent + 1 < heap.count {
            var child = 2 * parent + 1
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(heap[parent]) else { return }
            heap.swapAt(child, parent)
            parent = child
        }
    }
}
