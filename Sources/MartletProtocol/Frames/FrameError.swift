public import MartletCore

/// Why bytes are not a frame. The reason is short, stable and made of our own words only, so it can be sent back.
///
/// A reason about one field ends in its path: `wrong type: send.to`.
public struct FrameError: Error, Equatable, Sendable {
    public var code: ErrorCode
    public var reason: String
    /// The envelope's ref, where it was read before the error.
    public var ref: UInt64?

    public init(code: ErrorCode, reason: String, ref: UInt64? = nil) {
        self.code = code
        self.reason = reason
        self.ref = ref
    }
}

extension FrameError {
    static var malformed: FrameError { FrameError(code: .invalid, reason: "malformed") }
    static var badUTF8: FrameError { FrameError(code: .invalid, reason: "bad UTF-8") }
    static var loneSurrogate: FrameError { FrameError(code: .invalid, reason: "lone surrogate") }
    static var duplicateKey: FrameError { FrameError(code: .invalid, reason: "duplicate key") }
    static var tooDeep: FrameError { FrameError(code: .invalid, reason: "too deep") }
    static var trailingBytes: FrameError { FrameError(code: .invalid, reason: "trailing bytes") }
    static var twoFrames: FrameError { FrameError(code: .invalid, reason: "two frames") }
    static var missingFrame: FrameError { FrameError(code: .invalid, reason: "missing frame") }
    static var unknownFrame: FrameError { FrameError(code: .invalid, reason: "unknown frame") }

    static func wrongType(_ path: StaticString) -> FrameError { about("wrong type", path) }
    static func outOfRange(_ path: StaticString) -> FrameError { about("out of range", path) }
    static func unknownValue(_ path: StaticString) -> FrameError { about("unknown value", path) }
    static func invalid(_ path: StaticString) -> FrameError { about("invalid", path) }
    static func missing(_ path: StaticString) -> FrameError { about("missing", path) }
    static func twoValues(_ path: StaticString) -> FrameError { about("two values", path) }
    static func tooLong(_ path: StaticString) -> FrameError { about("too long", path, code: .tooLarge) }
    static func tooMany(_ path: StaticString) -> FrameError { about("too many", path, code: .tooLarge) }

    private static func about(_ fault: String, _ path: StaticString, code: ErrorCode = .invalid) -> FrameError {
        FrameError(code: code, reason: "\(fault): \(path)")
    }

    /// The same error, seen from the message that holds the field `parent`.
    func under(_ parent: StaticString) -> FrameError {
        guard let colon = reason.firstIndex(of: ":") else { return self }
        let path = reason[colon...].dropFirst(2)
        return FrameError(code: code, reason: "\(reason[..<colon]): \(parent).\(path)", ref: ref)
    }
}
