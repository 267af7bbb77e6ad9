import MartletCore

extension ConformanceCheck {
    private typealias F = MailboxFixture

    static let conversationChecks = [
        ConformanceCheck("conversations: incoming messages count as unread, own copies and edits do not") { subject in
            var owner = try await F(subject)
            var edit = F.incoming(3, from: F.bob)
            edit.content.type = .edit
            try await owner.apply(
                to: 4,
                [
                    .append(user: F.alice, F.incoming(1, from: F.bob)),
                    .append(user: F.alice, F.outgoing(2, of: F.alice, to: F.bob)),
                    .append(user: F.alice, edit), .append(user: F.alice, F.incoming(4, from: F.bob)),
                ])
            try expectEqual(
                try await owner.conversation(F.alice, with: F.bob),
                ConversationState(peer: Peer(.user, F.bob), lastSeq: 4, unread: 2, changedAt: 4))
        },
        ConformanceCheck("conversations: a read mark leaves what lies behind it unread, wherever it points") {
            subject in
            for (mark, unread) in [(Offset(1), 5), (2, 4), (5, 3), (10, 1), (11, 1), (12, 0), (99, 0)] {
                await subject.emptyStore(Slot(0))
                var owner = try await F(subject)
                let seqs: [Offset] = [2, 4, 6, 8, 12]
                try await owner.apply(to: 12, seqs.map { .append(user: F.alice, F.incoming($0, from: F.bob)) })
                try await owner.apply(
                    to: 13, [.read(user: F.alice, conversation: Peer(.user, F.bob), seq: mark, at: 13)])
                let state = try await owner.conversation(F.alice, with: F.bob)
                try expectEqual(state?.unread, unread, "mark \(mark):")
                try expectEqual(state?.readUpTo, mark)
                try expectEqual(state?.changedAt, 13)
            }
        },
        ConformanceCheck("conversations: a read mark counts what the same step appended") { subject in
            var owner = try await F(subject)
            try await owner.apply(
                to: 4,
                [
                    .append(user: F.alice, F.incoming(1, from: F.bob)),
                    .append(user: F.alice, F.incoming(2, from: F.bob)),
                    .read(user: F.alice, conversation: Peer(.user, F.bob), seq: 1, at: 3),
                    .append(user: F.alice, F.incoming(4, from: F.bob)),
                ])
            try expectEqual(try await owner.conversation(F.alice, with: F.bob)?.unread, 2)
        },
        ConformanceCheck("conversations: read marks and receipts apply by maximum") { subject in
            var owner = try await F(subject)
            let peer = Peer(.user, F.bob)
            try await owner.apply(to: 3, (1...3).map { .append(user: F.alice, F.incoming($0, from: F.bob)) })
            try await owner.apply(
                to: 6,
                [
                    .read(user: F.alice, conversation: peer, seq: 2, at: 4),
                    .read(user: F.alice, conversation: peer, seq: 1, at: 5),
                    .receipt(user: F.alice, conversation: peer, received: 3, read: 0, at: 6),
                    .receipt(user: F.alice, conversation: peer, received: 1, read: 2, at: 7),
                    .receipt(user: F.alice, conversation: peer, received: 2, read: 1, at: 8),
                ])
            try expectEqual(
                try await owner.conversation(F.alice, with: F.bob),
                ConversationState(
                    peer: peer, lastSeq: 3, unread: 1, readUpTo: 2, peerReceived: 3, peerRead: 2, changedAt: 7))
        },
        ConformanceCheck("conversations: a receipt or read mark makes no conversation") { subject in
            var owner = try await F(subject)
            try await owner.apply(
                to: 1,
                [
                    .receipt(user: F.alice, conversation: Peer(.user, F.bob), received: 1, read: 1, at: 1),
                    .read(user: F.alice, conversation: Peer(.user, F.carol), seq: 1, at: 1),
                ])
            try expectEqual(try await owner.conversation(F.alice, with: F.bob), nil)
            try expectEqual(
                try await owner.read(.conversations(user: F.alice, before: 0, max: 10)),
                .conversations(asOf: 1, [], more: false))
        },
        ConformanceCheck("conversations: history goes back, newest first, page by page") { subject in
            var owner = try await F(subject)
            let operations = (Offset(1)...10).map { seq in
                MailboxOperation.append(user: F.alice, F.incoming(seq, from: seq % 2 == 0 ? F.bob : F.carol))
            }
            try await owner.apply(to: 10, operations)
            for (before, max, seqs, more) in [
                (Offset(0), 2, [Offset(10), 8], true), (8, 2, [6, 4], true), (4, 9, [2], false), (2, 9, [], false),
                (7, 9, [6, 4, 2], false),
            ] {
                guard
                    case .history(let asOf, let entries, let answered) = try await owner.read(
                        .history(
                            user: F.alice, conversation: Peer(.user, F.bob), before: before, maxEntries: max,
                            maxBytes: 1 << 20))
                else { throw ConformanceFailure(description: "not a history") }
                try expectEqual(entries.map(\.seq), seqs)
                try expectEqual(answered, more, "more before \(before):")
                try expectEqual(asOf, 10)
            }
        },
        ConformanceCheck("conversations: headBefore finds the entry below any seq") { subject in
            var owner = try await F(subject)
            try await owner.apply(to: 9, [3, 6, 9].map { .append(user: F.alice, F.incoming($0, from: F.bob)) })
            for (before, head) in [(Offset(0), Offset(0)), (3, 0), (4, 3), (6, 3), (7, 6), (10, 9), (1_000, 9)] {
                try expectEqual(
                    try await owner.read(.headBefore(user: F.alice, conversation: Peer(.user, F.bob), before: before)),
                    .head(asOf: 9, head), "before \(before):")
            }
        },
        ConformanceCheck("conversations: a long history begins below any seq, an entry or not") { subject in
            var owner = try await F(subject)
            // Bob's are at 3, 6, 9 … 600, Carol's in between.
            for start in stride(from: Offset(1), through: 600, by: 60) {
                try await owner.apply(
                    to: start + 59,
                    (start..<start + 60).map {
                        .append(user: F.alice, F.incoming($0, from: $0 % 3 == 0 ? F.bob : F.carol))
                    })
            }
            let bob = Peer(.user, F.bob)
            for before in [Offset(1), 3, 4, 5, 6, 190, 191, 192, 193, 195, 300, 386, 400, 599, 600, 601, 9_999] {
                let newest = max((min(before, 601) - 1) / 3 * 3, 0)
                try expectEqual(
                    try await owner.read(.headBefore(user: F.alice, conversation: bob, before: before)),
                    .head(asOf: 600, newest), "head before \(before):")
                guard
                    case .history(_, let entries, let more) = try await owner.read(
                        .history(
                            user: F.alice, conversation: bob, before: before, maxEntries: 70, maxBytes: 1 << 24))
                else { throw ConformanceFailure(description: "not a history") }
                let seqs = Array(stride(from: newest, to: 0, by: -3).prefix(70))
                try expectEqual(entries.map(\.seq), seqs, "history before \(before):")
                try expectEqual(more, newest / 3 > 70, "more before \(before):")
            }
        },
        ConformanceCheck("conversations: a read mark in a long conversation counts what lies behind it") { subject in
            for mark in [Offset(1), 2, 3, 4, 5, 127, 128, 129, 200, 201, 299, 300] {
                await subject.emptyStore(Slot(0))
                var owner = try await F(subject)
                let appends = (Offset(1)...300).map { seq -> MailboxOperation in
                    let isOwn = seq % 4 == 1
                    return .append(
                        user: F.alice,
                        seq % 2 == 0
                            ? F.incoming(seq, from: F.carol)
                            : isOwn ? F.outgoing(seq, of: F.alice, to: F.bob) : F.incoming(seq, from: F.bob))
                }
                try await owner.apply(to: 300, appends)
                try await owner.apply(
                    to: 301, [.read(user: F.alice, conversation: Peer(.user, F.bob), seq: mark, at: 301)])
                let unread = (mark + 1..<301).filter { $0 % 4 == 3 }.count
                try expectEqual(
                    try await owner.conversation(F.alice, with: F.bob)?.unread, unread, "mark \(mark):")
            }
        },
        ConformanceCheck("conversations: nothing of a history is at or below the floor") { subject in
            var owner = try await F(subject)
            let bob = Peer(.user, F.bob)
            try await owner.apply(to: 200, (1...200).map { .append(user: F.alice, F.incoming($0, from: F.bob)) })
            try await owner.apply(to: 201, [.trimmed(user: F.alice, head: 200, floor: 150)])
            for (before, count, head) in [
                (Offset(0), 50, Offset(0)), (201, 50, 200), (170, 19, 169), (152, 1, 151), (151, 0, 0), (150, 0, 0),
                (100, 0, 0),
            ] {
                guard
                    case .history(_, let entries, let more) = try await owner.read(
                        .history(
                            user: F.alice, conversation: bob, before: before, maxEntries: 1_000, maxBytes: 1 << 24))
                else { throw ConformanceFailure(description: "not a history") }
                try expectEqual(entries.count, count, "history before \(before):")
                try expectEqual(more, false)
                try expectEqual(
                    try await owner.read(.headBefore(user: F.alice, conversation: bob, before: before)),
                    .head(asOf: 201, head), "head before \(before):")
            }
            try await owner.apply(to: 202, [.trimmed(user: F.alice, head: 200, floor: 202)])
            try expectEqual(
                try await owner.read(
                    .history(user: F.alice, conversation: bob, before: 0, maxEntries: 9, maxBytes: 1 << 24)),
                .history(asOf: 202, entries: [], more: false))
        },
        ConformanceCheck("conversations: lists are newest first, changes ascend, both in pages") { subject in
            var owner = try await F(subject)
            let peers = (1...5).map { Key(trusted: Array("peer\($0)".utf8)) }
            try await owner.apply(
                to: 5, peers.enumerated().map { .append(user: F.alice, F.incoming(Offset($0 + 1), from: $1)) })
            try await owner.apply(
                to: 8,
                [
                    .receipt(user: F.alice, conversation: Peer(.user, peers[1]), received: 2, read: 0, at: 7),
                    .read(user: F.alice, conversation: Peer(.user, peers[0]), seq: 1, at: 8),
                ])
            func list(_ query: MailboxQuery) async throws -> ([Offset], Bool) {
                guard case .conversations(_, let states, let more) = try await owner.read(query) else {
                    throw ConformanceFailure(description: "not conversations")
                }
                return (states.map(\.lastSeq), more)
            }
            let pages = try await [
                list(.conversations(user: F.alice, before: 0, max: 2)),
                list(.conversations(user: F.alice, before: 4, max: 9)),
                list(.changed(user: F.alice, after: 0, max: 2)), list(.changed(user: F.alice, after: 4, max: 9)),
                list(.changed(user: F.alice, after: 8, max: 9)),
            ]
            try expectEqual(pages.map(\.0), [[5, 4], [3, 2, 1], [3, 4], [5, 2, 1], []])
            try expectEqual(pages.map(\.1), [true, false, true, false, false])
        },
    ]

