public import MartletCore

/// Who owns which slot.
public struct MapReport: Equatable, Sendable {
    public var version: UInt64
    public var term: UInt64
    /// By slot.
    public var slots: [SlotStatus]

    public init(version: UInt64, term: UInt64, slots: [SlotStatus]) {
        self.version = version
        self.term = term
        self.slots = slots
    }
}

/// Who owns one slot.
public struct SlotStatus: Equatable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        case settled
        /// Its owner is asked to let go.
        case moving
        /// Nobody can own it now.
        case unowned
    }

    public var slot: Slot
    /// Nil: nobody can own it now.
    public var owner: NodeID?
    public var epoch: Epoch
    /// The node that gets it, while the owner is asked to let go.
    public var movingTo: NodeID?
    /// The node that an operator tied it to.
    public var pinnedTo: NodeID?

    public init(slot: Slot, owner: NodeID?, epoch: Epoch, movingTo: NodeID? = nil, pinnedTo: NodeID? = nil) {
        self.slot = slot
        self.owner = owner
        self.epoch = epoch
        self.movingTo = movingTo
        self.pinnedTo = pinnedTo
    }

    public var state: State { movingTo != nil ? .moving : owner == nil ? .unowned : .settled }
}

extension MapReport: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("version", version)
            json.field("term", term)
            json.field("slots", slots)
        }
    }
}

extension SlotStatus: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("slot", slot.index)
            json.field("state", state.rawValue)
            json.field("owner", owner?.description)
            json.field("epoch", epoch)
            json.field("movingTo", movingTo?.description)
            json.field("pinnedTo", pinnedTo?.description)
        }
    }
}
