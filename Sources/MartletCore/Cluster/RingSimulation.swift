/// What the assignment does to a cluster that grows node by node, beside what a plain consistent-hash ring with the
/// same virtual nodes would do: the rows of `martlet ring simulate`.
public struct RingSimulation: Sendable {
    public struct Row: Hashable, Sendable {
        public var nodes: Int
        /// Slots of the node that has the most, and of the one that has the fewest.
        public var peak: Int
        public var least: Int
        /// Slots that change their owner when a node joins, and the least that could.
        public var joinMoves: Int
        public var joinMinimum: Int
        /// The same when the newest node leaves. Of one node: all slots, which then have no owner.
        public var leaveMoves: Int
        public var leaveMinimum: Int
        public var plainPeak: Int
        public var plainJoinMoves: Int
    }

    public let slots: Int
    public let rows: [Row]

    /// Simulates clusters of 1 to `maxNodes` equal nodes; node i is called `name(i)`, i from 0.
    public init(slots: Int = 256, maxNodes: Int, name: (Int) -> NodeID = RingSimulation.statefulSetName) {
        self.slots = slots
        let members = (0...max(maxNodes, 0)).map { Ring.Member(name($0)) }
        var smaller = Stage(slots: slots, members: [], from: nil)
        var stage = Stage(slots: slots, members: [members[0]], from: smaller)
        var rows: [Row] = []
        for nodes in 1..<members.count {
            let larger = Stage(slots: slots, members: Array(members[...nodes]), from: stage)
            rows.append(RingSimulation.row(nodes, smaller, stage, larger))
            (smaller, stage) = (stage, larger)
        }
        self.rows = rows
    }

    /// `gateway-0`, `gateway-1`… as a Kubernetes StatefulSet names its pods.
    public static func statefulSetName(_ number: Int) -> NodeID { NodeID(trusted: Array("gateway-\(number)".utf8)) }

    /// For people: fixed columns, one line a cluster size.
    public var table: String {
        let head = ["nodes", "slots a node", "peak/mean", "join: moves", "least", "leave: moves", "least"]
        let plainHead = ["plain ring: peak/mean", "join: moves"]
        let lines = rows.map { row in
            [
                "\(row.nodes)", row.least == row.peak ? "\(row.peak)" : "\(row.least)–\(row.peak)",
                ratio(row.peak, row.nodes), "\(row.joinMoves)", "\(row.joinMinimum)", "\(row.leaveMoves)",
                "\(row.leaveMinimum)", ratio(row.plainPeak, row.nodes), "\(row.plainJoinMoves)",
            ]
        }
        return aligned([head + plainHead] + lines)
    }
}

extension RingSimulation {
    /// The cluster at one size, grown from the one before.
    private struct Stage {
        let assignment: Assignment
        let owners: [NodeID?]
        let plain: [NodeID?]

        init(slots: Int, members: [Ring.Member], from last: Stage?) {
            let assignment = Assignment(slots: slots, members: members)
            self.assignment = assignment
            owners = assignment.owners(from: last?.owners ?? [])
            plain = (0..<slots).map { assignment.ring.first(for: Slot($0)) }
        }

        var loads: [Int] { counts(owners) }
        var plainLoads: [Int] { counts(plain) }

        private func counts(_ owners: [NodeID?]) -> [Int] {
            assignment.ring.members.map { member in owners.count { $0 == member.id } }
        }
    }

    private static func row(_ nodes: Int, _ smaller: Stage, _ stage: Stage, _ larger: Stage) -> Row {
        let leaver = stage.assignment.ring.members.first { member in
            !smaller.assignment.ring.members.contains(member)
        }
        return Row(
            nodes: nodes, peak: stage.loads.max() ?? 0, least: stage.loads.min() ?? 0,
            joinMoves: differences(stage.owners, larger.owners),
            joinMinimum: stage.owners.count / (nodes + 1),
            leaveMoves: differences(stage.owners, smaller.assignment.owners(from: stage.owners)),
            leaveMinimum: stage.owners.count { $0 == leaver?.id },
            plainPeak: stage.plainLoads.max() ?? 0, plainJoinMoves: differences(stage.plain, larger.plain))
    }

    private static func differences(_ a: [NodeID?], _ b: [NodeID?]) -> Int { zip(a, b).count { $0 != $1 } }

    /// peak / (slots / nodes) with two decimals, rounded.
    private func ratio(_ peak: Int, _ nodes: Int) -> String {
        let hundredths = (200 * peak * nodes + slots) / (2 * max(slots, 1))
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    private func aligned(_ lines: [[String]]) -> String {
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            zip(line, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
