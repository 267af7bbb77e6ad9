import Testing

@testable import MartletCore

struct HomeTableTests {
    /// A model beside it: whatever is put in and taken out, exactly that is found.
    @Test func usersAreFoundByTheirBytes() {
        var random = SplitMix(seed: 4)
        var table = UserTable(seed: 17)
        var model: [Key: Int] = [:]
        for _ in 0..<20_000 {
            let key = Key("user-\(random.below(300))")!
            if let row = model.removeValue(forKey: key) {
                #expect(table.find(key.bytes.span) == row)
                table.remove(row)
            } else {
                model[key] = table.insert(key, bucket: TokenBucket(burst: 1, now: Now(wall: 0, monotonic: 0)))
            }
        }
        for id in 0..<300 {
            let key = Key("user-\(id)")!
            #expect(table.find(key) == model[key])
        }
        #expect(table.count == model.count)
    }

    @Test func anIdleSessionIsSmall() {
        // A row each, the keys' bytes, and a place in the index.
        let rows = MemoryLayout<UserRow>.stride + MemoryLayout<SessionRow>.stride
        let keys = 2 * (32 + 16)
        #expect(rows + keys + 8 <= 400)
        #expect(MemoryLayout<EdgeSession>.stride <= 240)
    }

    @Test func aRowThatIsUsedAgainHasAnotherHandle() {
        var table = SessionTable()
        let session = SessionRow(
            id: 1, number: 1, edge: 0, user: 0, device: DeviceID("a")!, tier: .free, since: 0)
        let row = table.insert(session)
        let handle = table.handle(row)
        table.remove(row)
        #expect(table.row(handle) == nil)
        #expect(table.insert(session) == row && table.row(handle) == nil && table.row(table.handle(row)) == row)
    }

    @Test func edgesAreCounted() {
        var edges = EdgeTable()
        let node = NodeID("edge")!
        let first = edges.enter(node, 1)
        #expect(edges.enter(node, 1) == first && edges.enter(node, 2) != first)
        edges.leave(first)
        #expect(edges.find(node, 1) == first)
        edges.leave(first)
        #expect(edges.find(node, 1) == nil && edges.enter(node, 3) == first)
    }
}
