import MartletCore
import MartletIO

/// All readers of a log and the consumers that fetch for them. Confined to its loop.
///
/// A reader is fetched for from its first `next` on, and while it holds less than `readerBytes`. Single partitions are
/// started and stopped without a word to the others.
final class SlotReaders {
    private static let retryMilliseconds: Int64 = 100
    /// Messages of one consumer before other events get their turn.
    private static let batchesPerWake = 16

    private let configuration: KafkaConfiguration
    /// Asks for a slot's bounds, for `answered`.
    private let askBounds: (Slot, ReaderID) -> Void
    private let watch: (WokenQueue) throws(SocketError) -> WatchID
    private(set) var consumers: [PartitionConsumer] = []
    private var watches: [WatchID] = []
    /// By consumer, then by slot: who is fetched for.
    private var fetching: [[SlotReader?]] = []
    private var readers: [ReaderID: SlotReader] = [:]
    /// Readers that got records in this turn.
    private var fed: [SlotReader] = []
    /// Why nothing is read any more.
    private var refusal: PortError?

    init(
        _ configuration: KafkaConfiguration, first: KafkaClient?,
        watch: @escaping (WokenQueue) throws(SocketError) -> WatchID,
        askBounds: @escaping (Slot, ReaderID) -> Void
    ) {
        self.configuration = configuration
        self.watch = watch
        self.askBounds = askBounds
        if let first { _ = try? add(first) }
    }

    // MARK: - Inputs

    /// A request lies on the desk.
    func next(_ id: ReaderID, _ slot: Slot, from offset: Offset, _ desk: ReaderDesk, now: Now) {
        if let refusal {
            desk.take()?.done(.failed(refusal))
            return
        }
        let reader = readers[id] ?? SlotReader(id: id, slot: slot, from: offset, desk)
        readers[id] = reader
        serve(reader, now)
    }

    func cancel(_ id: ReaderID) {
        guard let reader = readers.removeValue(forKey: id) else { return }
        stop(reader)
        reader.request = nil
    }

    /// A consumer's descriptor is readable.
    func readable(_ watch: WatchID, now: Now) {
        guard let index = watches.firstIndex(of: watch) else { return }
        let wake = consumers[index].queue.wake
        wake.clear()
        if drain(index, now) { wake.wake() }
    }

    /// Queues whose wake-up was lost are looked at too: a second look costs next to nothing.
    func tick(_ now: Now) {
        for index in consumers.indices { _ = drain(index, now) }
        for id in readers.keys.sorted() {
            guard let reader = readers[id], case .waiting(let time) = reader.state, time <= now.monotonic else {
                continue
            }
            reader.state = .idle
            serve(reader, now)
        }
    }

    /// The bounds that a reader's slot has.
    func answered(_ id: ReaderID, _ bounds: Result<LogBounds, PortError>, now: Now) {
        guard let reader = readers[id], reader.state == .asking else { return }
        switch bounds {
        case .success(let bounds) where reader.buffer.end < bounds.start: reader.state = .trimmed(start: bounds.start)
        case .success(let bounds) where reader.buffer.end <= bounds.end: reader.state = .idle
        // Beyond the end, or nobody knows: it waits until the log gets there.
        default: reader.state = .waiting(until: now.monotonic + SlotReaders.retryMilliseconds)
        }
        serve(reader, now)
    }

    /// Ends all readers with an error and stops all partitions; afterwards every `next` gets the error.
    func refuse(_ error: PortError) {
        refusal = error
        for id in readers.keys.sorted() {
            guard let reader = readers[id] else { continue }
            stop(reader)
            reader.end(error)
        }
        readers = [:]
    }

    func close() {
        refuse(.closed)
        for consumer in consumers {
            // A message that nobody destroys would keep its client for ever.
            while consumer.take({ _, _ in }) {}
            Burial.shared.bury(consumer.client)
        }
        consumers = []
        watches = []
        fetching = []
    }

    // MARK: - Fetching

    private func drain(_ index: Int, _ now: Now) -> Bool {
        var isMore = true, batches = 0
        while isMore, batches < SlotReaders.batchesPerWake {
            isMore = consumers[index].take { slot, message in
                guard slot.index < fetching[index].count, let reader = fetching[index][slot.index] else { return }
                take(message, for: reader, now)
            }
            batches += 1
        }
        for reader in fed { serve(reader, now) }
        fed.removeAll(keepingCapacity: true)
        return isMore
    }

