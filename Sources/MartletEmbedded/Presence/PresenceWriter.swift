import MartletCore

/// The writer's side of the presence store. On the writer's thread.
final class PresenceWriter {
    private let database: Database
    private let batch: WriteBatch
    /// Rows of this round, which the database does not have yet.
    private var unwritten: [[UInt8]: PresenceRowValue] = [:]

    init(_ database: Database, _ batch: WriteBatch) {
        self.database = database
        self.batch = batch
    }

    func apply(_ change: PresenceChange) throws(DatabaseError) {
        let (user, device) = change.name
        let key = PresenceKeys.device(user, device)
        let before = if let row = unwritten[key] { row } else { try stored(key, user, device) }
        guard let after = PresenceRowValue.applying(change, to: before) else { return }
        unwritten[key] = after
        batch.put(.presence, key, after.bytes)
    }

    private func stored(_ key: [UInt8], _ user: Key, _ device: DeviceID) throws(DatabaseError) -> PresenceRowValue? {
        guard let bytes = try database.get(.presence, key) else { return nil }
        return try decoding("presence") { () throws(ByteError) in
            try PresenceRowValue(bytes, user: user, device: device)
        }
    }

    func roundWritten() { unwritten.removeAll(keepingCapacity: true) }
}
