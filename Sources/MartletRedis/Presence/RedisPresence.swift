import MartletCore
import Synchronization

/// Presence in Redis: one hash a user, changed by a script a user, read by pipelined HGETALLs.
final class RedisPresence: PresenceStore {
    private let store: StoreClient

    init(_ store: StoreClient) { self.store = store }

    func apply(_ changes: [PresenceChange], in slot: Slot, done: @escaping @Sendable (PortError?) -> Void) {
        let parts = RedisPresence.byUser(changes)
        let gathered = Gathered<Void>(count: parts.count) { result in
            if case .failure(let error) = result { done(error.portError) } else { done(nil) }
        }
        let offline = StoreClient.text(Int64(store.configuration.offlineDevices))
        let requests = parts.enumerated().map { index, part in
            let command = RedisCommand(
                PresenceScripts.apply, keys: [key(of: part.user)], arguments: [offline] + part.arguments)
            let answer: RedisClient.Completion = { gathered.add(index, StoreClient.decoded($0) { _ in () }) }
            return (command, answer)
        }
        requests.isEmpty ? store.later { done(nil) } : store.send(contentsOf: requests)
    }

    func query(_ users: [Key], done: @escaping @Sendable (Result<[[PresenceRecord]], PortError>) -> Void) {
        let gathered = Gathered<[PresenceRecord]>(count: users.count) { done($0.mapError(\.portError)) }
        let requests = users.enumerated().map { index, user in
            let answer: RedisClient.Completion = { result in
                gathered.add(
                    index,
                    StoreClient.decoded(result) { (reply) throws(StoreError) in
                        try RedisPresence.records(user, reply)
                    })
            }
            return (RedisCommand("HGETALL", key: key(of: user)), answer)
        }
        requests.isEmpty ? store.later { done(.success([])) } : store.send(contentsOf: requests)
    }

    /// The user's slot is the user's, whatever the caller says: a query is not told any.
    private func key(of user: Key) -> [UInt8] {
        store.key(of: Slot(of: user, slots: store.configuration.slotCount)) + Array(":p:".utf8) + user.bytes
    }

    private static func records(_ user: Key, _ reply: RedisReply) throws(StoreError) -> [PresenceRecord] {
        var records: [PresenceRecord] = []
        for (device, value) in try reply.pairs("presence of \(user)") {
            records.append(try StoredPresence.record(user, device, try value.bytes("presence of \(user)")))
        }
        return records.sorted { $0.device < $1.device }
    }

    /// Changes of each user, in order.
    private static func byUser(_ changes: [PresenceChange]) -> [(user: Key, arguments: [[UInt8]])] {
        var parts: [(user: Key, arguments: [[UInt8]])] = []
        var indices: [Key: Int] = [:]
        for change in changes {
            let user = change.user
            let index = indices[user] ?? parts.count
            if index == parts.count { parts.append((user, [])) }
            indices[user] = index
            let part = StoredPresence.parts(change)
            parts[index].arguments += [part.device.bytes, part.head, part.row]
        }
        return parts
    }
}

extension PresenceChange {
    fileprivate var user: Key {
        switch self {
        case .online(let row): row.user
        case .offline(let user, _, _, _, _): user
        }
    }
}
