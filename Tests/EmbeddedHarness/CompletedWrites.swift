import Glibc
import MartletCore
import MartletEmbedded

/// Appends and steps without end; each completion is a line on standard output, written before the next one begins.
final class CompletedWrites: Sendable {
    private let engine: EmbeddedEngine

    init(_ engine: EmbeddedEngine) { self.engine = engine }

    func run() -> Never {
        for slot in 0..<4 {
            append(0, to: Slot(slot))
            engine.mailboxes.claim(Slot(slot), epoch: 1) { [self] _ in step(-1, in: Slot(slot)) }
        }
        while true { sleep(60) }
    }

    private func append(_ number: Int, to slot: Slot) {
        let record = Array("\(number)".utf8)
        engine.log.append([record], to: slot) { [self] outcomes in
            guard case .written(let offset)? = outcomes.first else { exit(2) }
            say("log \(slot) \(offset) \(number)\n")
            append(number + 1, to: slot)
        }
    }

    private func step(_ offset: Offset, in slot: Slot) {
        let user = Key(trusted: Array("alice".utf8)), next = offset + 1
        let entry = Entry(
            seq: next + 1, id: MessageID(1), from: user, conversation: Peer(.user, user),
            content: MessageContent(type: .message, body: [1, 2, 3]), time: 0)
        let step = StoreStep(
            slot: slot, epoch: 1, expectedOffset: offset, expectedForwarded: offset, offset: next, forwarded: next,
            operations: [.append(user: user, entry)])
        engine.mailboxes.apply(step) { [self] outcome in
            guard outcome == .applied else { exit(3) }
            say("step \(slot) \(next) 0\n")
            self.step(next, in: slot)
        }
    }

    private func say(_ line: String) {
        let bytes = Array(line.utf8)
        _ = unsafe write(1, bytes, bytes.count)
    }
}
