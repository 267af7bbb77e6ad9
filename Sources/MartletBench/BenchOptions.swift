public import MartletProtocol

/// What to measure, and on whom.
public struct BenchOptions: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// Memory of connections that do nothing.
        case idle
        /// Signals passed on.
        case relay
        /// Messages accepted, pushed to their recipient, and acknowledged by it.
        case durable
    }

    /// Who answers.
    public enum Server: Sendable, Equatable {
        case gateway
        /// `Benchmarks/Floor`: knows neither tokens nor welcomes. Relay only, protobuf only.
        case floor
    }

    public struct Endpoint: Sendable, Equatable {
        public var host: String
        public var port: UInt16

        public init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }

    public var kind: Kind
    /// Users are spread over them in turn.
    public var endpoints: [Endpoint]
    public var server = Server.gateway
    public var users = 1000
    /// Size of a message's content, at least 16: it carries the sender and a number, by which order is checked.
    public var messageBytes = 200
    public var seconds = 10
    public var warmupSeconds = 2
    /// Messages a second of all users together; nil: each user sends when its last message has arrived.
    public var rate: Int?
    /// An acknowledgement waits so long for more to acknowledge, but for 32 entries at most; the default is that of
    /// the client library. 0: each is sent at once.
    public var acknowledgeMilliseconds: Int64 = 200
    public var encoding = FrameEncoding.proto
    /// Threads of the generator; users are divided among them.
    public var loops = 1
    /// Idle: memory is measured with so many connections first, and then with `users`.
    public var idleBase = 5000
    /// The server's process, if it is on this machine: its CPU time and memory are measured.
    public var processID: Int32?
    /// A token for a user, called on the generator's threads.
    public var token: @Sendable (_ user: String) -> String
    /// Hears what is going on, a line at a time.
    public var progress: @Sendable (_ line: String) -> Void = { _ in }

    public init(kind: Kind, endpoints: [Endpoint], token: @escaping @Sendable (_ user: String) -> String) {
        self.kind = kind
        self.endpoints = endpoints
        self.token = token
    }

    func check() throws(BenchError) {
        if endpoints.isEmpty { throw BenchError("no address to connect to") }
        if !(2...1_000_000).contains(users) { throw BenchError("users must be 2 to 1,000,000") }
        if !(16...16_384).contains(messageBytes) { throw BenchError("a message must have 16 to 16,384 bytes") }
        if seconds < 1 || warmupSeconds < 0 { throw BenchError("measuring takes at least a second") }
        if !(1...64).contains(loops) || loops * 2 > users {
            throw BenchError("each loop needs two users; 1 to 64 loops")
        }
        if let rate, rate < 1 { throw BenchError("the rate must be at least one message a second") }
        if server == .floor, kind != .relay || encoding != .proto {
            throw BenchError("the floor relays protobuf, and nothing else")
        }
        if kind == .idle { try checkIdle() }
    }

    private func checkIdle() throws(BenchError) {
        if processID == nil { throw BenchError("idle measures the server's memory: its process id is needed") }
        if !(1..<users).contains(idleBase) {
            throw BenchError("the first step must have fewer connections than the last")
        }
    }
}

/// Why nothing was measured.
public struct BenchError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}
