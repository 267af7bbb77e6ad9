import MartletCore

extension ConformanceCheck {
    private static let alice = MailboxFixture.alice, phone = MailboxFixture.phone, tablet = MailboxFixture.tablet

    private static func online(_ device: DeviceID, session: UInt64, since: Int64 = 10) -> PresenceRow {
        PresenceRow(
            user: alice, device: device, session: session, edge: NodeID(trusted: [101]), edgeIncarnation: session * 2,
            home: NodeID(trusted: [104]), homeIncarnation: 9, epoch: 4, since: since)
    }

    static let presenceChecks = [
        ConformanceCheck("presence: a session is online until it ends, and then last seen") { subject in
            let row = online(phone, session: 1)
            try await subject.presence.apply([.online(row)], in: Slot(0))
            try expectEqual(
                try await subject.presence.query([alice]), [[PresenceRecord(device: phone, online: row, lastSeen: 0)]])
            try await subject.presence.apply([.offline(user: alice, device: phone, session: 1, at: 99)], in: Slot(0))
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
                [.online(online(phone, session: 4)), .offline(user: alice, device: phone, session: 4, at: 99)],
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
        ConformanceCheck("presence: changes of one call apply in order") { subject in
            try await subject.presence.apply(
                [
                    .online(online(phone, session: 1)), .offline(user: alice, device: phone, session: 1, at: 5),
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
