/// Where the parts of a protobuf `signal` to a user lie in the bytes that it was found in.
///
/// Signals (typing, calls ringing) are most of what an edge passes on, so one is routed without being read into
/// values: nothing is allocated, and the content is never looked at again.
public struct SignalView: Equatable, Sendable {
    /// Offset and length, in bytes. Empty where a field is absent.
    public struct Part: Equatable, Sendable {
        public var offset: Int32 = 0
        public var length: Int32 = 0

        public var range: Range<Int> { Int(offset)..<Int(offset) + Int(length) }

        public init() {}

        init(_ range: Range<Int>) {
            offset = Int32(truncatingIfNeeded: range.lowerBound)
            length = Int32(truncatingIfNeeded: range.count)
        }
    }

    public var ref: UInt64?
    /// The user's key.
    public var to = Part()
    public var type = Part()
    /// The encoded `Content`; its fields are validated. `hasContent` tells an empty one from none.
    public var content = Part()
    public var hasContent = false
}
