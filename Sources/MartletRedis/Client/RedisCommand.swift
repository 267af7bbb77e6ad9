/// A command with its arguments, and the key that decides where it goes.
///
/// Connections are shared by all callers, so nothing that changes a connection's state may be sent: no MULTI, no WATCH,
/// no SUBSCRIBE, no blocking command. What belongs together goes into a script.
public struct RedisCommand: Sendable {
    /// From handing over to the answer; nil: the client's `commandTimeoutMilliseconds`.
    public var timeoutMilliseconds: Int64?
    /// Nil: any server that takes writes.
    let slot: HashSlot?
    /// Sent in front of the arguments as `EVALSHA digest` or `EVAL source`.
    let script: RedisScript?
    private(set) var arguments = ArgumentList()

    /// `name key arguments…`; goes where `key` lives.
    public init(_ name: String, key: [UInt8], _ arguments: [[UInt8]] = []) {
        slot = HashSlot(of: key)
        script = nil
        reserve(arguments, bytes: name.utf8.count + key.count, count: 2)
        append(name)
        append(key)
        for argument in arguments { append(argument) }
    }

    /// `name arguments…`; goes where `routing` lives, or to any master.
    public init(_ name: String, routing: [UInt8]? = nil, _ arguments: [[UInt8]] = []) {
        slot = routing.map { HashSlot(of: $0) }
        script = nil
        reserve(arguments, bytes: name.utf8.count, count: 1)
        append(name)
        for argument in arguments { append(argument) }
    }

    /// All keys must share one hash tag; the first one decides where the script runs.
    public init(_ script: RedisScript, keys: [[UInt8]], arguments: [[UInt8]] = []) {
        slot = keys.first.map { HashSlot(of: $0) }
        self.script = script
        // Four for the digits of the number of keys.
        reserve(arguments, bytes: keys.reduce(4) { $0 + $1.count }, count: keys.count + 1)
        append(keys.count)
        for key in keys { append(key) }
        for argument in arguments { append(argument) }
    }

    private mutating func reserve(_ more: [[UInt8]], bytes: Int, count: Int) {
        arguments.reserve(bytes: more.reduce(bytes) { $0 + $1.count }, arguments: more.count + count)
    }

    public mutating func append(_ argument: [UInt8]) { arguments.append(argument) }
    public mutating func append(_ argument: String) { arguments.append(argument) }
    public mutating func append(_ number: some BinaryInteger) { arguments.append(String(number)) }

    /// About what it takes on the wire and in the client's queues.
    var cost: Int { arguments.bytes.count + 16 * arguments.lengths.count + 64 }
}
