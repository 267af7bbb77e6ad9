import MartletCore
import MartletIO
import Synchronization

/// The cluster store in Redis: scripts with the server's clock, and a channel of hints.
final class RedisCluster: SlotPins {
    private struct State {
        var mirror = ClusterMirror()
        /// Nodes whose last renewal did not reach the store: their leases ended for want of it.
        var outOfReach: Set<NodeID> = []
    }

    private let store: StoreClient
    private let state = Mutex(State())
    private let watchers: ClusterWatchers

    init(_ store: StoreClient) {
        self.store = store
        watchers = ClusterWatchers(store, channel: RedisCluster.key(store) + Array(":c".utf8))
    }

    private static func key(_ store: StoreClient) -> [UInt8] {
        Array("\(store.configuration.prefix):{cluster}".utf8)
    }

    // MARK: Nodes

    func register(_ node: NodeRegistration, done: @escaping @Sendable (Result<NodeRow, RegistrationError>) -> Void) {
        let settings = node.agreed.flatMap { [Array($0.name.utf8), Array($0.value.utf8)] }
        let arguments = [node.id.bytes, StoredNode.incarnation(node.incarnation), StoredNode.encode(node)] + settings
        let decode: Decoder<RegistrationAnswer> = { (parts) throws(StoreError) in
            try RegistrationAnswer(node.id, parts)
        }
        run(ClusterScripts.register, arguments, decode) { [self] result in
            switch result {
            case .failure(let error): done(.failure(.port(error.portError)))
            case .success(.refused(let error)): done(.failure(error))
            case .success(.registered(let row, let packed)):
                state.withLock { $0.mirror.registered(node.id, packed) }
                done(.success(row))
            }
        }
    }

    func renew(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (LeaseOutcome) -> Void) {
        let isExcused = state.withLock { $0.outOfReach.contains(node) }
        let asked = Clock.monotonicMilliseconds
        renew(node, incarnation, isExcused: isExcused) { [self] outcome in
            let waited = Clock.monotonicMilliseconds - asked
            let wasAway = state.withLock { state in
                // Asked in time, it waited for a server to come back, or for another to take over. Others that were
                // asked behind it waited less, and are answered at once.
                if outcome == .lost, waited >= RedisCluster.waitedMilliseconds { state.outOfReach.insert(node) }
                return state.outOfReach.contains(node)
            }
            guard outcome == .lost, wasAway, !isExcused else { return done(outcome) }
            renew(node, incarnation, isExcused: true, done: done)
        }
    }

    /// Less than an answer that had to wait for a server to come back, more than a busy one needs.
    private static let waitedMilliseconds: Int64 = 750

    private func renew(
        _ node: NodeID, _ incarnation: UInt64, isExcused: Bool, done: @escaping @Sendable (LeaseOutcome) -> Void
    ) {
        let excuse = Array((isExcused ? "1" : "0").utf8)
        run(ClusterScripts.renew, [node.bytes, StoredNode.incarnation(incarnation), excuse], RedisCluster.flag) {
            [self] result in
            switch result {
            case .failure(let error):
                state.withLock { _ = $0.outOfReach.insert(node) }
                done(.failed(error.portError))
            case .success(let isHeld):
                if isHeld || isExcused { state.withLock { _ = $0.outOfReach.remove(node) } }
                done(isHeld ? .held : .lost)
            }
        }
    }

    func leave(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) {
        state.withLock { $0.mirror.left(node) }
        end(node, incarnation, done)
    }

    func reportDead(_ node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void) {
        end(node, incarnation, done)
    }

    private func end(_ node: NodeID, _ incarnation: UInt64, _ done: @escaping @Sendable (PortError?) -> Void) {
        change(ClusterScripts.end, [node.bytes, StoredNode.incarnation(incarnation)], done)
    }

    func setDraining(_ node: NodeID, _ draining: Bool, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        run(ClusterScripts.drain, [node.bytes, Array((draining ? "1" : "0").utf8)], RedisCluster.flag) {
            done($0.mapError(\.portError))
        }
    }

    func report(
        _ reports: [SlotReport], from node: NodeID, incarnation: UInt64, done: @escaping @Sendable (PortError?) -> Void
    ) {
        var arguments = [node.bytes, StoredNode.incarnation(incarnation)]
        do throws(StoreError) {
            for report in reports { arguments += [Array("\(report.slot)".utf8), try report.stored()] }
        } catch {
            return store.later { done(error.portError) }
        }
        change(ClusterScripts.report, arguments, done)
    }

    /// Ties a slot to a node; nil: to none.
    func pin(_ slot: Slot, to node: NodeID?, done: @escaping @Sendable (PortError?) -> Void) {
        change(ClusterScripts.pin, [Array("\(slot)".utf8)] + (node.map { [$0.bytes] } ?? []), done)
    }

    // MARK: Leader and map

