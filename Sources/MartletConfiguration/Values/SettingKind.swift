import MartletCommand

/// What values a setting takes, and how they are written: one reader for files, variables and options.
public struct SettingKind<Value: Sendable>: Sendable {
    /// For the reference page, such as `time`.
    public let type: String
    /// What stands for a value in help, such as `TIME`.
    public let placeholder: String
    /// The values it takes, as the end of "expected …".
    public let domain: String
    let parse: @Sendable (RawValue) throws(ValueError) -> Value
    let text: @Sendable (Value) -> String

    init(
        type: String, placeholder: String, domain: String,
        parse: @escaping @Sendable (RawValue) throws(ValueError) -> Value, text: @escaping @Sendable (Value) -> String
    ) {
        self.type = type
        self.placeholder = placeholder
        self.domain = domain
        self.parse = parse
        self.text = text
    }

    /// A kind whose values are single words; `read` gives nil for what is none.
    init(
        scalar type: String, placeholder: String, domain: String, read: @escaping @Sendable (String) -> Value?,
        text: @escaping @Sendable (Value) -> String
    ) {
        self.init(
            type: type, placeholder: placeholder, domain: domain,
            parse: { raw throws(ValueError) in
                guard case .text(let word) = raw, let value = read(word) else { throw ValueError(expected: domain) }
                return value
            }, text: text)
    }
}
