import MartletCommand

/// `martlet dev`: a whole cluster in one process, on the embedded engine.
enum DevCommand {
    static let nodes = Option.integer("nodes", in: 1...64, default: 3, help: "How many gateway nodes to start.")
    static let loops = Option.integer(
        "loops", in: 1...64, default: 1, help: "Event loops, hence threads, of each node.")
    static let slots = Option.integer(
        "slots", in: 1...4096, default: 256,
        help: "Shards of the key space. Set once, when the data folder is made; it cannot change afterwards.")
    static let address = Option.text(
        "address", default: "127.0.0.1", unit: "ADDRESS", help: "The IPv4 address that the gateways listen on.")
    static let port = Option.port(
        "port", default: 8001, help: "The first node's port for clients; the others take the next ones. 0: any free.")
    static let pagePort = Option.port("page-port", default: 8000, help: "The chat page's port. 0: any free one.")
    static let adminPort = Option.port("admin-port", default: 9001, help: "The admin API's port. 0: any free one.")
    static let adminToken = Option.optional(
        "admin-token", unit: "TEXT", help: "What admin requests must show; without it a random one is printed.")
    static let data = Option.text("data", default: "Data", unit: "FOLDER", help: "Where everything is kept.")
    static let clients = Option.optional(
        "clients", unit: "FOLDER",
        help: "Where the chat page's files lie; without it the folder `Clients` is looked for.")
    static let fresh = Option.flag("fresh", help: "Begin with nothing: the data folder's contents are removed first.")
    static let fsync = Option.flag(
        "fsync", help: "An accepted message survives a power cut too, not only the death of the process.")
    static let info = Option.optional(
        "info", unit: "FILE", help: "When all doors are open, write their addresses to this file, as JSON.")
    static let heartbeat = Option.duration(
        "heartbeat", in: 100...600_000, default: 30_000, help: "How often a client should give a sign of life.")
    static let deadAfter = Option.duration(
        "dead-after", in: 200...3_600_000, default: 90_000, help: "A connection that is silent for so long is dead.")
    static let secret = Option.optional(
        "secret", unit: "TEXT", help: "What signs the tokens; without it a random one, kept in the data folder.")
    static let echo = Option.flag(
        "echo", help: "Gateways send back what they get, and are nothing else: for WebSocket conformance tests.")

    static let unlimited = Option.flag("unlimited", help: "No rate limits: for measurements.")

    static let declaration = Command(
        "dev", "runs a whole cluster in one process, for development",
        discussion: """
            Starts gateway nodes, a coordinator, the chat page and the admin API, all on this machine, with everything \
            kept in one folder. Stop it with Ctrl-C; started again, it goes on where it was.
            """,
        options: [
            nodes, loops, slots, address, port, pagePort, adminPort, adminToken, data, clients, fresh, fsync, info,
            heartbeat, deadAfter, secret, echo, unlimited,
        ],
        examples: [
            .init("martlet dev", "three nodes on ports 8001 to 8003, the chat page on http://127.0.0.1:8000"),
            .init("martlet dev --nodes 5 --fresh", "five nodes, and an empty store"),
            .init("martlet dev --port 0 --page-port 0 --admin-port 0 --info ports.json", "for tests: any free ports"),
        ]
    ) { invocation in try DevRunner.run(try DevOptions(invocation)) }
}

/// The options of `martlet dev`, checked against each other.
struct DevOptions: Sendable {
    var nodes: Int
    var loops: Int
    var slots: Int
    /// Whether the command line asked for this number of slots, and not only the default did.
    var slotsGiven: Bool
    var address: String
    /// The first node's; 0: each takes any free one.
    var port: Int
    var pagePort: Int
    var adminPort: Int
    var adminToken: String?
    var dataFolder: String
    var clientsFolder: String?
    var fresh: Bool
    var fsync: Bool
    var infoFile: String?
    var heartbeatMilliseconds: Int64
    var deadAfterMilliseconds: Int64
    var secret: String?
    var echo: Bool
    var unlimited: Bool

    /// The engine's part of the data folder.
    var storeFolder: String { dataFolder + "/store" }

    init(_ invocation: Invocation) throws(UsageError) {
        nodes = invocation[DevCommand.nodes]
        loops = invocation[DevCommand.loops]
        slots = invocation[DevCommand.slots]
        slotsGiven = invocation.wasGiven(DevCommand.slots)
        address = invocation[DevCommand.address]
        port = invocation[DevCommand.port]
        pagePort = invocation[DevCommand.pagePort]
        adminPort = invocation[DevCommand.adminPort]
        adminToken = invocation[DevCommand.adminToken]
        dataFolder = invocation[DevCommand.data]
        clientsFolder = invocation[DevCommand.clients]
        fresh = invocation[DevCommand.fresh]
        fsync = invocation[DevCommand.fsync]
        infoFile = invocation[DevCommand.info]
        heartbeatMilliseconds = invocation[DevCommand.heartbeat]
        deadAfterMilliseconds = invocation[DevCommand.deadAfter]
        secret = invocation[DevCommand.secret]
        echo = invocation[DevCommand.echo]
        unlimited = invocation[DevCommand.unlimited]
        if let problem { throw UsageError(problem, path: invocation.path) }
    }

    /// What is wrong with the options taken together; nil: nothing.
    private var problem: String? {
        let clientPorts = port == 0 ? 0..<0 : port..<port + nodes
        if clientPorts.upperBound > 65_536 { return "`--port \(port)` leaves no room for \(nodes) nodes." }
        if clientPorts.contains(pagePort) { return "`--page-port \(pagePort)` is one of the nodes' ports." }
        if clientPorts.contains(adminPort) { return "`--admin-port \(adminPort)` is one of the nodes' ports." }
        if pagePort == adminPort, pagePort != 0 { return "`--page-port` and `--admin-port` are the same." }
        if deadAfterMilliseconds <= heartbeatMilliseconds { return "`--dead-after` must be longer than `--heartbeat`." }
        return nil
    }
}
