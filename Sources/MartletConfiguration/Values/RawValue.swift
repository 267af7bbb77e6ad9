/// A value as it stands in a file, a variable or an option, before its setting says what it means.
public enum RawValue: Hashable, Sendable {
    case text(String)
    case list([String])
    case map([TextPair])
}

/// One line of a mapping.
public struct TextPair: Hashable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
