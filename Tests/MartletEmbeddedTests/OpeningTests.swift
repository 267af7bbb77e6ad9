import Glibc
import MartletCore
import Testing

@testable import MartletEmbedded

@Suite struct OpeningTests {
    private let folder: String

    init() throws { folder = try TestEngine.makeFolder() }

    private func open(_ configure: (inout EmbeddedConfiguration) -> Void = { _ in }) throws -> EmbeddedEngine {
        var configuration = EmbeddedConfiguration(folder: folder, slotCount: 8)
        configuration.ballastBytes = 0
        configure(&configuration)
        return try EmbeddedEngine.open(configuration)
    }

    @Test func aFolderThatIsHeldIsRefused() throws {
        defer { TestEngine.removeFolder(folder) }
        let engine = try open()
        #expect(throws: EmbeddedError.held(folder: folder)) { try open() }
        engine.close()
        try open().close()
    }

    @Test func anotherNumberOfSlotsIsRefused() throws {
        defer { TestEngine.removeFolder(folder) }
        try open().close()
        #expect(throws: EmbeddedError.otherSlotCount(stored: 8, asked: 16)) { try open { $0.slotCount = 16 } }
        #expect(throws: EmbeddedError.self) { try open { $0.slotCount = 0 } }
        try open().close()
    }

    @Test func whatIsNoFolderIsRefused() throws {
        defer { TestEngine.removeFolder(folder) }
        let file = folder + "/file"
        let descriptor = unsafe Glibc.open(file, O_WRONLY | O_CREAT, 0o600)
        close(descriptor)
        #expect(throws: EmbeddedError.notAFolder(file)) { try open { $0.folder = file } }
        #expect(throws: EmbeddedError.notAFolder(file + "/below")) { try open { $0.folder = file + "/below" } }
        let orphan = folder + "/missing/below"
        #expect(throws: EmbeddedError.notWritable(folder: orphan, reason: "No such file or directory")) {
            try open { $0.folder = orphan }
        }
    }

    @Test func callsAfterCloseGetClosed() async throws {
        defer { TestEngine.removeFolder(folder) }
        let engine = try open()
        let reader = engine.log.reader(of: Slot(0), from: 0)
        async let waiting = withCheckedContinuation { wait in
            reader.next(maxRecords: 1, maxBytes: 1) { wait.resume(returning: $0) }
        }
        // The reader is known to wait once a later append to another slot was answered and it was not.
        while engine.tailWaiters(Slot(0)) == 0 { await Task.yield() }
        engine.close()
        #expect(await waiting == .failed(.closed))
        engine.close()
    }

    /// Rows, counts and identity come back; leases do not.
    @Test func aReopenedEngineHasEverything() async throws {
        defer { TestEngine.removeFolder(folder) }
        let alice = Key(trusted: Array("alice".utf8)), bob = Key(trusted: Array("bob".utf8))
        let node = NodeRegistration(
            id: NodeID(trusted: [97]), incarnation: 4, linkAddress: "a", clientAddress: "b")
        var first: TestEngine? = try TestEngine(folder: folder)
        let generation = first?.log.generation
        try await fill(try #require(first), alice, bob, node)
        first?.engine.close()
        first = nil

        let second = try TestEngine(folder: folder)
        #expect(second.log.generation == generation)
        #expect(await append(second, [[9]], Slot(2)) == [.written(3)])
        #expect(
            await apply(
                second,
                StoreStep(
                    slot: Slot(1), epoch: 3, expectedOffset: 7, expectedForwarded: 5, offset: 9, forwarded: 5,
                    operations: [.append(user: alice, entry(9, from: bob))])) == .applied)
        let page = await read(second, .page(user: alice, after: 0, maxEntries: 9, maxBytes: 1 << 20), Slot(1))
        guard case .page(let page)? = page else { throw EmbeddedError.failed("no page") }
        #expect(page.entries.map(\.prev) == [0, 7])
        #expect(page.entries.map(\.prevInConversation) == [0, 7])
        guard
            case .conversation(_, let state)? = await read(
                second, .conversation(user: alice, peer: Peer(.user, bob)), Slot(1))
        else { throw EmbeddedError.failed("no conversation") }
        #expect(state?.unread == 2)
        let renewal = await withCheckedContinuation { wait in
            second.cluster.renew(node.id, incarnation: 4) { wait.resume(returning: $0) }
        }
        #expect(renewal == .lost)
        let again = await withCheckedContinuation { wait in
            second.cluster.register(node) { wait.resume(returning: $0) }
        }
        #expect(try again.get().worker == 1)
    }

    private func fill(_ engine: TestEngine, _ alice: Key, _ bob: Key, _ node: NodeRegistration) async throws {
        _ = await append(engine, [[1], [2], [3]], Slot(2))
        _ = await withCheckedContinuation { wait in
            engine.mailboxes.claim(Slot(1), epoch: 3) { wait.resume(returning: $0) }
        }
        let step = StoreStep(
            slot: Slot(1), epoch: 3, expectedOffset: -1, expectedForwarded: -1, offset: 7, forwarded: 5,
            operations: [.append(user: alice, entry(7, from: bob))])
        #expect(await apply(engine, step) == .applied)
        let row = await withCheckedContinuation { wait in
            engine.cluster.register(node) { wait.resume(returning: $0) }
        }
        #expect(try row.get().worker == 0)
    }
}

func entry(_ seq: Offset, from: Key, time: Int64 = 0, bytes: Int = 1) -> Entry {
    Entry(
        seq: seq, id: MessageID(1), from: from, conversation: Peer(.user, from),
        content: MessageContent(type: .message, body: [UInt8](repeating: 1, count: bytes)), time: time)
}

func append(_ engine: TestEngine, _ records: [[UInt8]], _ slot: Slot) async -> [AppendOutcome] {
    await withCheckedContinuation { wait in
        engine.log.append(records, to: slot) { wait.resume(returning: $0) }
    }
}

func apply(_ engine: TestEngine, _ step: StoreStep) async -> StepOutcome {
    await withCheckedContinuation { wait in engine.mailboxes.apply(step) { wait.resume(returning: $0) } }
}

func claim(_ engine: TestEngine, _ slot: Slot, _ epoch: Epoch) async -> StepOutcome {
    await withCheckedContinuation { wait in
        engine.mailboxes.claim(slot, epoch: epoch) { wait.resume(returning: $0) }
    }
}

func read(_ engine: TestEngine, _ query: MailboxQuery, _ slot: Slot) async -> MailboxAnswer? {
    try? await withCheckedContinuation { wait in
        engine.mailboxes.read(query, in: slot) { wait.resume(returning: $0) }
    }.get()
}

func records(_ engine: TestEngine, _ slot: Slot, from offset: Offset = 0) async -> LogRead {
    let reader = engine.log.reader(of: slot, from: offset)
    return await withCheckedContinuation { wait in
        reader.next(maxRecords: 100_000, maxBytes: 1 << 30) { wait.resume(returning: $0) }
    }
}
