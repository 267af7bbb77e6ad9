import MartletCore
import MartletEmbedded
import MartletIO
import MartletProtocol
import Testing

@testable import MartletGateway

/// Heartbeats, silence and drains. Deadlines are looked at once a second, so these tests take some.
@Suite(.serialized) struct EdgeLivenessTests {
    @Test func aSilentClientIsPingedEachHeartbeatAndThenReset() throws {
        let cluster = try TestCluster {
            $0.limits.heartbeatMilliseconds = 1_000
            $0.limits.deadAfterMilliseconds = 4_500
        }
        let client = try cluster.client("alice").client
        let begin = Clock.monotonicMilliseconds
        var pings = 0
        while client.nextRaw() == .ping { pings += 1 }
        #expect(client.hasEnded)
        let lasted = Clock.monotonicMilliseconds - begin
        #expect(pings >= 2, "one a heartbeat, not one and never again")
        #expect((4_400...8_000).contains(lasted))
        #expect(cluster.metrics.deadConnections.current == 1)
    }

    @Test func aClientThatAnswersPingsStays() throws {
        let cluster = try TestCluster {
            $0.limits.heartbeatMilliseconds = 500
            $0.limits.deadAfterMilliseconds = 1_500
        }
        let client = try cluster.client("alice").client
        for _ in 0..<4 {
            #expect(client.nextRaw() == .ping)
            client.socket.send(TestClient.wire(.pong, []))
        }
        #expect(client.untilPong(ref: 1).isEmpty)
        #expect(cluster.metrics.deadConnections.current == 0)
    }

    /// Pongs are output like any other: who does not take them is not read from, and silence ends it.
    @Test func aClientThatPingsAndNeverReadsIsNotBufferedFor() throws {
        let cluster = try TestCluster {
            $0.limits.heartbeatMilliseconds = 500
            $0.limits.deadAfterMilliseconds = 1_500
        }
        let client = try cluster.client("alice", receiveBuffer: 4_096).client
        let pings = Array(repeating: TestClient.wire(.ping, Array(repeating: 7, count: 125)), count: 1_000).flatMap(
            \.self)
        var written = 0
        while written < 64 << 20, client.socket.send(pings) { written += pings.count }
        #expect(written < 64 << 20, "it was read from to the end")
        #expect(cluster.metrics.deadConnections.current == 1, "not by overflow")
    }

    @Test func aClientThatReadsItsPongsLateGetsAll() throws {
        let cluster = try TestCluster()
        let client = try cluster.client("alice", receiveBuffer: 4_096).client
        let payload = Array(repeating: UInt8(7), count: 120)
        client.socket.send((0..<8_000).flatMap { TestClient.wire(.ping, payload + [UInt8($0 & 0xFF)]) })
        for number in 0..<8_000 {
            guard client.nextRaw() == .pong(payload + [UInt8(number & 0xFF)]) else {
                Issue.record("pong \(number) did not come")
                return
            }
        }
    }

    @Test func aDrainTellsEachClientWhereToGoAndIsPaced() throws {
        let cluster = try TestCluster(nodes: 2, loops: 2) { $0.drainReconnectsPerSecond = 10 }
        let clients = try (0..<8).map { try cluster.client("u\($0)", at: 0).client }
        let stays = try cluster.client("other", at: 1).client
        let drained = Awaited<Bool>()
        cluster.engine.cluster.setDraining(TestCluster.id(0), true) { _ in drained.set(true) }
        _ = drained.get()
        let begin = Clock.monotonicMilliseconds
        try cluster.publish { map in
            for slot in map.slots.indices { map.slots[slot] = .init(owner: TestCluster.id(1), epoch: 2) }
        }
        for client in clients {
            let reconnect = client.wait { if case .reconnect(let it) = $0 { it } else { nil } }
            #expect(reconnect?.address == cluster.gateways[1].clientAddress)
            #expect(client.next() == .closed(code: ErrorCode.unavailable.closeCode, reason: "this gateway drains"))
        }
        #expect(Clock.monotonicMilliseconds - begin > 300, "ten a second over both loops, not all at once")
        #expect(stays.untilPong(ref: 1).isEmpty)
    }

    @Test func aNodeThatStopsSaysGoodbye() throws {
        let cluster = try TestCluster(loops: 2)
        let clients = try (0..<4).map { try cluster.client("u\($0)").client }
        cluster.gateways[0].stop()
        for client in clients {
            #expect(client.next() == .closed(code: ErrorCode.unavailable.closeCode, reason: "this gateway stops"))
        }
        try cluster.awaitSnapshot("it left") { $0.nodes.allSatisfy(\.left) }
    }
}
