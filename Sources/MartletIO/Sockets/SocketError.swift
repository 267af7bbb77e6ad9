internal import CUV

/// A call to the operating system or to libuv that failed.
public struct SocketError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried, such as `bind`.
    public let operation: String
    /// Negative, as libuv numbers errors.
    public let code: Int32

    public init(operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    static func current(_ operation: String) -> SocketError {
        SocketError(operation: operation, code: -errorNumber())
    }

    static func check(_ operation: String, _ code: Int32) throws(SocketError) {
        if code < 0 { throw SocketError(operation: operation, code: code) }
    }

    public var description: String { "\(operation): \(describe(error: code))" }
}

/// The text of a negative libuv error number.
public func describe(error code: Int32) -> String {
    unsafe String(cString: uv_strerror(code))
}

extension SocketError {
    /// Nobody listens there.
    public static let connectionRefused = Int32(UV_ECONNREFUSED.rawValue)
}
