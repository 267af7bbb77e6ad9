/// Free buffers of a loop by size (powers of two from 512 bytes to 512 KiB), so that steady traffic allocates nothing.
@safe struct BufferPool: ~Copyable {
    private static let smallestShift = 9
    private static let largestShift = 19
    /// Bytes kept free per size; what comes back beyond it goes to the allocator.
    private static let keptBytes = 1 << 20
    private var free: [[UnsafeMutableRawPointer]]

    init() {
        unsafe free = Array(repeating: [], count: BufferPool.largestShift - BufferPool.smallestShift + 1)
    }

    /// At least `count` bytes, and how many.
    mutating func take(_ count: Int) -> (UnsafeMutableRawPointer, capacity: Int) {
        let shift = BufferPool.shift(for: count)
        let capacity = 1 << shift
        if shift <= BufferPool.largestShift, let buffer = unsafe free[shift - BufferPool.smallestShift].popLast() {
            return unsafe (buffer, capacity)
        }
        return (.allocate(byteCount: capacity, alignment: 16), capacity)
    }

    /// `capacity` is the one that `take` gave.
    mutating func give(_ buffer: UnsafeMutableRawPointer, capacity: Int) {
        let shift = BufferPool.shift(for: capacity)
        let slot = shift - BufferPool.smallestShift
        guard shift <= BufferPool.largestShift, unsafe free[slot].count << shift < BufferPool.keptBytes else {
            return unsafe buffer.deallocate()
        }
        unsafe free[slot].append(buffer)
    }

    private static func shift(for count: Int) -> Int {
        max(smallestShift, Int.bitWidth - (max(count, 1) - 1).leadingZeroBitCount)
    }

    deinit {
        unsafe free.forEach { buffers in unsafe buffers.forEach { unsafe $0.deallocate() } }
    }
}

/// Free arrays for gathered output. A row takes one with its first byte and gives it back once all is written.
struct OutputPool: ~Copyable {
    private static let initialBytes = 1024
    /// An array that grew beyond this goes to the allocator instead of the pool.
    private static let keptBytes = 16 * 1024
    /// All free arrays together.
    private static let keptBytesInAll = 8 * 1024 * 1024
    private var free: [[UInt8]] = []
    private var freeBytes = 0

    mutating func take() -> [UInt8] {
        if let array = free.popLast() {
            freeBytes -= array.capacity
            return array
        }
        var array: [UInt8] = []
        array.reserveCapacity(OutputPool.initialBytes)
        return array
    }

    mutating func give(_ array: consuming [UInt8]) {
        let capacity = array.capacity
        guard capacity <= OutputPool.keptBytes, freeBytes + capacity <= OutputPool.keptBytesInAll else { return }
        array.removeAll(keepingCapacity: true)
        freeBytes += capacity
        free.append(array)
    }
}
