import MartletCore

extension ConformanceCheck {
    private static let alice = MailboxFixture.alice, phone = MailboxFixture.phone, tablet = MailboxFixture.tablet

    private static func online(
        _ device: DeviceID, session: UInt64, epoch: Epoch = 4, since: Int64 = 10
    ) -> PresenceRow {
        PresenceRow(
            user: alice, device: device, session: session, edge: NodeID(trusted: [101]), edgeIncarnation: session * 2,
            home: NodeID(trusted: [104]), homeIncarnation: 9, epoch: epoch, since: since)
    }

    static let presenceChecks = [
        ConformanceCheck("presence: a session is online until it ends, and then last seen") { subject in
            let row = online(phone, session: 1)
            try await subject.presence.apply([.online(row)], in: Slot(0))
            try expectEqual(
                try await subject.presence.query([alice]), [[PresenceRecord(device: phone, online: row, lastSeen: 0)]])
            try await subject.presence.apply(
                [.offline(user: alice, device: phone, session: 1, epoch: 4, at: 99)], in: Slot(0))
            try expectEqual(
                try await subject.presence.query([alice]), [[PresenceRecord(device: phone, online: nil, lastSeen: 99)]])
            let again = online(phone, session: 2)
            try await subject.presence.apply([.online(again)], in: Slot(0))
            try expectEqual(
                try await subject.presence.query([alice]),
                [[PresenceRecord(device: phone, online: again, lastSeen: 99)]])
        },
        ConformanceCheck("presence: an older session neither replaces nor removes a newer one") { subject in
            let newer = online(phone, session: 5)
            try await subject.presence.apply([.online(newer)], in: Slot(0))
            try await subject.presence.apply(
                [
                    .online(online(phone, session: 4)),
                    .offline(user: alice, device: phone, session: 4, epoch: 4, at: 99),
                ],
                in: Slot(0))
            try expectEqual(
                try await subject.presence.query([alice]), [[PresenceRecord(device: phone, online: newer, lastSeen: 0)]]
            )
        },
        ConformanceCheck("presence: the same session is placed again, as after a hand-off") { subject in
            var row = online(phone, session: 5)
            try await subject.presence.apply([.online(row)], in: Slot(0))
            row.epoch = 7
            try await subject.presence.apply([.online(row)], in: Slot(0))
            try expectEqual(try await subject.presence.query([alice])[0].first?.online, row)
        },
        ConformanceCheck("presence: an owner that was followed takes back nothing that its successor said") { subject in
            let (before, after) = (online(phone, session: 5, epoch: 4), online(phone, session: 5, epoch: 7))
            try await subject.presence.apply([.online(before)], in: Slot(0))
            try await subject.presence.apply([.online(after)], in: Slot(0))
            let late: [PresenceChange] = [
                .online(before), .online(online(phone, session: 6, epoch: 6)),
                .offline(user: alice, device: phone, session: 5, epoch: 4, at: 99),
            ]
            for change in late { try await subject.presence.apply([change], in: Slot(0)) }
            try await subject.presence.apply(late, in: Slot(0))
            try expectEqual(
                try await subject.presence.query([alice]), [[PresenceRecord(device: phone, online: after, lastSeen: 0)]]
            )
        },
        ConformanceCheck("presence: an end that a successor told stands against an owner before it") { subject in
            let end = PresenceChange.offline(user: alice, device: phone, session: 5, epoch: 7, at: 99)
            try await subject.presence.apply([end], in: Slot(0))
            try await subject.presence.apply([.online(online(phone, session: 6, epoch: 4))], in: Slot(0))
            try expectEqual(
                try await subject.presence.query([alice]), [[PresenceRecord(device: phone, online: nil, lastSeen: 99)]])
        },
        ConformanceCheck("presence: a successor's word counts whatever number its predecessor gave") { subject in
            let (newer, older) = (online(phone, session: 9, epoch: 4), online(phone, session: 5, epoch: 1 << 40))
            try await subject.presence.apply([.online(newer), .online(older)], in: Slot(0))
            try expectEqual(try await subject.presence.query([alice])[0].first?.online, older)
        },
        ConformanceCheck("presence: the end of a session that nobody placed again counts, though it comes late") {
            subject in
            try await subject.presence.apply(
                [.online(online(phone, session: 5)), .online(online(tablet, session: 6, epoch: 7))], in: Slot(0))
            let end = PresenceChange.offline(user: alice, device: phone, session: 5, epoch: 4, at: 99)
            try await subject.presence.apply([end], in: Slot(0))
            try expectEqual(try await subject.presence.query([alice])[0].map { $0.online != nil }, [false, true])
        },
        ConformanceCheck("presence: changes of one call apply in order") { subject in
            try await subject.presence.apply(
                [
                    .online(online(phone, session: 1)),
                    .offline(user: alice, device: phone, session: 1, epoch: 4, at: 5),
                    .online(online(phone, session: 2)),
                ], in: Slot(0))
            try expectEqual(
                try await subject.presence.query([alice]),
                [[PresenceRecord(device: phone, online: online(phone, session: 2), lastSeen: 5)]])
        },
        ConformanceCheck("presence: answers come in the order of the users, devices ascending") { subject in
            try await subject.presence.apply(
                [.online(online(tablet, session: 1)), .online(online(phone, session: 2))], in: Slot(0))
            let answer = try await subject.presence.query([MailboxFixture.bob, alice])
            try expectEqual(answer.map { $0.map(\.device) }, [[], [phone, tablet]])
        },
    ]
}
