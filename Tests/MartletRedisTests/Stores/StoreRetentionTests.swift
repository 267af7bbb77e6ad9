import MartletCore
import MartletRedis
import Testing

/// What mailboxes let go, by count, bytes and age.
@Suite struct StoreRetentionTests {
    private typealias F = StoresFixture

    private func fill(_ fixture: StoresFixture, from first: Offset, count: Offset, bytes: Int = 1, time: Int64) async {
        for start in stride(from: first, to: first + count, by: 16) {
            let operations = (start..<start + 16).map {
                MailboxOperation.append(user: F.alice, F.entry($0 + 1, time: time, bytes: bytes))
            }
            #expect(await fixture.apply(F.step(start - 1, to: start + 15, operations)) == .applied)
        }
    }

    private let start: Int64 = 1_800_000_000_000

    @Test func aMailboxKeepsItsNewestEntriesAndRaisesItsFloor() async throws {
        let fixture = try StoresFixture { $0.limits.mailboxEntries = 100 }
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        await fill(fixture, from: 0, count: 1_600, time: start)
        let page = try await fixture.page()
        #expect((100..<100 + 64 + 16).contains(page.entries.count))
        #expect(page.entries.last?.seq == 1_600)
        #expect(page.floor == (page.entries.first?.seq ?? 0) - 1)
        #expect(page.entries.first?.prev == page.floor)
        let history = try await fixture.read(
            .history(user: F.alice, conversation: Peer(.user, F.bob), before: 0, maxEntries: 999, maxBytes: 1 << 24)
        ).get()
        #expect(history == .history(asOf: 1_599, entries: page.entries.reversed(), more: false))
        let middle = page.entries[50].seq
        #expect(
            try await fixture.read(.headBefore(user: F.alice, conversation: Peer(.user, F.bob), before: middle)).get()
                == .head(asOf: 1_599, middle - 1))
    }

    @Test func oneStepMayBringMoreThanAMailboxKeeps() async throws {
        let fixture = try StoresFixture { $0.limits.mailboxEntries = 100 }
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        await fill(fixture, from: 0, count: 32, time: start)
        let operations = (32..<Offset(400)).map { MailboxOperation.append(user: F.alice, F.entry($0 + 1)) }
        #expect(await fixture.apply(F.step(31, to: 399, operations)) == .applied)
        let page = try await fixture.page()
        #expect(page.entries.map(\.seq) == Array(301...400))
        #expect(page.floor == 300)
        let list = try await fixture.send("LLEN", fixture.key(Slot(0), ":0:e:alice"))
        #expect(list == .integer(100))
    }

    @Test func aMailboxIsBoundedByBytes() async throws {
        let fixture = try StoresFixture { $0.limits.mailboxBytes = 100_000 }
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        await fill(fixture, from: 0, count: 1_600, bytes: 872, time: start)
        let page = try await fixture.page()
        let bytes = page.entries.reduce(0) { $0 + $1.content.body.count }
        #expect((30_000...100_000).contains(bytes), "\(bytes)")
        #expect(page.entries.last?.seq == 1_600)
    }

    @Test func oldEntriesGoWithNewOnes() async throws {
        let fixture = try StoresFixture { $0.limits.mailboxMilliseconds = 10_000 }
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        await fill(fixture, from: 0, count: 32, time: start)
        fixture.advance(milliseconds: 12_000)
        await fill(fixture, from: 32, count: 16, time: start + 12_000)
        let page = try await fixture.page()
        #expect(page.entries.map(\.seq) == Array(33...48))
        #expect(page.floor == 32)
        #expect(page.entries.first?.prev == 32, "the chain goes on behind what went")
    }

    @Test func aMailboxThatGetsNothingNewIsSweptByEmptySteps() async throws {
        let fixture = try StoresFixture { $0.limits.mailboxMilliseconds = 10_000 }
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        await fill(fixture, from: 0, count: 160, time: start)
        fixture.advance(milliseconds: 20_000)
        for _ in 0..<2 {
            #expect(await fixture.apply(F.step(159, to: 159)) == .applied)
            fixture.advance(milliseconds: 1_000)
        }
        let page = try await fixture.page()
        #expect(page.entries.isEmpty)
        #expect(page.floor == 160)
        #expect(try await fixture.send("EXISTS", fixture.key(Slot(0), ":0:e:alice")) == .integer(0))
        fixture.advance(milliseconds: 1_000)
        #expect(
            await fixture.apply(
                F.step(159, to: 161, [.append(user: F.alice, F.entry(161, time: start + 23_000))])) == .applied)
        #expect(try await fixture.page().entries.map(\.prev) == [160])
    }

    @Test func mailboxesThatACheckpointReplacedAreRemovedBitByBit() async throws {
        let fixture = try StoresFixture()
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        let users = (0..<200).map { Key(trusted: Array("user-\($0)".utf8)) }
        #expect(
            await fixture.apply(
                F.step(-1, to: 200, users.enumerated().map { .append(user: $1, F.entry(Offset($0 + 1))) })) == .applied)
        var install = F.step(200, to: 900, [.trimmed(user: users[3], head: 800, floor: 900)])
        install.installsCheckpoint = true
        #expect(await fixture.apply(install) == .applied)
        #expect(try await fixture.page(users[0]).entries.isEmpty)
        for _ in 0..<10 { #expect(await fixture.apply(F.step(900, to: 900)) == .applied) }
        #expect(try await fixture.send("EXISTS", fixture.key(Slot(0), ":0:u")) == .integer(0))
        #expect(try await fixture.send("EXISTS", fixture.key(Slot(0), ":0:e:user-0")) == .integer(0))
        #expect(try await fixture.send("HEXISTS", fixture.key(Slot(0)), "x") == .integer(0))
        #expect(
            try await fixture.read(.checkpoint).get()
                == .checkpoint(
                    forwarded: 900,
                    rows: [.state(.fence(0, rules: 0)), .mailbox(user: users[3], head: 800, floor: 900)]
                ))
    }
}
