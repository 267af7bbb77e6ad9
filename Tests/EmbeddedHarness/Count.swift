import Glibc
import MartletCore
import MartletEmbedded
import Synchronization

/// A fixed number of one-to-one messages with receipts, in rounds that hold the same from run to run: for counting
/// instructions and bytes, not seconds (`valgrind --tool=callgrind EmbeddedHarness count …`).
///
/// A message is what a server makes of it: a record in the sender's log and one in the recipient's; a step each, with
/// the entry, the sender's device and the counters between the slots; a turn later the recipient's acknowledgement (a
/// record and a cursor) and the receipt at the sender (a record and the conversation's row).
///
/// A turn's requests are submitted by the last completion of the turn before it, on the writer's thread, so each turn
/// is one round of the writer.
final class Count: Sendable {
    private struct Message {
        var from: Int
        var to: Int
        var number: UInt64
        var seq: Offset = 0
        var copySeq: Offset = 0
    }

    /// What one turn brings a slot.
    private struct Share {
        let before: Offset
        var records: [[UInt8]] = []
        var operations: [MailboxOperation] = []
        var state: [StateChange] = []
        /// The seq of an entry that comes of the next record.
        var seq: Offset { before + Offset(records.count) + 2 }
    }

    private struct World: Sendable {
        var offsets = [Offset](repeating: -1, count: Count.slots)
        var sent: [Message] = []
        var number: UInt64 = 0
        var turns = 0
        var pending = 0
    }

    private static let slots = 64, users = 2_000, messagesPerTurn = 32
    private static let phone = DeviceID(trusted: Array("phone".utf8))
    private static let keys = (0..<users).map { Key(trusted: Array("user-\($0)".utf8)) }
    private static let body = [UInt8](repeating: 5, count: 200)
    /// As many as a device has after a while.
    private static let outcomes = (0..<64).map { Outcome.accepted(id: MessageID(1 << 60 + $0), seq: 100_000) }
    private let engine: EmbeddedEngine
    private let world = Mutex(World())
    private let isDone = Atomic(false)

    init(_ engine: EmbeddedEngine) { self.engine = engine }

    func run(messages: Int) {
        world.withLock { $0.turns = messages / Count.messagesPerTurn }
        for slot in 0..<Count.slots { engine.mailboxes.claim(Slot(slot), epoch: 1) { _ in } }
        turn()
        while !isDone.load(ordering: .acquiring) { usleep(10_000) }
        engine.close()
        print("messages \(messages / Count.messagesPerTurn * Count.messagesPerTurn)")
    }

    private func turn() {
        let requests = world.withLock { world -> [(Slot, [[UInt8]], StoreStep)] in
            guard world.turns > 0 else { return [] }
            world.turns -= 1
            let requests = Count.requests(&world)
            world.pending = 2 * requests.count
            return requests
        }
        if requests.isEmpty { return isDone.store(true, ordering: .releasing) }
        for (slot, records, step) in requests {
            engine.log.append(records, to: slot) { [self] outcomes in
                guard case .written? = outcomes.first else { fail("append: \(outcomes)") }
                finished()
            }
            engine.mailboxes.apply(step) { [self] outcome in
                guard outcome == .applied else { fail("step: \(outcome)") }
                finished()
            }
        }
    }

    private func finished() {
        let isLast = world.withLock { world in
            world.pending -= 1
            return world.pending == 0
        }
        if isLast { turn() }
    }

    /// Acknowledgements and receipts of the messages of the turn before, then new messages.
    private static func requests(_ world: inout World) -> [(Slot, [[UInt8]], StoreStep)] {
        var shares = world.offsets.map { Share(before: $0) }
        for message in world.sent { acknowledge(message, &shares) }
        world.sent.removeAll(keepingCapacity: true)
        for _ in 0..<messagesPerTurn {
            let from = Int(world.number * 7_919 % UInt64(users))
            let to = (from + 1 + Int(world.number / 3 % 20)) % users
            world.number += 1
            world.sent.append(send(Message(from: from, to: to, number: world.number), &shares))
        }
        return (0..<slots).filter { !shares[$0].records.isEmpty }.map { slot in
            let before = shares[slot].before
            world.offsets[slot] += Offset(shares[slot].records.count)
            let step = StoreStep(
                slot: Slot(slot), epoch: 1, expectedOffset: before, expectedForwarded: before,
                offset: world.offsets[slot], forwarded: world.offsets[slot], operations: shares[slot].operations,
                state: shares[slot].state)
            return (Slot(slot), shares[slot].records, step)
        }
    }

    private static func send(_ message: Message, _ shares: inout [Share]) -> Message {
        var message = message
        let (from, to) = (message.from % slots, message.to % slots)
        message.copySeq = shares[from].seq
        shares[from].records.append([UInt8](repeating: 1, count: 260))
        let copy = entry(message, seq: message.copySeq, isOwn: true)
        shares[from].operations.append(.append(user: keys[message.from], copy))
        let device = DeviceKey(user: keys[message.from], device: phone)
        shares[from].state.append(.device(device, DeviceState(last: message.number, outcomes: outcomes)))
        shares[from].state.append(.outgoing(to: Slot(to), message.number))
        message.seq = shares[to].seq
        shares[to].records.append([UInt8](repeating: 2, count: 270))
        shares[to].operations.append(.append(user: keys[message.to], entry(message, seq: message.seq, isOwn: false)))
        shares[to].state.append(.incoming(from: Slot(from), message.number))
        return message
    }

    private static func acknowledge(_ message: Message, _ shares: inout [Share]) {
        let (from, to) = (message.from % slots, message.to % slots)
        shares[to].records.append([UInt8](repeating: 3, count: 40))
        shares[to].operations.append(.cursor(user: keys[message.to], device: phone, seq: message.seq, seen: 1))
        shares[to].operations.append(.receipted(user: keys[message.to], seq: message.seq))
        shares[from].records.append([UInt8](repeating: 4, count: 50))
        let at = shares[from].seq
        let peer = Peer(.user, keys[message.to])
        shares[from].operations.append(
            .receipt(user: keys[message.from], conversation: peer, received: message.copySeq, read: 0, at: at))
    }

    private static func entry(_ message: Message, seq: Offset, isOwn: Bool) -> Entry {
        Entry(
            seq: seq, id: MessageID(message.number), from: keys[message.from],
            origin: isOwn ? Entry.Origin(device: phone, clientSequence: message.number) : nil,
            conversation: Peer(.user, keys[isOwn ? message.to : message.from]),
            content: MessageContent(type: .message, body: body), time: 1_800_000_000_000, sourceSeq: seq)
    }
}
