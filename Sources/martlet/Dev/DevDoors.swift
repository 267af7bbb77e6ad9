import FoundationEssentials
import MartletAdmin
import MartletCore
import MartletEmbedded
import MartletGateway
import MartletIO
import Synchronization

/// A running `dev`: the cluster, the admin API and the chat page.
final class DevDoors {
    let cluster: DevCluster
    private let admin: AdminServer
    private let page: PageServer?
    private let adminToken: String
    private let dataFolder: String

    init(_ options: DevOptions) throws {
        try DevDoors.makeFolder(options)
        let secret = try options.secret.map { Array($0.utf8) } ?? DevelopmentSecret.loadOrCreate(in: options.dataFolder)
        dataFolder = options.dataFolder
        let holder = ClusterHolder()
        page = try DevDoors.openPage(options, secret, holder)
        let origins = page.map { [$0.url, "http://localhost:\($0.port)"] } ?? []
        cluster = try DevDoors.openCluster(options, secret, origins)
        holder.set(cluster)
        adminToken = options.adminToken ?? DevDoors.randomText()
        var configuration = AdminConfiguration(token: adminToken)
        configuration.port = options.adminPort
        do {
            let backend = DevAdmin(cluster)
            backend.backend.sources.registerMetrics()
            admin = try AdminServer(configuration, backend: backend, development: backend)
        } catch {
            throw CommandFailure("the admin API cannot open its port: \(error.reason)")
        }
        try cluster.start()
    }

    func close() {
        page?.stop()
        admin.stop()
        cluster.stop()
        Logger.flush()
    }

    // MARK: parts

    private static func openPage(_ options: DevOptions, _ secret: [UInt8], _ cluster: ClusterHolder) throws
        -> PageServer?
    {
        guard let clients = options.clientsFolder ?? PageFolders.find() else {
            Console.error("martlet: the folder `Clients` is not found, so there is no chat page (see --clients)")
            return nil
        }
        var configuration = PageConfiguration(
            roots: PageConfiguration.roots(clients: clients),
            gateways: {
                (cluster.cluster?.gateways ?? []).map {
                    PageGateway(node: $0.id.description, url: "ws://\($0.clientAddress)/v1/ws")
                }
            },
            makeToken: { DevDoors.mint($0, secret) })
        configuration.port = options.pagePort
        do {
            return try PageServer(configuration)
        } catch {
            throw CommandFailure("the chat page cannot open its port: \(error.reason)")
        }
    }

    static let tokenSeconds: Int64 = 24 * 3600

    private static func mint(_ request: PageTokenRequest, _ secret: [UInt8]) -> Result<String, AdminError> {
        guard let tier = Tier(rawValue: request.tier) else {
            return .failure(AdminError(.invalid, "`tier` is free or paid"))
        }
        do {
            let now = Clock.wallMilliseconds / 1000
            let minter = try TokenMinter(secret: secret, requireStrongSecret: false)
            return .success(
                minter.mint(
                    TokenClaims(
                        user: request.user, device: request.device, tier: tier, expiresAt: now + tokenSeconds,
                        issuedAt: now)))
        } catch {
            return .failure(AdminError(.internal, error.reason))
        }
    }

    private static func openCluster(_ options: DevOptions, _ secret: [UInt8], _ origins: [String]) throws -> DevCluster
    {
        var engine = EmbeddedConfiguration(folder: options.storeFolder, slotCount: options.slots)
        engine.fsync = options.fsync
        var configuration = DevConfiguration(engine: engine, tokenSecret: secret)
        configuration.nodes = options.nodes
        configuration.loops = options.loops
        configuration.host = options.address
        configuration.firstPort = options.port
        configuration.limits.heartbeatMilliseconds = options.heartbeatMilliseconds
        configuration.limits.deadAfterMilliseconds = options.deadAfterMilliseconds
        configuration.allowedOrigins = origins
        configuration.echo = options.echo
        if options.unlimited {
            let none = RateLimit(rate: 1_000_000, burst: 1_000_000)
            (configuration.freeRate, configuration.paidRate) = (none, none)
        }
        do {
            return try DevCluster(configuration)
        } catch EmbeddedError.otherSlotCount(let stored, _) where !options.slotsGiven {
            configuration.engine.slotCount = stored
            return try DevCluster(configuration)
        }
    }

