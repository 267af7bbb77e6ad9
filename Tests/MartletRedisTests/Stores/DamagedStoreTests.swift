import MartletCore
import MartletRedis
import Testing

/// Redis's content comes from outside: whatever it is, it is named, nothing traps, and no step half happens.
@Suite struct DamagedStoreTests {
    private typealias F = StoresFixture
    private static let alice = StoresFixture.alice, peer = Peer(.user, StoresFixture.bob)

    /// Suffix of a key of the slot, and a field where it is a hash.
    private static let places: [(String, String?)] = [
        ("", "e"), ("", "o"), ("", "f"), ("", "g"), ("", "n"), (":n", "i3"), (":d", "d\u{5}alicephone"),
        (":0:u", "alice"), (":0:c:alice", "c\u{0}bob"), (":0:c:alice", "dphone"), (":0:e:alice", nil),
    ]

    private static let garbage: [[UInt8]] = [
        [], Array("x".utf8), Array("garbage, and more of it".utf8), [0xC1], [0x01], [0x91, 0x01],
        [0xD3, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], Array("9e300".utf8), Array("-5".utf8),
        Array("nan".utf8),
        [UInt8](repeating: 0xFF, count: 40), [0x01] + [UInt8](repeating: 0x7F, count: 12),
        [0x01, 0xCB, 0x7F, 0xF8, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 1, count: 12),
    ]

    private func filled() async throws -> StoresFixture {
        let fixture = try StoresFixture()
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        let device = DeviceKey(user: F.alice, device: F.phone)
        let step = F.step(
            -1, to: 40,
            (1...40).map { .append(user: F.alice, F.entry($0)) } + [
                .cursor(user: F.alice, device: F.phone, seq: 3, seen: 5)
            ],
            state: [
                .fence(1, rules: 1), .incoming(from: Slot(3), 4),
                .device(device, DeviceState(last: 1, outcomes: [.rejected(.invalid)])),
            ])
        #expect(await fixture.apply(step) == .applied)
        return fixture
    }

    private static let queries: [MailboxQuery] = [
        .attach(user: alice, device: StoresFixture.phone),
        .page(user: alice, after: 0, maxEntries: 10, maxBytes: 1 << 20),
        .page(user: alice, after: 20, maxEntries: 10, maxBytes: 1 << 20),
        .history(user: alice, conversation: peer, before: 0, maxEntries: 10, maxBytes: 1 << 20),
        .history(user: alice, conversation: peer, before: 9, maxEntries: 10, maxBytes: 1 << 20),
        .conversations(user: alice, before: 0, max: 10), .changed(user: alice, after: 0, max: 10),
        .conversation(user: alice, peer: peer), .entry(user: alice, seq: 7),
        .headBefore(user: alice, conversation: peer, before: 9),
        .devices([DeviceKey(user: alice, device: StoresFixture.phone)]), .checkpoint, .unreceipted,
    ]

    @Test(arguments: 0..<places.count) func garbageInAnyRowIsNamed(_ place: Int) async throws {
        let fixture = try await filled()
        let (suffix, field) = DamagedStoreTests.places[place]
        let key = fixture.key(Slot(0), suffix)
        for garbage in DamagedStoreTests.garbage {
            if let field {
                _ = await withCheckedContinuation { wait in
                    fixture.client.send(RedisCommand("HSET", key: key, [Array(field.utf8), garbage])) {
                        wait.resume(returning: $0)
                    }
                }
            } else {
                _ = await withCheckedContinuation { wait in
                    fixture.client.send(RedisCommand("LSET", key: key, [Array("20".utf8), garbage])) {
                        wait.resume(returning: $0)
                    }
                }
            }
            await askEverything(fixture)
        }
    }

