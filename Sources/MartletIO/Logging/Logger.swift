/// How loud a line is. State changes are info, what needs action is a warning.
public enum LogLevel: UInt8, Sendable, Comparable, CaseIterable {
    case debug, info, warning, error

    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

/// The keys that a line may carry: a closed list, so that lines can be searched. Never bodies or tokens.
public enum LogKey: String, Sendable, CaseIterable {
    case node, peer, slot, epoch, user, device, session, stream, address, port, path, loop, error, code, reason
    case connections, count, bytes, milliseconds, version, engine, offset, incarnation, seconds, name, state
}

public enum LogValue: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case string(String)
    case int(Int64)
    case bool(Bool)

    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(_ value: some BinaryInteger) { self = .int(Int64(clamping: value)) }
    public init(_ value: some CustomStringConvertible) { self = .string(value.description) }
}

/// Writes one line per event to standard error, structured, from any thread, without waiting for the reader.
public struct Logger: Sendable {
    public let component: String
    private let sink: LogSink

    public init(component: String) { self.init(component: component, sink: .standardError) }

    init(component: String, sink: LogSink) {
        self.component = component
        self.sink = sink
    }

    public func debug(_ message: @autoclosure () -> String, _ values: KeyValuePairs<LogKey, LogValue> = [:]) {
        log(.debug, message(), values)
    }

    public func info(_ message: @autoclosure () -> String, _ values: KeyValuePairs<LogKey, LogValue> = [:]) {
        log(.info, message(), values)
    }

    public func warning(_ message: @autoclosure () -> String, _ values: KeyValuePairs<LogKey, LogValue> = [:]) {
        log(.warning, message(), values)
    }

    public func error(_ message: @autoclosure () -> String, _ values: KeyValuePairs<LogKey, LogValue> = [:]) {
        log(.error, message(), values)
    }

    private func log(
        _ level: LogLevel, _ message: @autoclosure () -> String, _ values: KeyValuePairs<LogKey, LogValue>
    ) {
        guard level >= sink.level else { return }
        let line = LogLine(
            wall: Clock.wallMilliseconds, level: level, component: component, message: message(), values: values)
        sink.write(sink.format == .json ? line.json : line.text)
    }

    /// Lines below `level` are not made. For the whole process.
    public static func setLevel(_ level: LogLevel) { LogSink.standardError.level = level }
    public static func setFormat(_ format: LogFormat) { LogSink.standardError.format = format }

    /// Waits until what was logged is written: before the process ends.
    public static func flush() { LogSink.standardError.flush() }
}

public enum LogFormat: UInt8, Sendable {
    /// `time level component "message" key=value …`
    case text
    /// One JSON object a line.
    case json
}
