/// What changed in the decision state above the stored `forwarded`, in log order, so that a step can bring the store
/// to any offset in between (rule 7).
struct StateHistory: Sendable {
    private struct Change: Sendable {
        enum Kind: UInt8 { case device, incoming, outgoing, fence, forgotten, rare }

        let offset: Offset
        let kind: Kind
        /// Row or slot number; for a fence its rules.
        let index: UInt32
        /// The new value: last number, count, epoch; for `forgotten` 1 + the row from before.
        let value: UInt64
    }

    private var changes = FIFOQueue<Change>()
    /// What is rare and large, for the changes of kind `rare`, in order.
    private var rare = FIFOQueue<StateChange>()

    var count: Int { changes.count }

    mutating func device(_ row: Int, last: ClientSequence, at offset: Offset) { add(.device, row, last, offset) }

    mutating func incoming(_ slot: Slot, _ count: UInt64, at offset: Offset) {
        add(.incoming, slot.index, count, offset)
    }

    mutating func outgoing(_ slot: Slot, _ count: UInt64, at offset: Offset) {
        add(.outgoing, slot.index, count, offset)
    }

    mutating func fence(_ epoch: Epoch, rules: UInt32, at offset: Offset) { add(.fence, Int(rules), epoch, offset) }

    /// `old`: the row from before, which is released with this change.
    mutating func forgotten(new: Int, old: Int?, at offset: Offset) {
        add(.forgotten, new, old.map { UInt64($0) + 1 } ?? 0, offset)
    }

    mutating func rare(_ change: StateChange, at offset: Offset) {
        rare.append(change)
        add(.rare, 0, 0, offset)
    }

    private mutating func add(_ kind: Change.Kind, _ index: Int, _ value: UInt64, _ offset: Offset) {
        changes.append(Change(offset: offset, kind: kind, index: UInt32(truncatingIfNeeded: index), value: value))
    }

    /// What turns the state as of `forwarded` into the state as of `offset`; each key once.
    func stateChanges(upTo offset: Offset, of state: SlotState) -> [StateChange] {
        var merged = MergedChanges(slotCount: state.incoming.count)
        var rareTaken = 0
        for position in 0..<changes.count {
            let change = changes[position]
            if change.offset > offset { break }
            switch change.kind {
            case .device: merged.device(Int(change.index), last: change.value)
            case .incoming: merged.incoming(Int(change.index), change.value)
            case .outgoing: merged.outgoing(Int(change.index), change.value)
            case .fence: merged.fence(.fence(change.value, rules: change.index))
            case .forgotten:
                merged.forget(row: Int(change.value) - 1, device: state.devices[Int(change.index)].key)
            case .rare:
                merged.add(rare[rareTaken])
                rareTaken += 1
            }
        }
        return merged.finish(state)
    }

    /// The store has the state as of `offset`: forgets what leads there.
    mutating func drop(upTo offset: Offset, devices: inout DeviceTable) {
        while let change = changes.first, change.offset <= offset {
            changes.removeFirst(1)
            switch change.kind {
            case .device: devices[Int(change.index)].forwardedLast = change.value
            case .forgotten where change.value > 0: devices.release(Int(change.value) - 1)
            case .rare: rare.removeFirst(1)
            case .incoming, .outgoing, .fence, .forgotten: break
            }
        }
    }
}

/// Collects state changes so that each key comes once, with its newest value.
private struct MergedChanges {
    private var changes: [StateChange] = []
    private var placeOfIncoming: [Int32]
    private var placeOfOutgoing: [Int32]
    private var placeOfFence: Int?
    private var devices: [(row: Int, last: ClientSequence)] = []
    private var placeOfDevice: [Int: Int] = [:]

    init(slotCount: Int) {
        placeOfIncoming = Array(repeating: -1, count: slotCount)
        placeOfOutgoing = placeOfIncoming
    }

    mutating func add(_ change: StateChange) { changes.append(change) }

    mutating func device(_ row: Int, last: ClientSequence) {
        if let place = placeOfDevice[row] {
            devices[place].last = last
        } else {
            placeOfDevice[row] = devices.count
            devices.append((row, last))
        }
    }

    mutating func incoming(_ slot: Int, _ count: UInt64) {
        placeOfIncoming[slot] = place(.incoming(from: Slot(slot), count), placeOfIncoming[slot])
    }

    mutating func outgoing(_ slot: Int, _ count: UInt64) {
        placeOfOutgoing[slot] = place(.outgoing(to: Slot(slot), count), placeOfOutgoing[slot])
    }

    private mutating func place(_ change: StateChange, _ place: Int32) -> Int32 {
        if place >= 0 {
            changes[Int(place)] = change
            return place
        }
        changes.append(change)
        return Int32(changes.count - 1)
    }

    mutating func fence(_ change: StateChange) {
        if let placeOfFence { return changes[placeOfFence] = change }
        placeOfFence = changes.count
        changes.append(change)
    }

    mutating func forget(row: Int, device: DeviceKey) {
        if let place = placeOfDevice.removeValue(forKey: row) { devices[place].row = -1 }
        changes.append(.forgotten(device))
    }

    /// Devices come last, in the order of their first change: each is one array of outcomes, made once.
    consuming func finish(_ state: SlotState) -> [StateChange] {
        for (row, last) in devices where row >= 0 {
            let device = state.devices[row]
            changes.append(.device(device.key, device.state(at: last, window: state.window)))
        }
        return changes
    }
}
