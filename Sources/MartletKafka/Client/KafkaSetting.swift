/// One of librdkafka's settings, passed on as it is.
public struct KafkaSetting: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
