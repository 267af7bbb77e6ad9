@testable import MartletCore

/// One record of each kind, with every optional field there and, in a second one, absent.
enum SampleRecords {
    static let alice = Key(trusted: Array("alice".utf8))
    static let bob = Key(trusted: Array("bob".utf8))
    static let phone = DeviceKey(user: alice, device: DeviceID(trusted: Array("phone".utf8)))
    static let content = MessageContent(
        type: .edit, target: Target(id: MessageID(77), seq: 5), expiresAt: 1_800_000_000_000, body: [1, 2, 3])
    static let plain = MessageContent(type: .message, body: Array("hi".utf8))
    static let outcomes: [Outcome] = [
        .accepted(id: MessageID(1 << 62), seq: 900), .rejected(.forbidden),
        .accepted(id: MessageID(1 << 62 + 5), seq: 904),
    ]

    static let changes: [StateChange] = [
        .fence(9, rules: 1), .device(phone, DeviceState(last: 70, outcomes: outcomes)), .forgotten(phone),
        .incoming(from: Slot(3), 17), .outgoing(to: Slot(255), 18),
        .setting(user: alice, name: ByteString("block"), value: [1]),
        .revoked(user: alice, tokenID: ByteString("t"), before: 12), .revoked(user: bob, tokenID: nil, before: -1),
    ]

    static let bodies: [Record.Body] = [
        .posted(
            Posted(
                sender: phone, clientSequence: 300, to: Peer(.user, bob), actor: bob, id: MessageID(99),
                content: content, targetSeqAtRecipient: 4)),
        .posted(
            Posted(sender: phone, clientSequence: 1, to: Peer(.group, bob), id: MessageID(.max), content: plain)),
        .rejected(Rejected(sender: phone, clientSequence: 2, code: .forbidden)),
        .incoming(
            Incoming(
                source: Slot(200), sourceOffset: 1_000, m: 12, to: bob, from: alice, actor: nil, id: MessageID(99),
                content: content, time: 1_800_000_000_001)),
        .read(ReadMark(user: alice, conversation: Peer(.user, bob), seq: 44)),
        .forgotten(phone),
        .setting(Setting(user: alice, name: ByteString("block"), value: [7, 8])),
        .revoked(Revoked(user: alice, tokenID: ByteString("t1"), before: 1_800_000_000_000)),
        .fence(Fence(rules: 1, worker: 1_023)),
        .checkpoint(
            CheckpointPart(
                position: 10, part: 1, parts: 2,
                rows: changes.map { .state($0) } + [.mailbox(user: bob, head: 9, floor: -1)])),
    ]

    static let records = bodies.map { Record(epoch: 5, time: 1_800_000_000_123, body: $0) }
}
