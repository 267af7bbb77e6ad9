import MartletCore

/// A reader on the loop: where it stands, what was fetched for it, and who waits.
final class SlotReader {
    enum State: Equatable {
        /// Fetches nothing: nobody has asked yet, it holds enough, or an error was told.
        case idle
        /// This consumer fetches for it.
        case fetching(consumer: Int)
        /// What it wants is not in the log: the log's bounds are being asked.
        case asking
        /// Tries again at this time, monotonic milliseconds.
        case waiting(until: Int64)
        case trimmed(start: Offset)
        case failed(PortError)
    }

    let id: ReaderID
    let slot: Slot
    var buffer: RecordBuffer
    /// Where the reader's requests come in, and the one that was taken up.
    let desk: ReaderDesk
    var request: ReadRequest?
    var state = State.idle
    /// A hole was seen here, and the fetch begun again: one that is still there is a hole of the log itself.
    var holeAt: Offset?
    /// The last end that was told, so that it does not go back.
    var end: Offset = 0

    init(id: ReaderID, slot: Slot, from offset: Offset, _ desk: ReaderDesk) {
        self.id = id
        self.slot = slot
        self.desk = desk
        buffer = RecordBuffer(first: max(0, offset))
    }

    /// Nobody has to be woken for the next request: its answer comes with the next record.
    func watchDesk() {
        if request == nil, buffer.isEmpty, consumer != nil { desk.watch() }
    }

    /// Takes up what lies on the desk.
    func takeRequest() { request = request ?? desk.take() }

    /// Says it to whoever waits.
    func end(_ error: PortError) {
        takeRequest()
        request.take()?.done(.failed(error))
    }

    var consumer: Int? { if case .fetching(let consumer) = state { consumer } else { nil } }
}

struct ReaderID: Hashable, Sendable, Comparable {
    let rawValue: UInt64
    static func < (a: ReaderID, b: ReaderID) -> Bool { a.rawValue < b.rawValue }
}
