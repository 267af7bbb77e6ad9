import MartletCore
import Testing

private func entry(_ name: String, state: ClusterMap.Node.State = .up) -> ClusterMap.Node {
    ClusterMap.Node(
        id: node(name), incarnation: .max - 5, linkAddress: "127.0.0.1:7000", clientAddress: "[::1]:80", weight: 2,
        worker: 1023, state: state)
}

private let sample = ClusterMap(
    version: 300, term: .max, nodes: [entry("a"), entry("b", state: .draining)],
    slots: [
        .init(owner: node("a"), epoch: 1), .init(owner: nil, epoch: 0),
        .init(owner: node("b"), epoch: 1 << 40, movingTo: node("a")),
        .init(owner: node("gone"), epoch: 2, movingTo: node("elsewhere")),
    ])

private func error(_ bytes: [UInt8]) -> ClusterMapError? {
    do throws(ClusterMapError) {
        _ = try ClusterMapCodec.decode(bytes)
        return nil
    } catch { return error }
}

@Suite("The cluster map's bytes")
struct ClusterMapCodecTests {
    @Test("A map comes back as it was, with owners that are no nodes, and has one encoding")
    func roundTrip() throws {
        let bytes = ClusterMapCodec.encode(sample)
        #expect(try ClusterMapCodec.decode(bytes) == sample)
        #expect(ClusterMapCodec.encode(try ClusterMapCodec.decode(bytes)) == bytes)
        let empty = ClusterMap(version: 0, term: 0, nodes: [], slots: [])
        #expect(try ClusterMapCodec.decode(ClusterMapCodec.encode(empty)) == empty)
    }

    @Test("256 slots and 30 nodes take about three kilobytes")
    func size() {
        var map = sample
        map.nodes = (0..<30).map { entry("gateway-\($0)") }
        map.slots = (0..<256).map { .init(owner: map.nodes[$0 % 30].id, epoch: 100) }
        #expect(ClusterMapCodec.encode(map).count < 3_000)
    }

    @Test("Cut short at any byte it is refused by name, and with a byte behind it too")
    func cut() {
        let bytes = ClusterMapCodec.encode(sample)
        for count in 0..<bytes.count { #expect(error(Array(bytes.prefix(count))) == .truncated, "\(count) bytes") }
        #expect(error(bytes + [0]) == .trailingBytes(1))
    }

    @Test("Other bytes, and formats to come, are refused by name")
    func foreign() {
        #expect(error([]) == .truncated)
        #expect(error([0x7B]) == .notAMap)
        #expect(error([0x4D, 2]) == .unknownFormat(2))
    }

    @Test("What has no meaning is refused by name")
    func meaningless() {
        let head: [UInt8] = [0x4D, 1, 1, 1]
        let name: [UInt8] = [1, 0x61]
        let address: [UInt8] = [1, 0x78]
        let one = head + [1] + name + [0] + address + address
        // Counts that promise more than there is.
        #expect(error(head + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]) == .truncated)
        // Numbers that are too long, too large, or not in their shortest form.
        #expect(error([0x4D, 1] + Array(repeating: 0x80, count: 10)) == .invalidNumber)
        #expect(error([0x4D, 1] + Array(repeating: 0xFF, count: 9) + [0x02]) == .invalidNumber)
        #expect(error([0x4D, 1, 0x81, 0x00]) == .invalidNumber)
        // A node without a name, with `/` in it, or not UTF-8.
        #expect(error(head + [1, 0]) == .invalidNodeID)
        #expect(error(head + [1, 1, 0x2F]) == .invalidNodeID)
        #expect(error(head + [1, 1, 0xFF]) == .invalidNodeID)
        #expect(error(head + [1] + name + [0, 1, 0xFF]) == .invalidAddress)
        let long = [UInt8](repeating: 0x78, count: 1_025)
        #expect(error(head + [1] + name + [0, 0x81, 0x08] + long) == .invalidAddress)
        // Weight, worker id (1024) and state out of range.
        #expect(error(one + [0x80, 0x80, 0x80, 0x80, 0x10, 0, 0]) == .invalidNode)
        #expect(error(one + [1, 0x80, 0x08, 0]) == .invalidNode)
        #expect(error(one + [1, 1, 9]) == .invalidNode)
        // A slot that names the second of one node.
        #expect(error(one + [1, 1, 0, 0, 1, 2, 0, 0]) == .unknownNode)
        let slots = Array(repeating: UInt8(0), count: 3 * 65_537)
        #expect(error(head + [0, 0, 0x81, 0x80, 0x04] + slots) == .tooManySlots(65_537))
    }

    @Test("Every single byte changed, and ten thousand random strings, give a map or a named error")
    func garbage() {
        let bytes = ClusterMapCodec.encode(sample)
        for index in bytes.indices {
            for value in [0x00, 0x01, 0x7F, 0x80, 0xFF] as [UInt8] {
                var damaged = bytes
                damaged[index] = value
                _ = error(damaged)
            }
        }
        var random = SplitMix(seed: 3)
        for _ in 0..<10_000 {
            let noise = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = error([0x4D, 1] + noise)
        }
    }
}
