/// First in, first out, in one array: what was taken stays as a gap at the front until the gap is half of it.
struct FIFOQueue<Element> {
    private var storage: [Element?] = []
    private var head = 0

    var count: Int { storage.count - head }
    var isEmpty: Bool { head == storage.count }
    var first: Element? { isEmpty ? nil : storage[head] }
    var last: Element? { isEmpty ? nil : storage[storage.count - 1] }

    /// The element at `index`, which must be below `count`.
    subscript(index: Int) -> Element { storage[head + index]! }

    /// `index` must be below `count`.
    mutating func update(_ index: Int, _ change: (inout Element) -> Void) { change(&storage[head + index]!) }

    mutating func append(_ element: Element) { storage.append(element) }

    mutating func popFirst() -> Element? {
        guard let first else { return nil }
        removeFirst(1)
        return first
    }

    /// `count` must not be above the queue's.
    mutating func removeFirst(_ count: Int) {
        for index in head..<head + count { storage[index] = nil }
        head += count
        compact()
    }

    mutating func removeAll() {
        storage.removeAll()
        head = 0
    }

    private mutating func compact() {
        guard head > 32, head * 2 >= storage.count else { return }
        storage.removeFirst(head)
        head = 0
    }
}

extension FIFOQueue: Sendable where Element: Sendable {}