    private func take(_ message: FetchedMessage, for reader: SlotReader, _ now: Now) {
        switch message {
        case .record(let record): take(record, for: reader)
        case .outOfRange:
            stop(reader)
            reader.state = .asking
            askBounds(reader.slot, reader.id)
        case .failed(let reason):
            LogLines.logger.warning("a slot cannot be read", [.slot: LogValue(reader.slot), .reason: .string(reason)])
            stop(reader)
            reader.state = .failed(.unavailable)
            fed.append(reader)
        }
    }

    private func take(_ record: LoggedRecord, for reader: SlotReader) {
        let expected = reader.buffer.end
        // Of a fetch before the last start, or a record that a batch brought along: it was not asked for.
        guard record.offset >= expected else { return }
        if record.offset > expected, !fill(reader, upTo: record.offset) { return }
        if reader.buffer.isEmpty { fed.append(reader) }
        reader.buffer.append(record)
        reader.holeAt = nil
        if reader.buffer.bytes > configuration.readerBytes { stop(reader) }
    }

    /// Offsets may be missing for good: markers of a foreign transaction have some. When a second fetch finds the same
    /// hole it is filled with records of no bytes, garbage to everybody alike. False: it is fetched again first.
    private func fill(_ reader: SlotReader, upTo offset: Offset) -> Bool {
        let expected = reader.buffer.end
        guard reader.holeAt == expected, offset - expected <= SlotReaders.maxHole else {
            stop(reader)
            reader.holeAt = expected
            // Trimmed, perhaps: the bounds will tell.
            reader.state = .asking
            askBounds(reader.slot, reader.id)
            return false
        }
        if reader.buffer.isEmpty { fed.append(reader) }
        for missing in expected..<offset { reader.buffer.append(LoggedRecord(offset: missing, bytes: [])) }
        return true
    }

    private static let maxHole: Offset = 65_536

    // MARK: - Serving

    /// Answers who waits if there is an answer, and fetches if there is room.
    private func serve(_ reader: SlotReader, _ now: Now) {
        reader.takeRequest()
        answer(reader)
        if reader.state == .idle, reader.request != nil || reader.buffer.bytes < configuration.readerBytes / 2 {
            start(reader, now)
            answer(reader)
        }
        reader.watchDesk()
    }

    private func answer(_ reader: SlotReader) {
        guard let request = reader.request else { return }
        if let read = read(reader, request) {
            reader.request = nil
            reader.watchDesk()
            request.done(read)
        }
    }

    private func read(_ reader: SlotReader, _ request: ReadRequest) -> LogRead? {
        if !reader.buffer.isEmpty {
            if let consumer = reader.consumer { reader.end = max(reader.end, consumers[consumer].end(of: reader.slot)) }
            reader.end = max(reader.end, reader.buffer.end)
            let records = reader.buffer.take(maxRecords: request.maxRecords, maxBytes: request.maxBytes)
            return .records(records, end: reader.end)
        }
        switch reader.state {
        case .trimmed(let start): return .trimmed(start: start)
        case .failed(let error):
            reader.state = .idle
            return .failed(error)
        case .idle, .fetching, .asking, .waiting: return nil
        }
    }

    // MARK: - Consumers

    private func start(_ reader: SlotReader, _ now: Now) {
        guard let index = freeConsumer(for: reader.slot),
            consumers[index].start(reader.slot, at: reader.buffer.end)
        else { return reader.state = .failed(.unavailable) }
        fetching[index][reader.slot.index] = reader
        reader.state = .fetching(consumer: index)
    }

    private func stop(_ reader: SlotReader) {
        guard let index = reader.consumer else { return }
        consumers[index].stop(reader.slot)
        fetching[index][reader.slot.index] = nil
        reader.state = .idle
    }

    private func freeConsumer(for slot: Slot) -> Int? {
        guard slot.index < configuration.slotCount else { return nil }
        if let index = fetching.firstIndex(where: { $0[slot.index] == nil }) { return index }
        guard consumers.count < configuration.readersPerSlot else { return nil }
        do throws(KafkaError) {
            return try add(try KafkaClient(.consumer, configuration))
        } catch {
            LogLines.logger.error("no further consumer", [.reason: .string(error.description)])
            return nil
        }
    }

    private func add(_ client: KafkaClient) throws(KafkaError) -> Int {
        let consumer = try PartitionConsumer(client)
        do throws(SocketError) {
            watches.append(try watch(consumer.queue))
        } catch {
            throw .refused("\(error)")
        }
        consumers.append(consumer)
        fetching.append(Array(repeating: nil, count: configuration.slotCount))
        return consumers.count - 1
    }
}
