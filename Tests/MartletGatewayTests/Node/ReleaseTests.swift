import MartletCore
import MartletEmbedded
import MartletIO
import Testing

@testable import MartletGateway

/// A slot that is asked for is let go, and the coordinator hears of it, whatever else happens to it meanwhile.
@Suite struct ReleaseTests {
    private let slot = Slot(2)

    /// Another claims the slot in the store, as a node does that believes it is the owner.
    private func claim(_ epoch: Epoch, _ cluster: TestCluster) -> StepOutcome? {
        let outcome = Awaited<StepOutcome>()
        cluster.engine.mailboxes.claim(slot, epoch: epoch) { outcome.set($0) }
        return outcome.get()
    }

    /// Waits until the owner said that it holds the slot under an epoch that is not below that one.
    private func awaitOwner(_ epoch: Epoch, _ cluster: TestCluster) throws {
        try cluster.awaitSnapshot("slot \(slot) is owned above \(epoch)") { snapshot in
            snapshot.reports.contains {
                if case .owns(slot, let owned) = $0 { owned >= epoch } else { false }
            }
        }
    }

    /// A client of the slot is answered: its owner takes sends.
    private func expectServed(_ cluster: TestCluster, at node: Int = 0) throws {
        let (client, welcome) = try cluster.client(TestCluster.user("alice", in: slot.index), at: node)
        let next = welcome.lastClientSequence + 1
        client.send("hi", to: TestCluster.user("bob", in: slot.index), next)
        #expect(client.acceptedAll(through: next))
    }

    /// The map does not know the epoch that the owner had to claim; a release under the map's would be no news.
    @Test func aReleaseCountsWhereTheEpochIsAheadOfTheMap() throws {
        let cluster = try TestCluster(nodes: 2, owners: [0])
        try expectServed(cluster)
        #expect(claim(50, cluster) == .applied)
        try awaitOwner(51, cluster)
        try cluster.handOff(slot, to: 1)
        try expectServed(cluster, at: 1)
    }

    /// Deposed while it is asked for: there is nothing left to let go.
    @Test(arguments: [1, 2]) func aSlotThatIsDeposedWhileItIsAskedForIsReleased(loops: Int) throws {
        let cluster = try TestCluster(nodes: 2, loops: loops, owners: [0])
        try expectServed(cluster)
        #expect(claim(50, cluster) == .applied)
        try cluster.handOff(slot, to: 1)
        try expectServed(cluster, at: 1)
    }

    /// The cluster store did not hear it the first times.
    @Test(arguments: [PortError.unavailable, .closed]) func aReleaseIsSaidUntilItIsHeard(error: PortError) throws {
        let cluster = try TestCluster(nodes: 2, owners: [0])
        try expectServed(cluster)
        cluster.store.refuseReports(2, error)
        try cluster.handOff(slot, to: 1)
        try expectServed(cluster, at: 1)
    }

    /// Who was deposed by an owner that its map does not name yet waits for a map that does.
    @Test func aDeposedOwnerWaitsForANewerMap() throws {
        let cluster = try TestCluster(nodes: 1)
        try expectServed(cluster)
        let since = Clock.monotonicMilliseconds
        #expect(claim(50, cluster) == .applied)
        try awaitOwner(51, cluster)
        #expect(Clock.monotonicMilliseconds - since >= Homes.deposedMilliseconds)
        try expectServed(cluster)
    }

    /// It went to another and came back between two maps that the owner saw.
    @Test func anOwnerOfAnOldEpochBeginsAnew() throws {
        let cluster = try TestCluster(nodes: 1)
        let user = TestCluster.user("alice", in: slot.index)
        let (client, _) = try cluster.client(user)
        try cluster.publish { map in map.slots[slot.index].epoch += 5 }
        client.send("hi", to: user, 1)
        #expect(client.acceptedAll(through: 1))
        _ = cluster.presence.changes(of: Key(user)!, count: 2)
        let placed = try #require(cluster.presence.rows(of: Key(user)!).last)
        #expect(placed.epoch >= 6, "its sessions are placed again under the new epoch")
    }
}
