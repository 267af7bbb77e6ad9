import MartletCommand
import MartletCore

/// `martlet cluster`: what an operator does to a cluster.
enum ClusterCommand {
    static let noWait = Option.flag("no-wait", help: "Ask for it, and do not wait until it is done.")
    static let within = Option.duration(
        "within", in: 1_000...86_400_000, default: 300_000, help: "How long to wait for the end.")

    static let declaration = Command(
        "cluster", "shows a cluster, and empties its nodes",
        discussion: """
            Asks the admin API of any node: the one that `--admin` or MARTLET_ADMIN names, or else \
            \(AdminClient.defaultURL). The token comes from `--token-file`, or from MARTLET_ADMIN_TOKEN.
            """,
        examples: [
            .init("martlet cluster status --admin http://127.0.0.1:9001", "nodes and slots"),
            .init("martlet cluster drain node-2", "empties a node, and returns when it may be stopped"),
        ],
        subcommands: [status, map, drain, undrain, pin, unpin, ClusterInitCommand.declaration])

    private static let status = Command(
        "status", "shows the nodes, and how the slots are",
        options: AdminOptions.all
    ) { invocation in
        let asked = try AdminOptions.client(invocation).get("/admin/v1/cluster", as: ClusterAnswer.self)
        return show(asked, invocation) { $0.text }
    }

    private static let map = Command(
        "map", "shows the owner, the epoch and the state of each slot",
        options: AdminOptions.all
    ) { invocation in
        let asked = try AdminOptions.client(invocation).get("/admin/v1/map", as: MapAnswer.self)
        return show(asked, invocation) { $0.text }
    }

    private static let drain = Command(
        "drain", "empties a node, so that it can be stopped",
        discussion: """
            Its slots go to other nodes, and its connections are told to go elsewhere. Waits until it is empty; the \
            node stays a member, without slots, until it is stopped or undrained.
            """,
        options: AdminOptions.all + [noWait, within], arguments: "NODE"
    ) { invocation in
        let client = try AdminOptions.client(invocation)
        return try Draining(client, node: try node(invocation, 1)).run(
            waits: !invocation[noWait], within: invocation[within], json: invocation[AdminOptions.json])
    }

    private static let undrain = Command(
        "undrain", "lets a drained node take slots again",
        options: AdminOptions.all, arguments: "NODE"
    ) { invocation in
        let node = try node(invocation, 1)
        let asked = try AdminOptions.client(invocation)
            .post("/admin/v1/nodes/\(PathSegment.encode(node)):undrain", as: NodeAnswer.self)
        return show(asked, invocation) { "\($0.id) takes slots again; `martlet cluster status` shows its share." }
    }

    private static let pin = Command(
        "pin", "ties a slot to a node", options: AdminOptions.all, arguments: "SLOT NODE"
    ) { invocation in
        let (node, slot) = (try node(invocation, 2), try slot(invocation))
        let asked = try AdminOptions.client(invocation)
            .post("/admin/v1/slots/\(slot):pin?node=\(PathSegment.encode(node))", as: SlotAnswer.self)
        return show(asked, invocation) { "Slot \($0.slot) is pinned to \(node). Now: \($0.words)." }
    }

    private static let unpin = Command(
        "unpin", "lets a slot go where the balance wants it", options: AdminOptions.all, arguments: "SLOT"
    ) { invocation in
        guard invocation.arguments.count == 1 else { throw usage("takes one slot.", invocation) }
        let asked = try AdminOptions.client(invocation)
            .post("/admin/v1/slots/\(try slot(invocation)):unpin", as: SlotAnswer.self)
        return show(asked, invocation) { "Slot \($0.slot) is not pinned. Now: \($0.words)." }
    }

    // MARK: Arguments

    private static func show<Value>(
        _ asked: Asked<Value>, _ invocation: Invocation, _ words: (Value) -> String
    ) -> ExitCode {
        if invocation[AdminOptions.json] {
            Console.print(asked.json, terminator: "")
        } else {
            Console.print(words(asked.value))
        }
        return .success
    }

    /// The last of `count` arguments, which names a node.
    private static func node(_ invocation: Invocation, _ count: Int) throws(UsageError) -> String {
        guard invocation.arguments.count == count, let name = invocation.arguments.last else {
            throw usage("takes \(count == 1 ? "one node" : "a slot and a node").", invocation)
        }
        guard NodeID(name) != nil else { throw usage("`\(name)` is not the name of a node.", invocation) }
        return name
    }

    private static func slot(_ invocation: Invocation) throws(UsageError) -> UInt16 {
        guard let text = invocation.arguments.first, let slot = UInt16(text) else {
            throw usage("takes the number of a slot first.", invocation)
        }
        return slot
    }

    private static func usage(_ problem: String, _ invocation: Invocation) -> UsageError {
        UsageError("`\(invocation.path.joined(separator: " "))`: \(problem)", path: invocation.path)
    }
}
