/// The edges whose sessions are attached here, so that a session row names its edge with four bytes.
/// A few dozen at most, hence searched in order.
struct EdgeTable {
    private var rows: [(edge: EdgeRef, sessions: Int)] = []

    subscript(index: Int32) -> EdgeRef { rows[Int(index)].edge }

    func find(_ node: NodeID, _ incarnation: UInt64) -> Int32? {
        let found = rows.firstIndex {
            $0.sessions > 0 && $0.edge.incarnation == incarnation && $0.edge.node == node
        }
        return found.map(Int32.init)
    }

    /// Counts one more session of this edge.
    mutating func enter(_ node: NodeID, _ incarnation: UInt64) -> Int32 {
        if let found = find(node, incarnation) {
            rows[Int(found)].sessions += 1
            return found
        }
        let row = (edge: EdgeRef(node: node, incarnation: incarnation), sessions: 1)
        guard let unused = rows.firstIndex(where: { $0.sessions == 0 }) else {
            rows.append(row)
            return Int32(rows.count - 1)
        }
        rows[unused] = row
        return Int32(unused)
    }

    mutating func leave(_ index: Int32) { rows[Int(index)].sessions -= 1 }
}
