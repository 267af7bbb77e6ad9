public import MartletCore

/// Whether a user is there, by device, and on what each answer rests.
public struct PresenceReport: Equatable, Sendable {
    public var user: Key
    public var slot: Slot
    /// Online if one device is; unknown where nothing, or not enough, can be known.
    public var state: DevicePresence.State
    /// When this was true, in milliseconds since 1970.
    public var asOf: Int64
    /// Why the whole answer is unknown; nil: it rests on what stands with the devices.
    public var reason: String?
    /// Ascending by device; empty: no device was ever seen, or `reason` says why it is not known.
    public var devices: [DevicePresence]

    public init(
        user: Key, slot: Slot, state: DevicePresence.State, asOf: Int64, reason: String? = nil,
        devices: [DevicePresence]
    ) {
        self.user = user
        self.slot = slot
        self.state = state
        self.asOf = asOf
        self.reason = reason
        self.devices = devices
    }
}

public struct DevicePresence: Equatable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        case online, offline
        /// The evidence is stale: neither can be said.
        case unknown
    }

    /// What an answer rests on.
    public struct Evidence: Equatable, Sendable {
        public var epoch: Epoch
        /// Of the edge's lease or the home's, whichever is older; nil: one of them has none.
        public var leaseAgeMilliseconds: Int64?
        /// When this was true, in milliseconds since 1970.
        public var asOf: Int64

        public init(epoch: Epoch, leaseAgeMilliseconds: Int64?, asOf: Int64) {
            self.epoch = epoch
            self.leaseAgeMilliseconds = leaseAgeMilliseconds
            self.asOf = asOf
        }
    }

    public var device: DeviceID
    public var state: State
    /// The node whose socket holds the connection, and the one that owns the user's slot.
    public var edge: NodeID?
    public var home: NodeID?
    /// Online since, and last seen; milliseconds since 1970.
    public var since: Int64?
    public var lastSeen: Int64?
    public var evidence: Evidence

    public init(
        device: DeviceID, state: State, edge: NodeID?, home: NodeID?, since: Int64?, lastSeen: Int64?,
        evidence: Evidence
    ) {
        self.device = device
        self.state = state
        self.edge = edge
        self.home = home
        self.since = since
        self.lastSeen = lastSeen
        self.evidence = evidence
    }
}

extension PresenceReport: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("user", user.description)
            json.field("slot", slot.index)
            json.field("state", state.rawValue)
            json.field("asOf", asOf)
            json.field("reason", reason)
            json.field("devices", devices)
        }
    }
}

extension DevicePresence: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("device", device.description)
            json.field("state", state.rawValue)
            json.field("edge", edge?.description)
            json.field("home", home?.description)
            json.field("since", since)
            json.field("lastSeen", lastSeen)
            json.field("evidence", evidence)
        }
    }
}

extension DevicePresence.Evidence: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("epoch", epoch)
            json.field("leaseAgeMilliseconds", leaseAgeMilliseconds)
            json.field("asOf", asOf)
        }
    }
}