    @Test(arguments: ["", ":n", ":d", ":0:u", ":0:c:alice", ":0:e:alice"], ["string", "stream"])
    func aKeyOfAnotherTypeIsNamed(_ suffix: String, _ type: String) async throws {
        let fixture = try await filled()
        let key = fixture.key(Slot(0), suffix)
        try await fixture.send("DEL", key)
        if type == "string" {
            try await fixture.send("SET", key, "x")
        } else {
            try await fixture.send("XADD", key, "*", "a", "b")
        }
        let device = DeviceKey(user: F.alice, device: F.phone)
        let step = F.step(
            40, to: 41,
            [
                .append(user: F.bob, F.entry(41, from: F.alice)), .append(user: F.alice, F.entry(41)),
                .cursor(user: F.alice, device: F.phone, seq: 9, seen: 5),
            ],
            state: [.incoming(from: Slot(3), 5), .device(device, DeviceState(last: 2))])
        let outcome = await fixture.apply(step)
        guard case .failed(.corrupt) = outcome else {
            Issue.record("\(suffix) as \(type): \(outcome)")
            return
        }
        if suffix != "" {
            #expect(try await fixture.send("HGET", fixture.key(Slot(0)), "o") == .bytes(Array("40".utf8)))
            #expect(try await fixture.send("EXISTS", fixture.key(Slot(0), ":0:e:bob")) == .integer(0), "half a step")
        }
        await askEverything(fixture)
    }

    /// Every call answers, with a value or by name: nothing is `unavailable`, which would be tried for ever.
    private func askEverything(_ fixture: StoresFixture) async {
        for query in DamagedStoreTests.queries {
            if case .failure(let error) = await fixture.read(query) { expectCorrupt(error, "\(query)") }
        }
        if case .failure(let error) = await fixture.head(Slot(0)) { expectCorrupt(error, "head") }
        let step = F.step(
            40, to: 40,
            [
                .read(user: F.alice, conversation: DamagedStoreTests.peer, seq: 20, at: 20),
                .receipt(user: F.alice, conversation: DamagedStoreTests.peer, received: 3, read: 3, at: 20),
                .cursor(user: F.alice, device: F.phone, seq: 4, seen: 5), .receipted(user: F.alice, seq: 1),
            ])
        switch await fixture.apply(step) {
        case .failed(let error): expectCorrupt(error, "step")
        case .unknown: Issue.record("a damaged row is not an unknown outcome")
        case .applied, .deposed, .unexpected: break
        }
    }

    private func expectCorrupt(_ error: PortError, _ what: String) {
        guard case .corrupt = error else {
            Issue.record("\(what): \(error)")
            return
        }
    }

    @Test func garbageInPresenceIsNamed() async throws {
        let fixture = try StoresFixture()
        let slot = Slot(of: F.alice, slots: 8)
        let row = PresenceRow(
            user: F.alice, device: F.phone, session: 3, edge: NodeID(trusted: [97]), edgeIncarnation: 1,
            home: NodeID(trusted: [98]), homeIncarnation: 1, epoch: 1, since: 1)
        for value in ["", "x", String(repeating: "\u{1}", count: 17), String(repeating: "z", count: 60)] {
            try await fixture.send("HSET", fixture.key(slot, ":p:alice"), "phone", value)
            guard case .failure(.corrupt) = await fixture.presence(of: [F.bob, F.alice]) else {
                Issue.record("presence of \(value)")
                return
            }
            if let error = await fixture.presence([.online(row)]) { expectCorrupt(error, "apply over \(value)") }
        }
        try await fixture.send("DEL", fixture.key(slot, ":p:alice"))
        try await fixture.send("SET", fixture.key(slot, ":p:alice"), "x")
        guard case .corrupt? = await fixture.presence([.online(row)]) else {
            Issue.record("presence over a string")
            return
        }
    }

    @Test(arguments: [":n", ":w", ":r", ":p", ":m", ""]) func garbageInTheClusterStoreIsNamed(
        _ suffix: String
    ) async throws {
        let fixture = try StoresFixture()
        _ = await fixture.register(F.node("a"))
        let field = ["": "t", ":n": "b", ":w": "7", ":r": "4", ":p": "4"][suffix]
        for value in ["", "garbage", "o", "9e300", "x-1"] {
            let key = fixture.clusterKey(suffix)
            if let field {
                try await fixture.send("HSET", key, field, value)
            } else {
                try await fixture.send("SET", key, value)
            }
            if case .failure(let error) = await fixture.snapshot() { expectCorrupt(error, "snapshot") }
            if case .failure(.port(let error)) = await fixture.register(F.node("c")) {
                expectCorrupt(error, "register")
            }
            if case .failed(let error) = await fixture.renew(F.node("b")) { expectCorrupt(error, "renew") }
            if case .failure(let error) = await fixture.lead("x") { expectCorrupt(error, "lead") }
        }
    }
}
