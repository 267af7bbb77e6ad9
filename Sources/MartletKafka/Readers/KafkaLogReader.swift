import MartletCore
import Synchronization

/// The port's reader: passes what is asked to the loop, where its position is.
final class KafkaLogReader: LogReader {
    private let id: ReaderID
    private let slot: Slot
    private let start: Offset
    private let sender: KafkaSender
    private let desk = ReaderDesk()
    private let isCancelled = SharedFlag()

    init(id: ReaderID, slot: Slot, from offset: Offset, _ sender: KafkaSender) {
        self.id = id
        self.slot = slot
        start = offset
        self.sender = sender
    }

    func next(maxRecords: Int, maxBytes: Int, done: @escaping @Sendable (LogRead) -> Void) {
        guard !isCancelled.isSet else { return }
        let request = ReadRequest(maxRecords: maxRecords, maxBytes: maxBytes) { [isCancelled] answer in
            if !isCancelled.isSet { done(answer) }
        }
        if desk.put(request) { return }
        sender.post(.next(id, slot, from: start, desk)) { [desk] in desk.take()?.done(.failed(.closed)) }
    }

    func cancel() {
        isCancelled.set()
        sender.post(.cancel(id)) {}
    }

    /// Whoever forgets to cancel must not keep a partition being fetched.
    deinit { if !isCancelled.isSet { sender.post(.cancel(id)) {} } }
}

/// Goes up once.
final class SharedFlag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
