import CUV

/// The rows of a loop, in chunks that never move. A row is reused last freed, first used, so memory stays warm.
@safe struct RowSlab: ~Copyable {
    private static let chunkRows = 256
    private static let endOfList = UInt32.max
    private var chunks: [UnsafeMutablePointer<Row>] = unsafe []
    private var firstFree = RowSlab.endOfList
    private(set) var count = 0

    /// A row marked as in use, its generation new.
    mutating func allocate() -> UnsafeMutablePointer<Row> {
        if firstFree == RowSlab.endOfList { grow() }
        let row = unsafe address(firstFree)
        firstFree = unsafe row.pointee.nextFree
        unsafe row.pointee.flags = []
        unsafe row.pointee.generation &+= 1
        count += 1
        return unsafe row
    }

    /// Only behind libuv's close callback, or if libuv never had it.
    mutating func free(_ row: UnsafeMutablePointer<Row>) {
        unsafe row.pointee.flags = .free
        unsafe row.pointee.nextFree = firstFree
        firstFree = unsafe row.pointee.index
        count -= 1
    }

    /// The row of `stream`, or nil if that use of the row is over.
    func find(_ stream: StreamID) -> UnsafeMutablePointer<Row>? {
        guard unsafe Int(stream.index) < chunks.count * RowSlab.chunkRows else { return nil }
        let row = unsafe address(stream.index)
        guard unsafe row.pointee.generation == stream.generation && !row.pointee.flags.contains(.free) else {
            return nil
        }
        return unsafe row
    }

    /// Rows in use, by ascending index; `body` may close them but not allocate.
    func forEach(_ body: (UnsafeMutablePointer<Row>) -> Void) {
        for index in unsafe 0..<UInt32(chunks.count * RowSlab.chunkRows) {
            let row = unsafe address(index)
            if unsafe !row.pointee.flags.contains(.free) { unsafe body(row) }
        }
    }

    func address(_ index: UInt32) -> UnsafeMutablePointer<Row> {
        unsafe chunks[Int(index) / RowSlab.chunkRows] + Int(index) % RowSlab.chunkRows
    }

    private mutating func grow() {
        let chunk = UnsafeMutablePointer<Row>.allocate(capacity: RowSlab.chunkRows)
        let base = unsafe UInt32(chunks.count * RowSlab.chunkRows)
        for offset in (0..<RowSlab.chunkRows).reversed() {
            let index = base + UInt32(offset)
            unsafe (chunk + offset).initialize(to: Row(index: index))
            unsafe chunk[offset].nextFree = firstFree
            firstFree = index
        }
        unsafe chunks.append(chunk)
    }

    deinit {
        unsafe chunks.forEach { chunk in
            unsafe chunk.deinitialize(count: RowSlab.chunkRows)
            unsafe chunk.deallocate()
        }
    }
}
