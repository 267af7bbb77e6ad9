/// A command with its arguments, and the key that decides where it goes.
///
/// Connections are shared by all callers, so nothing that changes a connection's state may be sent: no MULTI, no WATCH,
/// no SUBSCRIBE, no blocking command. What belongs together goes into a script.
public struct RedisCommand: Sendable {
    /// From handing over to the answer; nil: the client's `commandTimeoutMilliseconds`.
    public var timeoutMilliseconds: Int64?
    /// Nil: any server that takes writes.
    let slot: HashSlot?
    /// Sent in front of the arguments as `EVALSHA sha` or `EVAL source`.
    let script: RedisScript?
    /// All arguments, one behind the other.
    private(set) var bytes: [UInt8] = []
    private(set) var lengths: [Int] = []

    /// `name key arguments…`; goes where `key` lives.
    public init(_ name: String, key: [UInt8], _ arguments: [[UInt8]] = []) {
        self.init(name, routing: key, [key] + arguments)
    }

    /// `name arguments…`; goes where `routing` lives, or to any master.
    public init(_ name: String, routing: [UInt8]? = nil, _ arguments: [[UInt8]] = []) {
        slot = routing.map { HashSlot(of: $0) }
        script = nil
        append(name)
        for argument in arguments { append(argument) }
    }

    /// All keys must share one hash tag.
    public init(_ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]] = []) {
        slot = keys.first.map { HashSlot(of: $0) }
        self.script = script
        bytes.reserveCapacity(8 + keys.reduce(0) { $0 + $1.count } + arguments.reduce(0) { $0 + $1.count })
        append(keys.count)
        for key in keys { append(key) }
        for argument in arguments { append(argument) }
    }

    public mutating func append(_ argument: [UInt8]) {
        bytes.append(contentsOf: argument)
        lengths.append(argument.count)
    }

    public mutating func append(_ argument: String) {
        let before = bytes.count
        bytes.append(contentsOf: argument.utf8)
        lengths.append(bytes.count - before)
    }

    public mutating func append(_ number: some BinaryInteger) { append(String(number)) }
}

/// A Lua script that a server knows by its digest, once it has seen it.
public final class RedisScript: Sendable {
    public let source: String
    /// SHA-1 in hexadecimal digits.
    public let digest: String

    public init(_ source: String) {
        self.source = source
        digest = SHA1.hexadecimal(of: Array(source.utf8))
    }
}

/// A command with what to call with its answer.
public struct RedisRequest: Sendable {
    public var command: RedisCommand
    public var done: RedisClient.Completion

    public init(_ command: RedisCommand, done: @escaping RedisClient.Completion) {
        self.command = command
        self.done = done
    }
}
