import MartletCore
import MartletIO
import MartletRedis
import ServerHarness
import Testing

/// Servers that go, come back, refuse to write, or forget.
@Suite(.serialized) struct LostStoreTests {
    private typealias F = StoresFixture

    private func mode(_ server: RedisServer) -> RedisMode {
        .single(RedisEndpoint(host: "127.0.0.1", port: server.port))
    }

    /// What a call answers once the server is back: those before it are `unavailable`.
    private func poll<Value>(_ call: () async -> Value, until isDone: (Value) -> Bool) async throws -> Value {
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            let value = await call()
            if isDone(value) || ContinuousClock.now > deadline { return value }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func nodesLiveOnInAClusterStoreThatWasEmptied() async throws {
        let a = try StoresFixture()
        let b = try StoresFixture(try StoreServers.mode(.single), prefix: a.prefix)
        let rowA = try await a.register(F.node("a")).get(), rowB = try await b.register(F.node("b")).get()
        #expect(try await a.lead("c").get().term == 1)
        #expect(try await a.publish(F.map(version: 1, term: 1), term: 1).get())
        #expect(try await a.publish(F.map(version: 2, term: 1), term: 1).get())
        #expect(await a.pin(Slot(5), NodeID("a")) == nil)
        _ = try await a.snapshot().get()
        try await a.removeAll(a.clusterKey())

        // A process that knows nothing comes first, and leads.
        let c = try StoresFixture(try StoreServers.mode(.single), prefix: a.prefix)
        #expect(try await c.lead("new").get() == Leadership(leader: "new", term: 1))
        #expect(try await c.snapshot().get().nodes.isEmpty)

        #expect(await b.renew(F.node("b")) == .held)
        #expect(await a.renew(F.node("a")) == .held)
        let snapshot = try await c.snapshot().get()
        #expect(snapshot.nodes.map(\.worker) == [rowA.worker, rowB.worker])
        #expect(snapshot.map == F.map(version: 2, term: 1))
        #expect(snapshot.pins.map(\.slot) == [Slot(5)])
        // The map's term is known again, and the next leader's is above it.
        #expect(try await c.publish(F.map(version: 3, term: 1), term: 1).get() == false)
        let leadership = try await c.lead("new").get()
        #expect(leadership.term > 1)
        #expect(try await c.publish(F.map(version: 3, term: leadership.term), term: leadership.term).get())
        let fresh = try await c.register(F.node("d")).get()
        #expect(fresh.worker != rowA.worker && fresh.worker != rowB.worker)
    }

    @Test func aStoreThatWentBackIsBroughtForward() async throws {
        let fixture = try StoresFixture()
        #expect(try await fixture.lead("c").get().term == 1)
        for version in UInt64(1)...3 {
            #expect(try await fixture.publish(F.map(version: version, term: 1), term: 1).get())
        }
        // As a replica that had not heard of the last two would have it.
        try await fixture.send("HSET", fixture.clusterKey(), "v", "1")
        try await fixture.send("DEL", fixture.clusterKey(":m"))
        #expect(try await fixture.snapshot().get().map?.version == 3)
    }

    @Test func aLeaseThatEndedForWantOfAStoreIsHeldAgain() async throws {
        var options = RedisServer.Options()
        options.appendOnly = true
        let server = try RedisServer(options)
        defer { server.end() }
        let fixture = try StoresFixture(mode(server), prefix: "lease")
        _ = try await fixture.register(F.node("a")).get()
        _ = try await fixture.register(F.node("b")).get()
        #expect(await fixture.renew(F.node("a")) == .held)
        server.kill()
        guard case .failed(.unavailable) = await fixture.renew(F.node("a")) else {
            Issue.record("renewed without a store")
            return
        }
        fixture.advance(milliseconds: 10_000)
        try server.restart()
        let outcome = try await poll({ await fixture.renew(F.node("a")) }) { $0 != .failed(.unavailable) }
        #expect(outcome == .held)
        #expect(await fixture.renew(F.node("b")) == .lost, "it was silent, not cut off")
        // Ten minutes later its worker id may be another's.
        server.kill()
        _ = await fixture.renew(F.node("a"))
        fixture.advance(milliseconds: 700_000)
        try server.restart()
        #expect(try await poll({ await fixture.renew(F.node("a")) }) { $0 != .failed(.unavailable) } == .lost)
    }

    /// It was asked in time; the server answered late, or another one in its place.
    @Test func aLeaseThatEndedWhileItsRenewalWaitedIsHeld() async throws {
        let server = try RedisServer()
        defer { server.end() }
        let fixture = try StoresFixture(mode(server), prefix: "late")
        _ = try await fixture.register(F.node("a")).get()
        fixture.advance(milliseconds: 10_000)
        server.pause()
        let (answers, told) = AsyncStream.makeStream(of: LeaseOutcome.self)
        let renew = {
            fixture.stores.cluster.renew(F.node("a").id, incarnation: F.node("a").incarnation) { told.yield($0) }
        }
        let asked = Clock.monotonicMilliseconds
        renew()
        // Longer than a busy server takes: what is asked behind it then waits less.
        #expect(await waitUntil { Clock.monotonicMilliseconds - asked > 900 })
        renew()
        server.resume()
        for await outcome in answers.prefix(2) { #expect(outcome == .held) }
        fixture.advance(milliseconds: 10_000)
        #expect(await fixture.renew(F.node("a")) == .lost, "it was silent, and the store was not away")
    }

    @Test func whatAServerRefusesToWriteIsUnavailableAndChangesNothing() async throws {
        let server = try RedisServer()
        defer { server.end() }
        let fixture = try StoresFixture(mode(server), prefix: "full")
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        let step = F.step(-1, to: 3, [.append(user: F.alice, F.entry(3))], state: [.incoming(from: Slot(1), 2)])
        try server.command("CONFIG", "SET", "maxmemory", "1mb")
        #expect(await fixture.apply(step) == .failed(.unavailable))
        #expect(await fixture.claim(Slot(0), 9) == .failed(.unavailable))
        guard case .failure(.port(.unavailable)) = await fixture.register(F.node("a")) else {
            Issue.record("registered in a full store")
            return
        }
        try server.command("CONFIG", "SET", "maxmemory", "0")
        try server.command("CONFIG", "SET", "min-replicas-to-write", "1")
        #expect(await fixture.apply(step) == .failed(.unavailable))
        try server.command("CONFIG", "SET", "min-replicas-to-write", "0")
        #expect(await fixture.apply(step) == .applied)
        #expect(try await fixture.page().entries.map(\.seq) == [3])
    }

    @Test func aPausedServerLeavesTheOutcomeUnknown() async throws {
        let server = try RedisServer()
        defer { server.end() }
        let fixture = try StoresFixture(mode(server), prefix: "paused")
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        server.pause()
        #expect(await fixture.apply(F.step(-1, to: 3)) == .unknown)
        server.resume()
        let head = try await poll({ await fixture.head(Slot(0)) }) { if case .success = $0 { true } else { false } }
        #expect([-1, 3].contains(try head.get().offset))
    }

    @Test func aStoppedClientSaysSoAndNeverBeforeTheCallReturns() async throws {
        let fixture = try StoresFixture()
        fixture.client.stop()
        #expect(await fixture.apply(F.step(-1, to: 3)) == .failed(.closed))
        #expect(await fixture.head(Slot(0)) == .failure(.closed))
        #expect(await fixture.presence(of: [F.alice]) == .failure(.closed))
        #expect(await fixture.renew(F.node("a")) == .failed(.closed))
    }

    @Test func numbersAndStepsThatAScriptCannotTakeAreRefusedByName() async throws {
        let fixture = try StoresFixture { $0.maxStepBytes = 10_000 }
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        let steps = [
            F.step(-1, to: 1 << 53), F.step(-1, to: 3, [.append(user: F.alice, F.entry(.max))]),
            F.step(-1, to: 3, state: [.incoming(from: Slot(1), .max)]),
            F.step(-1, to: 3, state: [.fence(.max, rules: 1)]),
            F.step(-1, to: 3, [.append(user: F.alice, F.entry(3, bytes: 10_000))]),
        ]
        for step in steps {
            guard case .failed(.corrupt) = await fixture.apply(step) else {
                Issue.record("\(step)")
                return
            }
        }
        guard case .failed(.corrupt) = await fixture.claim(Slot(0), .max) else {
            Issue.record("claimed")
            return
        }
        #expect(try await fixture.head(Slot(0)).get() == StoredSlot(epoch: 1))
        #expect(throws: RedisStoresError.self) {
            try RedisStores(fixture.client, RedisStoresConfiguration(prefix: "a{b}", slotCount: 8))
        }
    }

    @Test func aLargeSlotIsReadInPiecesOfOneState() async throws {
        let fixture = try StoresFixture()
        #expect(await fixture.claim(Slot(0), 1) == .applied)
        var offset: Offset = -1
        for part in 0..<4 {
            let users = (0..<500).map { Key(trusted: Array("user-\(part)-\($0)".utf8)) }
            let first = Offset(part * 500 + 1)
            let step = F.step(
                offset, to: first + 499,
                users.enumerated().map { .append(user: $1, F.entry(first + Offset($0))) }
                    + users.map { .cursor(user: $0, device: F.phone, seq: 1, seen: 0) },
                state: users.map { .device(DeviceKey(user: $0, device: F.phone), DeviceState(last: 7)) })
            #expect(await fixture.apply(step) == .applied)
            offset = first + 499
        }
        guard case .checkpoint(2_000, let rows) = try await fixture.read(.checkpoint).get() else {
            Issue.record("no checkpoint")
            return
        }
        #expect(Set(rows).count == 4_001)
        #expect(rows.count == 4_001)
        guard case .users(let users) = try await fixture.read(.unreceipted).get() else {
            Issue.record("no users")
            return
        }
        #expect(users.count == 2_000)
    }

    @Test func devicesThatAreOfflineForLongestAreForgottenPastALimit() async throws {
        let fixture = try StoresFixture { $0.offlineDevices = 3 }
        let devices = (0..<6).map { DeviceID(trusted: Array("tab-\($0)".utf8)) }
        for (index, device) in devices.enumerated() {
            let row = PresenceRow(
                user: F.alice, device: device, session: UInt64.max - 9 + UInt64(index), edge: NodeID(trusted: [97]),
                edgeIncarnation: .max, home: NodeID(trusted: [98]), homeIncarnation: 1, epoch: 1, since: 1)
            #expect(await fixture.presence([.online(row)]) == nil)
            if index > 0 {
                let end = PresenceChange.offline(
                    user: F.alice, device: device, session: row.session, epoch: 1, at: Int64(100 - index))
                #expect(await fixture.presence([end]) == nil)
            }
        }
        let known = try await fixture.presence(of: [F.alice]).get()[0]
        #expect(known.map(\.device) == [devices[0], devices[1], devices[2], devices[3]])
        #expect(known.map { $0.online != nil } == [true, false, false, false])
    }
}
