import MartletCore

extension ConformanceCheck {
    private typealias F = MailboxFixture

    static let stepChecks = [
        ConformanceCheck("steps: an empty store has no epoch and nothing stored") { subject in
            try expectEqual(try await subject.mailboxes.head(of: Slot(3)), StoredSlot())
        },
        ConformanceCheck("steps: a claim raises the epoch and deposes who is below") { subject in
            let owner = try await F(subject)
            try expectEqual(await owner.store.claim(owner.slot, epoch: 1), .deposed(by: 1))
            try expectEqual(await owner.store.claim(owner.slot, epoch: 5), .applied)
            try expectEqual(await owner.store.claim(owner.slot, epoch: 4), .deposed(by: 5))
            try expectEqual(await owner.store.apply(owner.step(to: 3)), .deposed(by: 5))
            try expectEqual(try await owner.store.head(of: owner.slot), StoredSlot(epoch: 5))
        },
        ConformanceCheck("steps: an epoch that was never claimed changes nothing") { subject in
            var owner = try await F(subject)
            owner.epoch = 2
            let outcome = await owner.store.apply(owner.step(to: 3))
            try expect(outcome != .applied, "\(outcome)")
            try expectEqual(try await owner.store.head(of: owner.slot).offset, -1)
        },
        ConformanceCheck("steps: an unexpected offset or forwarded changes nothing") { subject in
            var owner = try await F(subject)
            try await owner.apply(to: 4, forwarded: 2, [.append(user: F.alice, F.incoming(4, from: F.bob))])
            for (offset, forwarded) in [(Offset(3), Offset(2)), (4, 1), (5, 2), (-1, -1)] {
                var stale = owner
                (stale.offset, stale.forwarded) = (offset, forwarded)
                let step = stale.step(to: 9, forwarded: 9, [.append(user: F.alice, F.incoming(9, from: F.bob))])
                try expectEqual(await owner.store.apply(step), .unexpected(offset: 4, forwarded: 2))
            }
            try expectEqual(try await owner.page(F.alice).entries.map(\.seq), [4])
        },
        ConformanceCheck("steps: those of one slot are applied in the order given") { subject in
            let owner = try await F(subject)
            for offset in Offset(0)..<100 {
                let step = StoreStep(
                    slot: owner.slot, epoch: 1, expectedOffset: offset - 1, expectedForwarded: offset - 1,
                    offset: offset, forwarded: offset,
                    operations: [.append(user: F.alice, F.incoming(offset + 1, from: F.bob))])
                owner.store.apply(step) { _ in }
            }
            let last = StoreStep(
                slot: owner.slot, epoch: 1, expectedOffset: 99, expectedForwarded: 99, offset: 100, forwarded: 100)
            try expectEqual(await owner.store.apply(last), .applied)
            try expectEqual(try await owner.page(F.alice).entries.count, 100)
        },
        ConformanceCheck("steps: decision state is kept and answered") { subject in
            var owner = try await F(subject)
            let device = DeviceKey(user: F.alice, device: F.phone)
            let state = DeviceState(last: 2, outcomes: [.accepted(id: MessageID(7), seq: 3), .rejected(.forbidden)])
            try await owner.apply(
                to: 9, forwarded: 8,
                state: [
                    .fence(1, rules: 1), .device(device, state), .incoming(from: Slot(5), 3),
                    .incoming(from: Slot(2), 1),
                    .outgoing(to: Slot(7), 9), .incoming(from: Slot(5), 4),
                ])
            try expectEqual(
                try await owner.store.head(of: owner.slot),
                StoredSlot(
                    epoch: 1, offset: 9, forwarded: 8, fence: 1, rules: 1, incoming: [(Slot(2), 1), (Slot(5), 4)],
                    outgoing: [(Slot(7), 9)]))
            let other = DeviceKey(user: F.bob, device: F.phone)
            try expectEqual(
                try await owner.read(.devices([other, device])), .devices(forwarded: 8, [nil, state]))
            try await owner.apply(to: 10, state: [.forgotten(device)])
            try expectEqual(try await owner.read(.devices([device])), .devices(forwarded: 8, [nil]))
        },
        ConformanceCheck("steps: a failed one changes nothing") { subject in
            let owner = try await F(subject)
            subject.onSteps([.fail])
            let step = owner.step(to: 1, [.append(user: F.alice, F.incoming(1, from: F.bob))])
            guard case .failed = await owner.store.apply(step) else {
                throw ConformanceFailure(description: "not failed")
            }
            try expectEqual(try await owner.page(F.alice).entries, [])
            try expectEqual(await owner.store.apply(step), .applied)
        },
        ConformanceCheck("steps: one of unknown outcome landed whole or not at all, and the next one tells") {
            subject in
            var owner = try await F(subject)
            subject.onSteps([.unknownLanded, nil, .unknownLost])
            let first = owner.step(to: 1, [.append(user: F.alice, F.incoming(1, from: F.bob))])
            try expectEqual(await owner.store.apply(first), .unknown)
            try expectEqual(await owner.store.apply(first), .unexpected(offset: 1, forwarded: -1))
            owner.offset = 1
            let second = owner.step(to: 2, [.append(user: F.alice, F.incoming(2, from: F.bob))])
            try expectEqual(await owner.store.apply(second), .unknown)
            try expectEqual(await owner.store.apply(second), .applied)
            try expectEqual(try await owner.page(F.alice).entries.map(\.seq), [1, 2])
        },
        ConformanceCheck("steps: a lost tail is noticed by the next step") { subject in
            var owner = try await F(subject)
            try await owner.apply(to: 1, [.append(user: F.alice, F.incoming(1, from: F.bob))])
            subject.onSteps([.drop])
            try await owner.apply(to: 2, [.append(user: F.alice, F.incoming(2, from: F.bob))])
            try expectEqual(await owner.store.apply(owner.step(to: 3)), .unexpected(offset: 1, forwarded: -1))
            owner.offset = 1
            try await owner.apply(to: 2, [.append(user: F.alice, F.incoming(2, from: F.bob))])
            try expectEqual(try await owner.page(F.alice).entries.map(\.prev), [0, 1])
        },
        ConformanceCheck("steps: an emptied store is noticed, and is rebuilt alike") { subject in
            var owner = try await F(subject)
            let operations: [MailboxOperation] = [
                .append(user: F.alice, F.incoming(1, from: F.bob)),
                .append(user: F.alice, F.incoming(2, from: F.carol)),
                .append(user: F.alice, F.incoming(5, from: F.bob)),
            ]
            try await owner.apply(to: 5, operations, state: [.incoming(from: Slot(1), 3)])
            let before = try await owner.page(F.alice)
            await subject.emptyStore(owner.slot)
            try expectEqual(try await owner.store.head(of: owner.slot), StoredSlot())
            try expectEqual(try await owner.page(F.alice).entries, [])
            let outcome = await owner.store.apply(owner.step(to: 6))
            try expectEqual(outcome, .unexpected(offset: -1, forwarded: -1))
            try expectEqual(await owner.store.claim(owner.slot, epoch: 2), .applied)
            (owner.epoch, owner.offset) = (2, -1)
            try await owner.apply(to: 5, operations)
            try expectEqual(try await owner.page(F.alice), before)
        },
    ]
}
