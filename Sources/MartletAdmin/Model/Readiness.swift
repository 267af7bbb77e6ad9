/// Whether a node should get traffic.
public struct Readiness: Equatable, Sendable {
    /// What it still waits for, for people; empty: it is ready.
    public var waitingFor: [String]

    public init(waitingFor: [String] = []) { self.waitingFor = waitingFor }

    public var isReady: Bool { waitingFor.isEmpty }
}

extension Readiness: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("ready", isReady)
            json.field("waitingFor", waitingFor)
        }
    }
}
