import MartletCore

/// A node as the cluster store keeps it.
struct StoredNode: Equatable {
    var registration: NodeRegistration
    var worker: Int
    var draining = false
    var left = false
    /// Monotonic milliseconds of the last renewal; nil: not in this process.
    var renewed: Int64?

    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 128)
        writer.prefixed(registration.id.bytes)
        writer.varint(registration.incarnation)
        writer.prefixed(Array(registration.linkAddress.utf8))
        writer.prefixed(Array(registration.clientAddress.utf8))
        writer.signed(Int64(registration.weight))
        writer.prefixed(Array(registration.version.utf8))
        writer.varint(registration.configurationHash)
        writer.varint(UInt64(worker))
        writer.byte(draining ? 1 : 0)
        writer.byte(left ? 1 : 0)
        for setting in registration.agreed {
            writer.prefixed(Array(setting.name.utf8))
            writer.prefixed(Array(setting.value.utf8))
        }
        return writer.bytes
    }

    init(registration: NodeRegistration, worker: Int, renewed: Int64?) {
        self.registration = registration
        self.worker = worker
        self.renewed = renewed
    }

    init(_ bytes: [UInt8]) throws(ByteError) {
        var reader = ByteReader(bytes)
        registration = NodeRegistration(
            id: NodeID(trusted: try reader.prefixed(max: NodeID.maxBytes)), incarnation: try reader.varint(),
            linkAddress: try reader.text(), clientAddress: try reader.text(),
            weight: Int(truncatingIfNeeded: try reader.signed()), version: try reader.text(),
            configurationHash: try reader.varint())
        worker = try reader.number()
        draining = try reader.bool()
        left = try reader.bool()
        while !reader.isAtEnd {
            registration.agreed.append(AgreedSetting(try reader.text(), try reader.text()))
        }
    }
}

extension ByteReader {
    fileprivate mutating func text() throws(ByteError) -> String {
        String(decoding: try prefixed(), as: UTF8.self)
    }
}

enum ClusterKeys {
    static let mapKey = Array("map".utf8)
    static let leadershipKey = Array("leadership".utf8)
    static let nodes = Array("node/".utf8)
    static let workers = Array("worker/".utf8)
    static let reports = Array("report/".utf8)
    static let pins = Array("pin/".utf8)

    static func node(_ id: NodeID) -> [UInt8] { nodes + id.bytes }
    static func worker(_ worker: Int) -> [UInt8] { numbered(workers, worker) }
    static func report(_ slot: Slot) -> [UInt8] { numbered(reports, slot.index) }
    static func pin(_ slot: Slot) -> [UInt8] { numbered(pins, slot.index) }

    private static func numbered(_ prefix: [UInt8], _ number: Int) -> [UInt8] {
        prefix + [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    static func number(inKey key: [UInt8]) -> Int { key.suffix(2).reduce(0) { $0 << 8 | Int($1) } }
}

extension SlotReport {
    var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 12)
        if case .owns = self { writer.byte(0) } else { writer.byte(1) }
        writer.varint(epoch)
        return writer.bytes
    }

    init(_ slot: Slot, _ bytes: [UInt8]) throws(ByteError) {
        var reader = ByteReader(bytes)
        let isReleased = try reader.bool()
        let epoch = try reader.varint()
        self = isReleased ? .released(slot, epoch) : .owns(slot, epoch)
    }
}
