import MartletCore
import Synchronization

extension ConformanceCheck {
    private static func node(_ name: String, incarnation: UInt64 = 1) -> NodeRegistration {
        NodeRegistration(
            id: NodeID(trusted: Array(name.utf8)), incarnation: incarnation, linkAddress: "127.0.0.1:1",
            clientAddress: "127.0.0.1:2", weight: 3, version: "1", configurationHash: 5)
    }

    private static func map(version: UInt64, term: UInt64) -> ClusterMap {
        ClusterMap(
            version: version, term: term, nodes: [],
            slots: [ClusterMap.Assignment(owner: nil, epoch: version), ClusterMap.Assignment(owner: nil, epoch: 1)])
    }

    static let clusterChecks = leaseChecks + leadershipChecks

    private static let leaseChecks = [
        ConformanceCheck("cluster: nodes register with worker ids of their own and are listed by name") { subject in
            let (b, a) = (
                try await subject.cluster.register(node("b")).get(), try await subject.cluster.register(node("a")).get()
            )
            try expect(a.worker != b.worker, "both have worker \(a.worker)")
            let rows = try await subject.cluster.snapshot().nodes
            try expectEqual(rows.map(\.registration), [node("a"), node("b")])
            try expectEqual(rows.map(\.worker), [a.worker, b.worker])
            try expect(rows.allSatisfy { !$0.left && !$0.draining && $0.leaseAgeMilliseconds < 3_000 }, "\(rows)")
        },
        ConformanceCheck("cluster: a live node's name is not given to another incarnation") { subject in
            let first = try await subject.cluster.register(node("a")).get()
            guard case .failure(.conflict) = await subject.cluster.register(node("a", incarnation: 2)) else {
                throw ConformanceFailure(description: "no conflict")
            }
            let again = try await subject.cluster.register(node("a")).get()
            try expect(again.worker != first.worker, "a node that registers again wants a fresh worker id")
            subject.advance(milliseconds: 10_000)
            let second = try await subject.cluster.register(node("a", incarnation: 2)).get()
            try expect(
                second.worker != first.worker && second.worker != again.worker, "the worker id was given again at once")
            try expectEqual(await subject.cluster.renew(node("a")), .lost)
            try expectEqual(await subject.cluster.renew(node("a", incarnation: 2)), .held)
        },
        ConformanceCheck("cluster: a node whose settings are not the live nodes' is refused, and told which one") {
            subject in
            func node(_ name: String, _ settings: [String]) -> NodeRegistration {
                var node = ConformanceCheck.node(name)
                node.agreed = settings.map { AgreedSetting(String($0.prefix(1)), String($0.dropFirst())) }
                return node
            }
            _ = try await subject.cluster.register(node("a", ["p1", "s256"])).get()
            let refused = await subject.cluster.register(node("b", ["p1", "s64"]))
            try expectEqual(refused, .failure(.disagrees(setting: "s", cluster: "256", node: "64")))
            let twice = await subject.cluster.register(node("c", ["p2", "s64"]))
            try expectEqual(twice, .failure(.disagrees(setting: "p", cluster: "1", node: "2")))
            try expectEqual(
                try await subject.cluster.snapshot().nodes.map(\.registration), [node("a", ["p1", "s256"])])
            // What only one of them knows divides nobody, and a node may change its own mind.
            _ = try await subject.cluster.register(node("d", ["p1", "s256", "z9"])).get()
            try await subject.cluster.leave(node("d", []))
            _ = try await subject.cluster.register(node("a", ["p1", "s64"])).get()
            subject.advance(milliseconds: 10_000)
            _ = try await subject.cluster.register(node("b", ["p2", "s64"])).get()
        },
        ConformanceCheck("cluster: a lease is held by renewing and lost by silence") { subject in
            _ = await subject.cluster.register(node("a"))
            for _ in 0..<5 {
                subject.advance(milliseconds: 2_000)
                try expectEqual(await subject.cluster.renew(node("a")), .held)
            }
            subject.advance(milliseconds: 2_000)
            try expectEqual(try await subject.cluster.snapshot().nodes[0].leaseAgeMilliseconds, 2_000)
            subject.advance(milliseconds: 2_000)
            try expectEqual(await subject.cluster.renew(node("a")), .lost)
            try expectEqual(await subject.cluster.renew(node("b")), .lost)
        },
        ConformanceCheck("cluster: who left or was found dead has no lease; another incarnation's report does nothing")
        { subject in
            for name in ["a", "b", "c"] { _ = await subject.cluster.register(node(name)) }
            try await subject.cluster.leave(node("a"))
            try await subject.cluster.reportDead(node("b"))
            try await subject.cluster.reportDead(node("c", incarnation: 7))
            try expectEqual(try await subject.cluster.snapshot().nodes.map(\.left), [true, true, false])
            try expectEqual(await subject.cluster.renew(node("a")), .lost)
            try expectEqual(await subject.cluster.renew(node("b")), .lost)
            try expectEqual(await subject.cluster.renew(node("c")), .held)
        },
        ConformanceCheck("cluster: a worker id is given again after ten minutes, and runs out before") { subject in
            for index in 0..<1024 { _ = try await subject.cluster.register(node("n\(index)")).get() }
            try await subject.cluster.leave(node("n5"))
            subject.advance(milliseconds: 60_000)
            guard case .failure(.noWorkerID) = await subject.cluster.register(node("new")) else {
                throw ConformanceFailure(description: "a worker id was given again too soon")
            }
            subject.advance(milliseconds: 600_000)
            _ = try await subject.cluster.register(node("new")).get()
        },
        ConformanceCheck("cluster: draining is set by an operator, for nodes that are known") { subject in
            _ = await subject.cluster.register(node("a"))
            try expectEqual(try await subject.cluster.setDraining(node("a").id, true), true)
            try expectEqual(try await subject.cluster.snapshot().nodes.map(\.draining), [true])
            try expectEqual(try await subject.cluster.setDraining(node("a").id, false), true)
            try expectEqual(try await subject.cluster.snapshot().nodes.map(\.draining), [false])
            try expectEqual(try await subject.cluster.setDraining(node("b").id, true), false)
        },
        ConformanceCheck("cluster: the newest report of a slot counts, and only of who is registered") { subject in
            _ = await subject.cluster.register(node("a"))
            try await subject.cluster.report([.owns(Slot(1), 4), .owns(Slot(0), 2)], from: node("a"))
            try await subject.cluster.report([.released(Slot(1), 4), .owns(Slot(0), 1)], from: node("a"))
            try await subject.cluster.report([.owns(Slot(3), 9)], from: node("a", incarnation: 2))
            try expectEqual(try await subject.cluster.snapshot().reports, [.owns(Slot(0), 2), .released(Slot(1), 4)])
        },
    ]

