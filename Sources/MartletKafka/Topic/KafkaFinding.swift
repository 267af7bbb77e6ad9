/// A setting of the topic that breaks a promise.
public struct KafkaFinding: Hashable, Sendable, CustomStringConvertible {
    /// As Kafka calls it.
    public let name: String
    public let found: String
    public let wanted: String
    /// What would not hold.
    public let why: String

    public var description: String { "\(name) is \(found), wanted: \(wanted) (\(why))" }
}
