import MartletCommand

/// `martlet ring`: questions about who would own what, answered without a cluster.
enum RingCommand {
    static let slots = Option.integer("slots", in: 1...4096, default: 256, help: "Shards of the key space.")
    static let nodes = Option.range("nodes", in: 1...64, default: 1...30, help: "Sizes of cluster to compare.")

    static let declaration = Command(
        "ring", "answers what an assignment of slots to nodes would look like",
        subcommands: [simulate])

    private static let simulate = Command(
        "simulate", "prints load and moves for clusters of several sizes",
        discussion: """
            For each size: the most loaded node over the mean, and how many slots move when a node joins or leaves, \
            beside the least that any assignment could move and beside a plain ring.
            """,
        options: [slots, nodes],
        examples: [.init("martlet ring simulate --slots 64 --nodes 3-10", "a small cluster that grows")]
    ) { invocation in try RingRunner.simulate(slots: invocation[slots], nodes: invocation[nodes]) }
}
