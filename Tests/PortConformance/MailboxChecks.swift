import MartletCore

extension ConformanceCheck {
    private typealias F = MailboxFixture

    static let mailboxChecks = [
        ConformanceCheck("mailboxes: the store fills in both chains of prev") { subject in
            var owner = try await F(subject)
            try await owner.apply(
                to: 3,
                [
                    .append(user: F.alice, F.incoming(1, from: F.bob)),
                    .append(user: F.bob, F.outgoing(1, of: F.bob, to: F.alice)),
                    .append(user: F.alice, F.incoming(3, from: F.carol)),
                ])
            try await owner.apply(to: 9, [.append(user: F.alice, F.incoming(8, from: F.bob))])
            let page = try await owner.page(F.alice)
            try expectEqual(page.entries.map(\.seq), [1, 3, 8])
            try expectEqual(page.entries.map(\.prev), [0, 1, 3])
            try expectEqual(page.entries.map(\.prevInConversation), [0, 0, 1])
            try expectEqual(page.asOf, 9)
            try expectEqual(try await owner.page(F.bob).entries.map(\.prev), [0])
        },
        ConformanceCheck("mailboxes: an entry comes back as it was") { subject in
            var owner = try await F(subject)
            var entry = F.outgoing(4, of: F.alice, to: F.bob)
            entry.content.target = Target(id: MessageID(9), seq: 2)
            entry.content.expiresAt = 77
            entry.actor = F.carol
            entry.content.type = .edit
            try await owner.apply(to: 4, [.append(user: F.alice, entry)])
            (entry.prev, entry.prevInConversation) = (0, 0)
            try expectEqual(try await owner.read(.entry(user: F.alice, seq: 4)), .entry(asOf: 4, entry))
            try expectEqual(try await owner.read(.entry(user: F.alice, seq: 3)), .entry(asOf: 4, nil))
            try expectEqual(try await owner.read(.entry(user: F.bob, seq: 4)), .entry(asOf: 4, nil))
        },
        ConformanceCheck("mailboxes: pages keep to count and bytes, and give at least one") { subject in
            var owner = try await F(subject)
            let entries = (1...10).map { F.incoming(Offset($0 * 2), from: F.bob, bytes: 100) }
            try await owner.apply(to: 20, entries.map { .append(user: F.alice, $0) })
            let first = try await owner.page(F.alice, maxEntries: 3)
            try expectEqual(first.entries.map(\.seq), [2, 4, 6])
            try expect(first.more, "more follow")
            try expectEqual(try await owner.page(F.alice, after: 6, maxBytes: 2 * 228).entries.map(\.seq), [8, 10])
            try expectEqual(try await owner.page(F.alice, after: 6, maxBytes: 1).entries.map(\.seq), [8])
            let last = try await owner.page(F.alice, after: 17, maxEntries: 2)
            try expectEqual(last.entries.map(\.seq), [18, 20])
            try expect(!last.more, "nothing follows")
            try expectEqual(
                try await owner.page(F.alice, after: 20), MailboxPage(asOf: 20, floor: 0, entries: [], more: false))
            try expectEqual(try await owner.page(F.alice, after: .max).entries, [])
            try expectEqual(try await owner.page(F.carol).entries, [])
        },
        ConformanceCheck("mailboxes: users with like names and like devices are kept apart") { subject in
            var owner = try await F(subject)
            let names = ["a", "aa", "a\u{7F4}", "A", "ab"].map { Key(trusted: Array($0.utf8)) }
            for (index, name) in names.enumerated() {
                let seq = Offset(index + 1)
                try await owner.apply(
                    to: seq,
                    [
                        .append(user: name, F.incoming(seq, from: F.bob)),
                        .cursor(user: name, device: DeviceID(trusted: name.bytes), seq: seq, seen: 1),
                    ])
            }
            for (index, name) in names.enumerated() {
                try expectEqual(try await owner.page(name).entries.map(\.seq), [Offset(index + 1)])
                guard
                    case .attach(let row) = try await owner.read(
                        .attach(user: name, device: DeviceID(trusted: name.bytes)))
                else { throw ConformanceFailure(description: "not an attach row") }
                try expectEqual(row.cursor, Offset(index + 1))
                try expectEqual(row.greatestCursor, Offset(index + 1))
            }
        },
        ConformanceCheck("mailboxes: attach brings head, cursors and the device's state") { subject in
            var owner = try await F(subject)
            let device = DeviceKey(user: F.alice, device: F.phone),
                state = DeviceState(last: 1, outcomes: [.rejected(.invalid)])
            try await owner.apply(
                to: 6, forwarded: 5,
                [
                    .append(user: F.alice, F.incoming(3, from: F.bob)),
                    .append(user: F.alice, F.incoming(6, from: F.bob)),
                    .cursor(user: F.alice, device: F.phone, seq: 3, seen: 100),
                    .cursor(user: F.alice, device: F.phone, seq: 2, seen: 200),
                    .cursor(user: F.alice, device: F.tablet, seq: 6, seen: 100), .receipted(user: F.alice, seq: 4),
                    .receipted(user: F.alice, seq: 3),
                ], state: [.device(device, state)])
            try expectEqual(
                try await owner.read(.attach(user: F.alice, device: F.phone)),
                .attach(
                    AttachRow(
                        asOf: 6, forwarded: 5, head: 6, floor: 0, cursor: 3, greatestCursor: 6, receiptedUpTo: 4,
                        device: state)))
            try expectEqual(
                try await owner.read(.attach(user: F.carol, device: F.phone)), .attach(AttachRow(asOf: 6, forwarded: 5))
            )
        },
        ConformanceCheck("mailboxes: unreceipted users are those whose cursor is ahead") { subject in
            var owner = try await F(subject)
            try await owner.apply(
                to: 9,
                [
                    .cursor(user: F.alice, device: F.phone, seq: 4, seen: 1),
                    .cursor(user: F.bob, device: F.phone, seq: 4, seen: 1),
                    .cursor(user: F.carol, device: F.tablet, seq: 9, seen: 1), .receipted(user: F.bob, seq: 4),
                    .receipted(user: F.carol, seq: 8),
                ])
            guard case .users(let users) = try await owner.read(.unreceipted) else {
                throw ConformanceFailure(description: "not users")
            }
            try expectEqual(users.sorted(), [F.alice, F.carol])
        },
    ]
}
