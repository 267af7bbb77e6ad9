import MartletCore
import MartletIO

/// The id that an edge gives a session: it says where the connection is, so that nothing has to be looked up.
/// 32 bits of row generation, 8 of loop, 24 of row index.
struct SessionID: Hashable {
    let rawValue: UInt64

    init(_ rawValue: UInt64) { self.rawValue = rawValue }

    init(_ stream: StreamID, loop: Int) {
        rawValue = UInt64(stream.generation) << 32 | UInt64(loop & 0xFF) << 24 | UInt64(stream.index & 0xFF_FFFF)
    }

    var loop: Int { Int(rawValue >> 24 & 0xFF) }
    var index: Int { Int(rawValue & 0xFF_FFFF) }
    var generation: UInt32 { UInt32(rawValue >> 32) }
}

extension EdgeMessage {
    /// One message per loop that holds some of its sessions.
    func split(loops: Int) -> [(loop: Int, EdgeMessage)] {
        switch self {
        case .attached(let session, _), .notHome(let session): return [(SessionID(session).loop, self)]
        case .deliver(let sessions, let frame, let settles, let pushedUpTo, let live):
            return Self.parts(sessions, loops) {
                .deliver(sessions: $0, frame: frame, settles: settles, pushedUpTo: pushedUpTo, live: live)
            }
        case .close(let sessions, let code, let reason):
            return Self.parts(sessions, loops) { .close(sessions: $0, code: code, reason: reason) }
        }
    }

    private static func parts(
        _ sessions: [UInt64], _ loops: Int, _ make: ([UInt64]) -> EdgeMessage
    ) -> [(loop: Int, EdgeMessage)] {
        if sessions.count == 1 { return [(SessionID(sessions[0]).loop, make(sessions))] }
        return (0..<loops).compactMap { loop in
            let part = sessions.filter { SessionID($0).loop == loop }
            return part.isEmpty ? nil : (loop, make(part))
        }
    }
}

extension EdgeRef {
    init(_ session: SessionRef) { self.init(node: session.edge, incarnation: session.edgeIncarnation) }
}