    private static func makeFolder(_ options: DevOptions) throws {
        let files = FileManager.default
        do {
            try files.createDirectory(atPath: options.dataFolder, withIntermediateDirectories: true)
            if options.fresh, files.fileExists(atPath: options.storeFolder) {
                try files.removeItem(atPath: options.storeFolder)
            }
        } catch {
            throw CommandFailure("cannot prepare the data folder \(options.dataFolder): \(error)")
        }
    }

    private static func randomText() -> String {
        randomBytes(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    // MARK: ready

    static let readyMilliseconds: Int64 = 30_000

    /// All nodes have joined and every slot has its owner. False: the end was asked for.
    func waitUntilReady(orEnd end: EndOfProgram) -> Bool {
        let deadline = Clock.monotonicMilliseconds + DevDoors.readyMilliseconds
        let backend = DevAdmin(cluster)
        while Clock.monotonicMilliseconds < deadline {
            let answer = Answer<Readiness>()
            backend.readiness { answer.set(try? $0.get()) }
            if answer.value(waitingAtMost: 1_000)?.isReady == true { return true }
            if end.wait(milliseconds: 20) { return false }
        }
        Console.error(
            "martlet: the cluster is not complete after \(DevDoors.readyMilliseconds / 1000) s; it goes on trying")
        return true
    }

    var greeting: String {
        let nodes = cluster.gateways.map { "  \($0.id)  ws://\($0.clientAddress)/v1/ws" }.joined(separator: "\n")
        return """
            Martlet is up: \(cluster.gateways.count) gateways, one coordinator, embedded engine.
            \(nodes)
              chat page  \(page?.url ?? "none")
              admin API  \(admin.url)   Authorization: Bearer \(adminToken)
            Stop with Ctrl-C.
            """
    }

    /// For programs that drive the cluster: addresses and what opens them. Development secrets only.
    func writeInfo(to path: String) throws {
        let gateways = cluster.gateways
            .map { #"{"node":"\#($0.id)","url":"ws://\#($0.clientAddress)/v1/ws"}"# }.joined(separator: ",")
        let text = """
            {"page":"\(page?.url ?? "")","admin":"\(admin.url)","adminToken":"\(adminToken)","gateways":[\(gateways)],\
            "data":"\(dataFolder)","pid":\(processID())}

            """
        // Written beside and renamed, so that who waits for the file finds it whole.
        let temporary = path + ".new"
        do {
            try Data(text.utf8).write(to: URL(filePath: temporary))
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: temporary, toPath: path)
        } catch {
            throw CommandFailure("cannot write \(path): \(error)")
        }
    }

    private func processID() -> Int32 { ProcessInfo.processInfo.processIdentifier }
}

/// A value that another thread brings.
final class Answer<Value: Sendable>: Sendable {
    private let condition = Condition()
    private let state = Mutex<Value??>(nil)

    func set(_ value: Value?) {
        condition.lock()
        state.withLock { $0 = .some(value) }
        condition.broadcast()
        condition.unlock()
    }

    func value(waitingAtMost milliseconds: Int64) -> Value? {
        condition.lock()
        defer { condition.unlock() }
        if case .none = state.withLock({ $0 }) { condition.wait(milliseconds: milliseconds) }
        return state.withLock { $0 } ?? nil
    }
}

/// Ties the page to the cluster, which is made after it: the page's origin is one that the gateways allow.
private final class ClusterHolder: Sendable {
    private let value = Mutex<DevCluster?>(nil)
    var cluster: DevCluster? { value.withLock { $0 } }
    func set(_ cluster: DevCluster) { value.withLock { $0 = cluster } }
}
