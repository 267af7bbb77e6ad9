import Glibc
import MartletCommand
import MartletIO

/// Empties a node and watches it.
struct Draining {
    static let pollMicroseconds: UInt32 = 200_000

    let client: AdminClient
    let node: String

    init(_ client: AdminClient, node: String) {
        self.client = client
        self.node = node
    }

    func run(waits: Bool, within milliseconds: Int64, json: Bool) throws(CommandFailure) -> ExitCode {
        try checkThatOthersAreUp()
        let asked = try client.post("/admin/v1/nodes/\(PathSegment.encode(node)):drain", as: NodeAnswer.self)
        let says = { (text: String) in if !json { Console.print(text) } }
        if waits {
            try wait(until: Clock.monotonicMilliseconds + milliseconds, milliseconds, says)
        } else {
            says("\(node) is asked to drain; `martlet cluster status` shows how far it is.")
        }
        if json { Console.print(asked.json, terminator: "") }
        return .success
    }

    /// Slots need somewhere to go.
    private func checkThatOthersAreUp() throws(CommandFailure) {
        let cluster = try look()
        guard let row = cluster.node(node) else {
            throw CommandFailure("there is no node \(node); `martlet cluster status` lists the nodes.")
        }
        guard row.state != "dead" else {
            throw CommandFailure("\(node) is dead: there is nothing to drain, its slots are other nodes' already.")
        }
        guard cluster.nodes.contains(where: { $0.id != node && $0.state == "up" }) else {
            throw CommandFailure("no other node is up to take what \(node) has: start one first.")
        }
    }

    private func wait(
        until deadline: Int64, _ milliseconds: Int64, _ says: (String) -> Void
    ) throws(CommandFailure) {
        var last = ""
        while true {
            guard let row = try look().node(node), row.state != "dead" else { return says("\(node) has left.") }
            if row.state == "up" {
                throw CommandFailure("\(node) was undrained by somebody else; ask again to go on.", code: .failure)
            }
            if row.slots == 0, row.connections ?? 0 == 0 { return says("\(node) is empty: it can be stopped.") }
            let left = Draining.words(row)
            if left != last { says("\(node) has \(left) to go") }
            last = left
            guard Clock.monotonicMilliseconds < deadline else {
                throw CommandFailure(
                    """
                    \(node) still has \(left) after \(TimeText.age(milliseconds)). It goes on draining: look with \
                    `martlet cluster status`, or wait longer with `--within`.
                    """, code: .temporaryFailure)
            }
            usleep(Draining.pollMicroseconds)
        }
    }

    private func look() throws(CommandFailure) -> ClusterAnswer {
        try client.get("/admin/v1/cluster", as: ClusterAnswer.self).value
    }

    private static func words(_ row: NodeAnswer) -> String {
        let slots = row.slots == 1 ? "1 slot" : "\(row.slots) slots"
        guard let connections = row.connections else { return slots }
        return slots + (connections == 1 ? " and 1 connection" : " and \(connections) connections")
    }
}