    static let checkpointChecks = [
        ConformanceCheck("checkpoints: the decision state and the heads as of forwarded") { subject in
            var owner = try await F(subject)
            let device = DeviceKey(user: F.alice, device: F.phone),
                state = DeviceState(last: 1, outcomes: [.rejected(.invalid)])
            let setting = StateChange.setting(user: F.bob, name: ByteString("block"), value: [1])
            try await owner.apply(
                to: 4, forwarded: 4, [.append(user: F.alice, F.incoming(4, from: F.bob))],
                state: [
                    .fence(1, rules: 3), .device(device, state), .incoming(from: Slot(3), 2), .outgoing(to: Slot(1), 5),
                    setting,
                    .revoked(user: F.bob, tokenID: nil, before: 9),
                ])
            try await owner.apply(to: 6, forwarded: 4, [.append(user: F.alice, F.incoming(6, from: F.bob))])
            guard case .checkpoint(let forwarded, let rows) = try await owner.read(.checkpoint) else {
                throw ConformanceFailure(description: "not a checkpoint")
            }
            try expectEqual(forwarded, 4)
            let expected: Set<CheckpointRow> = [
                .state(.fence(1, rules: 3)), .state(.device(device, state)), .state(.incoming(from: Slot(3), 2)),
                .state(.outgoing(to: Slot(1), 5)), .state(setting),
                .state(.revoked(user: F.bob, tokenID: nil, before: 9)),
                .mailbox(user: F.alice, head: 4, floor: 0),
            ]
            try expectEqual(Set(rows), expected)
            try expectEqual(rows.count, expected.count)
        },
        ConformanceCheck("checkpoints: installing one replaces the decision state and begins the mailboxes anew") {
            subject in
            var owner = try await F(subject)
            let old = DeviceKey(user: F.bob, device: F.phone), new = DeviceKey(user: F.alice, device: F.phone)
            try await owner.apply(
                to: 3, forwarded: 3,
                [
                    .append(user: F.bob, F.incoming(2, from: F.alice)),
                    .append(user: F.alice, F.incoming(3, from: F.bob)),
                ],
                state: [
                    .device(old, DeviceState(last: 1, outcomes: [.rejected(.invalid)])), .incoming(from: Slot(6), 6),
                ])
            var step = owner.step(
                to: 50, forwarded: 50, [.trimmed(user: F.alice, head: 48, floor: 50)],
                state: [.fence(1, rules: 1), .device(new, DeviceState(last: 4)), .incoming(from: Slot(2), 8)])
            step.installsCheckpoint = true
            try await owner.apply(step)
            try expectEqual(
                try await owner.store.head(of: owner.slot),
                StoredSlot(epoch: 1, offset: 50, forwarded: 50, fence: 1, rules: 1, incoming: [(Slot(2), 8)]))
            try expectEqual(
                try await owner.read(.devices([old, new])), .devices(forwarded: 50, [nil, DeviceState(last: 4)]))
            try expectEqual(try await owner.page(F.bob).entries, [])
            try expectEqual(try await owner.page(F.alice), MailboxPage(asOf: 50, floor: 50, entries: [], more: false))
            try await owner.apply(to: 60, [.append(user: F.alice, F.incoming(60, from: F.bob))])
            let page = try await owner.page(F.alice)
            try expectEqual(page.entries.map(\.prev), [48])
            try expectEqual(page.entries.map(\.prevInConversation), [0])
        },
        ConformanceCheck("checkpoints: installing one at the stored offset keeps the mailboxes") { subject in
            var owner = try await F(subject)
            try await owner.apply(to: 9, forwarded: 3, [.append(user: F.alice, F.incoming(9, from: F.bob))])
            var step = owner.step(to: 9, forwarded: 7, state: [.fence(1, rules: 1)])
            step.installsCheckpoint = true
            try await owner.apply(step)
            try expectEqual(try await owner.page(F.alice).entries.map(\.seq), [9])
        },
    ]
}
