import FoundationEssentials

/// The cluster in words, for people.
extension ClusterAnswer {
    var text: String {
        let leader = leader.map { "Leader: \($0)." } ?? "Which coordinator leads is not known here."
        return """
            Cluster map version \(version), term \(term). \(leader)
            \(slotSummary)

            \(nodeTable)
            """
    }

    private var slotSummary: String {
        guard !slots.isEmpty else { return "There is no cluster map yet: a coordinator has to publish one." }
        let parts = [("moving", "moving"), ("unowned", "without an owner")].compactMap { state, words in
            let count = slots.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(words)"
        }
        let settled = slots.count { $0.state == "settled" }
        return parts.isEmpty
            ? "\(slots.count) slots, all settled."
            : "\(slots.count) slots: \(settled) settled, \(parts.joined(separator: ", "))."
    }

    private var nodeTable: String {
        guard !nodes.isEmpty else { return "No node has joined." }
        var table = TextTable([
            .init("NODE"), .init("STATE"), .init("SLOTS", .right), .init("CONNECTIONS", .right),
            .init("LAST HEARD", .right), .init("CLIENTS AT"), .init("VERSION"),
        ])
        for node in nodes {
            table.add(
                node.id, node.state, String(node.slots), node.connections.map(String.init) ?? "-",
                TimeText.age(node.leaseAgeMilliseconds), node.clientAddress, node.version)
        }
        return table.text
    }
}

extension MapAnswer {
    var text: String {
        guard !slots.isEmpty else { return "There is no cluster map yet: a coordinator has to publish one." }
        var table = TextTable([.init("SLOT", .right), .init("OWNER"), .init("EPOCH", .right), .init("STATE")])
        for slot in slots { table.add(String(slot.slot), slot.owner ?? "-", String(slot.epoch), slot.words) }
        return "Cluster map version \(version), term \(term).\n\n\(table.text)"
    }
}

extension SlotAnswer {
    var words: String {
        let state = movingTo.map { "moving to \($0)" } ?? (owner == nil ? "nobody owns it" : "settled")
        return state + (pinnedTo.map { ", pinned to \($0)" } ?? "")
    }
}

/// Presence in words.
extension UserAnswer {
    var text: String { ([headline] + devices.map(\.text)).joined(separator: "\n") }

    private var headline: String {
        if let reason { return "\(user): unknown: \(reason)" }
        guard !devices.isEmpty else { return "\(user): offline, never seen (slot \(slot))" }
        return "\(user): \(state), as of \(TimeText.point(asOf)) (slot \(slot))"
    }
}

extension DeviceAnswer {
    var text: String {
        let when =
            state == "online"
            ? "online since \(TimeText.point(since ?? 0))"
            : "\(state), last seen \(TimeText.point(lastSeen ?? 0))"
        guard let edge, let home else { return "  \(device)  \(when)" }
        let age = evidence.leaseAgeMilliseconds.map { "lease age \(TimeText.age($0))" } ?? "no lease"
        return "  \(device)  \(when)\n    edge \(edge), home \(home), epoch \(evidence.epoch), \(age)"
    }
}

/// Times as people read them.
enum TimeText {
    /// `0.5 s`, `12 s`, `5 min`, `3 h`.
    static func age(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<10_000: "\(max(0, milliseconds) / 1000).\(max(0, milliseconds) % 1000 / 100) s"
        case ..<120_000: "\(milliseconds / 1000) s"
        case ..<7_200_000: "\(milliseconds / 60_000) min"
        default: "\(milliseconds / 3_600_000) h"
        }
    }

    /// `2026-11-21T17:20:01Z`
    static func point(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds / 1000)).formatted(.iso8601)
    }
}
