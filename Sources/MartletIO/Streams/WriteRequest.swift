internal import CUV

/// A write that libuv carries out: its request comes first, so the address is the same.
@unsafe struct WriteRequest {
    var write = unsafe uv_write_t()
    /// The row outlives its requests: libuv calls them back before the handle's close callback.
    var row: UnsafeMutablePointer<Row>?
    var buffer: UnsafeMutableRawPointer?
    var count = 0
    var capacity = 0

    init() {}

    mutating func fill(
        row: UnsafeMutablePointer<Row>, buffer: UnsafeMutableRawPointer, count: Int, capacity: Int
    ) {
        unsafe self.row = row
        unsafe self.buffer = buffer
        unsafe self.count = count
        unsafe self.capacity = capacity
    }
}

extension UnsafeMutablePointer<WriteRequest> {
    var write: UnsafeMutablePointer<uv_write_t> {
        unsafe UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_write_t.self)
    }
}

/// Requests of a loop that wait to be used again.
@safe struct WriteRequestPool: ~Copyable {
    private static let kept = 4096
    private var free: [UnsafeMutablePointer<WriteRequest>] = unsafe []

    mutating func take() -> UnsafeMutablePointer<WriteRequest> {
        if let request = unsafe free.popLast() { return unsafe request }
        let request = UnsafeMutablePointer<WriteRequest>.allocate(capacity: 1)
        unsafe request.initialize(to: WriteRequest())
        return unsafe request
    }

    mutating func give(_ request: UnsafeMutablePointer<WriteRequest>) {
        unsafe request.pointee.row = nil
        unsafe request.pointee.buffer = nil
        if unsafe free.count < WriteRequestPool.kept {
            unsafe free.append(request)
        } else {
            unsafe request.deallocate()
        }
    }

    deinit {
        unsafe free.forEach { unsafe $0.deallocate() }
    }
}
