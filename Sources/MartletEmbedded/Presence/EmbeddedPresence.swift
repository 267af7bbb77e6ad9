import MartletCore

/// Presence on the engine's database. Rows are keyed by user, so a query needs no slot.
final class EmbeddedPresence: PresenceStore {
    private let context: EngineContext

    init(_ context: EngineContext) { self.context = context }

    func apply(_ changes: [PresenceChange], in slot: Slot, done: @escaping @Sendable (PortError?) -> Void) {
        context.queue.submit(.presence(changes, done: done))
    }

    func query(_ users: [Key], done: @escaping @Sendable (Result<[[PresenceRecord]], PortError>) -> Void) {
        context.read(
            { database throws(DatabaseError) in
                let snapshot = database.snapshot()
                var answer: [[PresenceRecord]] = []
                for user in users { answer.append(try EmbeddedPresence.devices(of: user, database, snapshot)) }
                return answer
            }, done: done)
    }

    private static func devices(
        of user: Key, _ database: Database, _ snapshot: Snapshot
    ) throws(DatabaseError) -> [PresenceRecord] {
        let prefix = PresenceKeys.user(user)
        var records: [PresenceRecord] = []
        try database.scan(.presence, prefix: prefix, in: snapshot) { (key, value) throws(DatabaseError) in
            let device = DeviceID(trusted: Array(key.dropFirst(prefix.count)))
            let row = try decoding("presence") { () throws(ByteError) in
                try PresenceRowValue(value, user: user, device: device)
            }
            records.append(PresenceRecord(device: device, online: row.online, lastSeen: row.lastSeen))
            return true
        }
        return records
    }
}