    func lead(
        _ candidate: String, ttlMilliseconds: Int64, done: @escaping @Sendable (Result<Leadership, PortError>) -> Void
    ) {
        let arguments = [Array(candidate.utf8), StoreClient.text(ttlMilliseconds)]
        let decode: Decoder<Leadership> = { (parts) throws(StoreError) in
            guard parts.count == 2 else { throw .unreadable("leader") }
            let leader = String(decoding: try parts[0].bytes("leader"), as: UTF8.self)
            guard let term = UInt64(exactly: try parts[1].integer("term")) else { throw .unreadable("term") }
            return Leadership(leader: leader, term: term)
        }
        run(ClusterScripts.lead, arguments, decode) { [self] result in
            if case .success(let leadership) = result { state.withLock { $0.mirror.saw(leadership) } }
            done(result.mapError(\.portError))
        }
    }

    func resign(_ candidate: String, done: @escaping @Sendable (PortError?) -> Void) {
        change(ClusterScripts.resign, [Array(candidate.utf8)], done)
    }

    func snapshot(done: @escaping @Sendable (Result<ClusterSnapshot, PortError>) -> Void) {
        let decode: Decoder<(StoredSnapshot, ClusterSnapshot)> = { (parts) throws(StoreError) in
            let stored = try StoredSnapshot(parts)
            return (stored, try stored.decoded())
        }
        run(ClusterScripts.snapshot, [], decode) { [self] result in
            if case .success(let (stored, decoded)) = result {
                state.withLock { $0.mirror.saw(stored, map: decoded.map) }
            }
            done(result.map(\.1).mapError(\.portError))
        }
    }

    func publish(_ map: ClusterMap, term: UInt64, done: @escaping @Sendable (Result<Bool, PortError>) -> Void) {
        let bytes = ClusterMapCodec.encode(map)
        let arguments = [bytes, Array(String(map.version).utf8), Array(String(term).utf8)]
        guard map.version <= UInt64(StoreNumber.max), term <= UInt64(StoreNumber.max) else {
            return store.later { done(.success(false)) }
        }
        run(ClusterScripts.publish, arguments, RedisCluster.flag) { [self] result in
            if case .success(true) = result { state.withLock { $0.mirror.saw(map, bytes) } }
            done(result.mapError(\.portError))
        }
    }

    func map(done: @escaping @Sendable (Result<ClusterMap?, PortError>) -> Void) {
        let decode: Decoder<ClusterMap?> = { (parts) throws(StoreError) in
            guard parts.count == 1 else { throw .unreadable("map") }
            return try parts[0].optionalBytes("map").map { bytes throws(StoreError) in
                try StoredSnapshot.decodeMap(bytes)
            }
        }
        run(ClusterScripts.map, [], decode) { done($0.mapError(\.portError)) }
    }

    func watch(_ changed: @escaping @Sendable () -> Void) { watchers.add(changed) }

    // MARK: Scripts

    /// Takes what stands behind the birth.
    private typealias Decoder<Value> = @Sendable ([RedisReply]) throws(StoreError) -> Value

    private static let flag: Decoder<Bool> = { (parts) throws(StoreError) in
        guard parts.count == 1 else { throw .unreadable("cluster") }
        return try parts[0].integer("cluster") != 0
    }

    private func change(
        _ script: RedisScript, _ arguments: [[UInt8]], _ done: @escaping @Sendable (PortError?) -> Void
    ) {
        let decode: Decoder<Bool> = { _ in true }
        run(script, arguments, decode) { result in
            if case .failure(let error) = result { done(error.portError) } else { done(nil) }
        }
    }

    /// A store that knows less than this process is filled first, and asked again, once.
    private func run<Value: Sendable>(
        _ script: RedisScript, _ arguments: [[UInt8]], _ decode: @escaping Decoder<Value>, mayRestore: Bool = true,
        done: @escaping @Sendable (Result<Value, StoreError>) -> Void
    ) {
        let known = state.withLock { $0.mirror.arguments }
        call(script, known + arguments, decode) { [self] result in
            switch result {
            case .failure(let error): done(.failure(error))
            case .success(let value?): done(.success(value))
            case .success(nil) where mayRestore:
                restore { [self] error in
                    if let error { return done(.failure(error)) }
                    run(script, arguments, decode, mayRestore: false, done: done)
                }
            case .success(nil): done(.failure(.unavailable))
            }
        }
    }

    private func restore(_ done: @escaping @Sendable (StoreError?) -> Void) {
        let arguments = state.withLock { $0.mirror.restoring }
        let decode: Decoder<Bool> = { _ in true }
        call(ClusterScripts.restore, arguments, decode) { result in
            if case .failure(let error) = result { done(error) } else { done(nil) }
        }
    }

    /// Nil: the store knows less than the caller.
    private func call<Value: Sendable>(
        _ script: RedisScript, _ arguments: [[UInt8]], _ decode: @escaping Decoder<Value>,
        done: @escaping @Sendable (Result<Value?, StoreError>) -> Void
    ) {
        let times = [
            StoreClient.text(store.clockMilliseconds), StoreClient.text(store.configuration.leaseMilliseconds),
        ]
        let decodeAll: @Sendable (RedisReply) throws(StoreError) -> Value? = { [self] (reply) throws(StoreError) in
            let parts = try reply.array("cluster")
            guard let birth = parts.first else { return nil }
            let born = try birth.bytes("birth")
            let value = try decode(Array(parts.dropFirst()))
            state.withLock { $0.mirror.saw(birth: born) }
            return value
        }
        store.run(script, key: RedisCluster.key(store), times + arguments, decodeAll, done: done)
    }
}
