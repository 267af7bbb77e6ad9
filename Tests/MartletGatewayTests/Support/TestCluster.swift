import Glibc
import MartletCore
import MartletEmbedded
import MartletIO
import MartletProtocol
import Synchronization
import Testing

@testable import MartletGateway

/// Gateways in one process on the embedded engine. The test is the coordinator: it publishes the map that it wants.
final class TestCluster {
    static let slots = 8
    static let tokenSecret = Array("8f1c7e29b4d05a638f1c7e29b4d05a63".utf8)
    static let linkSecret = Array("0d1e2f3a4b5c6d7e8f90a1b2c3d4e5f6".utf8)

    let engine: EmbeddedEngine
    /// What gateways register at: its link addresses go through proxies that can be cut.
    let store: ProxiedClusterStore
    let presence: RecordedPresence
    let metrics = GatewayMetrics()
    private(set) var gateways: [Gateway] = []
    private let ends = Mutex<[NodeID: Awaited<GatewayEnd>]>([:])
    private let hints = Hints()
    private let folder: String
    private var term: UInt64 = 0

    /// `owners`: the nodes that own the slots, in turn; nil: all of them.
    init(
        nodes: Int = 1, loops: Int = 1, proxied: Bool = false, owners: [Int]? = nil,
        _ configure: (inout GatewayConfiguration) -> Void = { _ in }
    ) throws {
        var template = Array("/tmp/martlet-gateway-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw Failure("mkdtemp") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var configuration = EmbeddedConfiguration(folder: folder, slotCount: Self.slots)
        configuration.ballastBytes = 1 << 20
        configuration.minimumFreeBytes = 0
        configuration.readerThreads = 1
        engine = try EmbeddedEngine.open(configuration)
        store = ProxiedClusterStore(engine.cluster, isProxied: proxied)
        presence = RecordedPresence(engine.presence)
        engine.cluster.watch { [hints] in hints.hint() }
        for number in 0..<nodes { try add(number, loops: loops, configure) }
        let owners = owners ?? Array(0..<nodes)
        try publish { map in
            for slot in map.slots.indices {
                map.slots[slot] = ClusterMap.Assignment(owner: Self.id(owners[slot % owners.count]), epoch: 1)
            }
        }
    }

    deinit {
        for gateway in gateways { gateway.kill() }
        store.end()
        engine.close()
        remove(folder)
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    static func id(_ number: Int) -> NodeID { NodeID("node-\(number)")! }

    // MARK: nodes

    func add(_ number: Int, loops: Int = 1, _ configure: (inout GatewayConfiguration) -> Void = { _ in }) throws {
        var configuration = GatewayConfiguration(
            id: Self.id(number), linkSecret: Self.linkSecret, tokenSecret: Self.tokenSecret)
        configuration.loops = loops
        configuration.freeRate = RateLimit(rate: 1_000_000, burst: 1_000_000)
        configure(&configuration)
        let end = Awaited<GatewayEnd>()
        ends.withLock { $0[configuration.id] = end }
        let gateway = try Gateway(
            configuration,
            engine: GatewayEngine(
                log: engine.log, mailboxes: engine.mailboxes, presence: presence, cluster: store),
            metrics: metrics, ended: { end.set($0) })
        try gateway.start()
        gateways.append(gateway)
        try awaitSnapshot("node \(number) registers") { snapshot in
            snapshot.nodes.contains { $0.registration.incarnation == gateway.incarnation }
        }
    }

    func kill(_ number: Int) {
        let index = gateways.firstIndex { $0.id == Self.id(number) }!
        gateways.remove(at: index).kill()
    }

    func end(of number: Int) -> GatewayEnd? { ends.withLock { $0[Self.id(number)]! }.get() }

    func port(_ number: Int) -> Int {
        let gateway = gateways.first { $0.id == Self.id(number) }!
        return Int(splitAddress(gateway.clientAddress).port)
    }

    func linkPort(_ number: Int) -> Int {
        let gateway = gateways.first { $0.id == Self.id(number) }!
        return Int(splitAddress(gateway.linkAddress).port)
    }

    // MARK: map

    var snapshot: ClusterSnapshot {
        let answer = Awaited<ClusterSnapshot>()
        engine.cluster.snapshot { if case .success(let snapshot) = $0 { answer.set(snapshot) } }
        return answer.get()!
    }

    func awaitSnapshot(_ what: String, _ holds: (ClusterSnapshot) -> Bool) throws {
        let seen: Bool? = hints.wait {
            let snapshot = snapshot
            return holds(snapshot) ? true : nil
        }
        if seen == nil { throw Failure("did not come: \(what)") }
    }

    /// Publishes the next map: the nodes that are registered now, and the slots as they were but for `change`.
    func publish(_ change: (inout ClusterMap) -> Void) throws {
        let led = Awaited<Leadership>()
        engine.cluster.lead("test", ttlMilliseconds: 600_000) { if case .success(let it) = $0 { led.set(it) } }
        guard let leadership = led.get() else { throw Failure("cannot lead") }
        let snapshot = snapshot
        let none = ClusterMap.Assignment(owner: nil, epoch: 0)
        var map = ClusterMap(
            version: (snapshot.map?.version ?? 0) + 1, term: leadership.term,
            nodes: snapshot.nodes.filter { !$0.left }.map { row in
                ClusterMap.Node(
                    id: row.registration.id, incarnation: row.registration.incarnation,
                    linkAddress: row.registration.linkAddress, clientAddress: row.registration.clientAddress,
                    weight: 1, worker: row.worker, state: row.draining ? .draining : .up)
            },
            slots: snapshot.map?.slots ?? Array(repeating: none, count: Self.slots))
        change(&map)
        let published = Awaited<Bool>()
        engine.cluster.publish(map, term: leadership.term) { if case .success(let it) = $0 { published.set(it) } }
        guard published.get() == true else { throw Failure("the map was not taken") }
    }

    /// Gives a slot to another node, as if its owner had died: at once, with a higher epoch.
    func give(_ slot: Slot, to number: Int) throws {
        try publish { map in
            map.slots[slot.index] = ClusterMap.Assignment(
                owner: Self.id(number), epoch: map.slots[slot.index].epoch + 1)
        }
    }

    /// Asks the owner to let a slot go, waits until it has, and gives it to another node.
    func handOff(_ slot: Slot, to number: Int) throws {
        var epoch: Epoch = 0
        try publish { map in
            epoch = map.slots[slot.index].epoch
            map.slots[slot.index].movingTo = Self.id(number)
        }
        try awaitSnapshot("slot \(slot.index) is released") { snapshot in
            snapshot.reports.contains {
                if case .released(slot, let released) = $0 { released >= epoch } else { false }
            }
        }
        try give(slot, to: number)
    }

    static func slot(_ user: String) -> Slot { Slot(of: Key(user)!, slots: slots) }

    /// A user name that begins with `prefix` and lives in `slot`.
    static func user(_ prefix: String, in slot: Int) -> String {
        (0...).lazy.map { "\(prefix)-\($0)" }.first { TestCluster.slot($0).index == slot }!
    }

    // MARK: clients

    static func token(_ user: String, device: String? = nil, expiresAt: Int64 = 4_000_000_000) throws -> String {
        let claims = TokenClaims(user: Key(user)!, device: device.flatMap { DeviceID($0) }, expiresAt: expiresAt)
        return try TokenMinter(secret: tokenSecret).mint(claims)
    }

    /// A client that was welcomed. As any client it comes again while the gateway says that it is not ready.
    func client(
        _ user: String, at number: Int = 0, device: String = "d", encoding: FrameEncoding = .proto,
        cursor: Offset = 0, generation: UInt64 = 0, receiveBuffer: Int32? = nil
    ) throws -> (client: TestClient, welcome: Welcome) {
        let deadline = MartletIO.Clock.monotonicMilliseconds + 10_000
        while MartletIO.Clock.monotonicMilliseconds < deadline {
            let client = try TestClient(port: port(number), encoding: encoding, receiveBuffer: receiveBuffer)
            client.hello(token: try Self.token(user), device: device, cursor: cursor, generation: generation)
            if let welcome = client.welcome() { return (client, welcome) }
            if let code = client.closeCode, code != ErrorCode.unavailable.closeCode {
                throw Failure("\(user) was refused with \(code)")
            }
        }
        throw Failure("\(user) was not welcomed")
    }

    private func remove(_ folder: String) {
        guard let directory = unsafe opendir(folder) else { return }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { unsafe unlink(folder + "/" + name) }
        }
        unsafe closedir(directory)
        unsafe rmdir(folder)
    }
}
