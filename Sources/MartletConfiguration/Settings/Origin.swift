/// Where a setting's value came from; a later kind wins over an earlier one.
public struct Origin: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Int, Sendable, Hashable {
        case standard, file, environment, option
    }

    public let kind: Kind
    /// `martlet.yaml:3:9`, `MARTLET_REDIS_ADDRESS`, `--redis-address`; `default`.
    public let description: String

    static let standard = Origin(kind: .standard, description: "default")
}