    private static let leadershipChecks = [
        ConformanceCheck("cluster: one leads, and the term grows with each new leader") { subject in
            try expectEqual(
                try await subject.cluster.lead("a", ttlMilliseconds: 3_000), Leadership(leader: "a", term: 1))
            try expectEqual(
                try await subject.cluster.lead("b", ttlMilliseconds: 3_000), Leadership(leader: "a", term: 1))
            subject.advance(milliseconds: 2_000)
            try expectEqual(
                try await subject.cluster.lead("a", ttlMilliseconds: 3_000), Leadership(leader: "a", term: 1))
            subject.advance(milliseconds: 4_000)
            try expectEqual(
                try await subject.cluster.lead("b", ttlMilliseconds: 3_000), Leadership(leader: "b", term: 2))
            try expectEqual(
                try await subject.cluster.lead("a", ttlMilliseconds: 3_000), Leadership(leader: "b", term: 2))
        },
        ConformanceCheck("cluster: a lease that is given back is another's at once, and is told to whoever looks") {
            subject in
            try expectEqual(try await subject.cluster.snapshot().leadership, nil)
            _ = try await subject.cluster.lead("a", ttlMilliseconds: 3_000)
            try await subject.cluster.resign("b")
            try expectEqual(try await subject.cluster.snapshot().leadership, Leadership(leader: "a", term: 1))
            try await subject.cluster.resign("a")
            try expectEqual(try await subject.cluster.snapshot().leadership, nil)
            try expectEqual(try await subject.cluster.publish(map(version: 1, term: 1), term: 1), true)
            try expectEqual(
                try await subject.cluster.lead("b", ttlMilliseconds: 3_000), Leadership(leader: "b", term: 2))
            try await subject.cluster.resign("a")
            try expectEqual(try await subject.cluster.snapshot().leadership, Leadership(leader: "b", term: 2))
            subject.advance(milliseconds: 4_000)
            try expectEqual(try await subject.cluster.snapshot().leadership, nil)
        },
        ConformanceCheck("cluster: only the leader of the term publishes, and versions follow on one another") {
            subject in
            _ = try await subject.cluster.lead("a", ttlMilliseconds: 3_000)
            try expectEqual(try await subject.cluster.map(), nil)
            try expectEqual(try await subject.cluster.publish(map(version: 1, term: 2), term: 2), false)
            try expectEqual(try await subject.cluster.publish(map(version: 1, term: 1), term: 1), true)
            try expectEqual(try await subject.cluster.publish(map(version: 1, term: 1), term: 1), false)
            try expectEqual(try await subject.cluster.publish(map(version: 3, term: 1), term: 1), false)
            subject.advance(milliseconds: 4_000)
            _ = try await subject.cluster.lead("b", ttlMilliseconds: 3_000)
            try expectEqual(try await subject.cluster.publish(map(version: 2, term: 1), term: 1), false)
            try expectEqual(try await subject.cluster.publish(map(version: 2, term: 2), term: 2), true)
            try expectEqual(try await subject.cluster.map(), map(version: 2, term: 2))
            try expectEqual(try await subject.cluster.snapshot().map, map(version: 2, term: 2))
        },
        ConformanceCheck("cluster: a watcher is told of changes") { subject in
            let (changes, more) = AsyncStream.makeStream(of: Void.self)
            subject.cluster.watch { more.yield() }
            var told = changes.makeAsyncIterator()
            _ = await subject.cluster.register(node("a"))
            await told.next()
            _ = try await subject.cluster.setDraining(node("a").id, true)
            await told.next()
        },
    ]
}
