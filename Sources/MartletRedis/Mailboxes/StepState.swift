import MartletCore

/// The decision state's changes of a step: of each row only the last one.
struct StepState {
    private var fence: (epoch: Int64, rules: Int64)?
    private var counts = LastValues()
    private var rows = LastValues()

    mutating func add(_ change: StateChange) throws(StoreError) {
        switch change {
        case .fence(let epoch, let rules): fence = (try StoreNumber.checked(epoch, "fence"), Int64(rules))
        case .incoming(let slot, let count): try set(MailboxFields.incoming(slot), count)
        case .outgoing(let slot, let count): try set(MailboxFields.outgoing(slot), count)
        case .device(let device, let state): set(device, state)
        case .forgotten(let device): rows.set(MailboxFields.device(device), nil)
        case .setting(let user, let name, let value):
            rows.set(MailboxFields.setting(user, name), value.isEmpty ? nil : StepState.bytes(change))
        case .revoked(let user, let tokenID, _):
            rows.set(MailboxFields.revoked(user, tokenID), StepState.bytes(change))
        }
    }

    /// Fence, rules, counts, rows, fields to remove: five elements of an array.
    func write(into writer: inout MessagePackWriter) {
        writer.integer(fence?.epoch ?? -1)
        writer.integer(fence?.rules ?? 0)
        writer.strings(counts.pairs)
        writer.strings(rows.pairs)
        writer.strings(rows.removed)
    }

    private mutating func set(_ field: [UInt8], _ count: UInt64) throws(StoreError) {
        counts.set(field, Array(String(try StoreNumber.checked(count, "count")).utf8))
    }

    private mutating func set(_ device: DeviceKey, _ state: DeviceState) {
        var writer = ByteWriter(reserving: 64)
        DeviceStateCodec.encode(state, into: &writer)
        rows.set(MailboxFields.device(device), writer.bytes)
    }

    private static func bytes(_ change: StateChange) -> [UInt8] {
        var writer = ByteWriter(reserving: 64)
        StateChangeCodec.encode(change, into: &writer)
        return writer.bytes
    }
}

/// The last value of each field, in the order in which the fields came first; nil removes.
private struct LastValues {
    private var fields: [(field: [UInt8], value: [UInt8]?)] = []
    private var indices: [[UInt8]: Int] = [:]

    mutating func set(_ field: [UInt8], _ value: [UInt8]?) {
        if let index = indices[field] {
            fields[index].value = value
        } else {
            indices[field] = fields.count
            fields.append((field, value))
        }
    }

    var pairs: [[UInt8]] { fields.flatMap { field, value in value.map { [field, $0] } ?? [] } }
    var removed: [[UInt8]] { fields.compactMap { field, value in value == nil ? field : nil } }
}
