/// An option as help and the parser see it; its value's type is `Option`'s business.
public protocol CommandOption: Sendable {
    /// Without the leading dashes.
    var name: String { get }
    /// What stands for the value in help (`N`, `FOLDER`, `TIME`); nil: a flag, which takes none.
    var placeholder: String? { get }
    var help: String { get }
    /// The default as a person would write it; nil: there is none, or it is not worth showing.
    var defaultText: String? { get }
    /// What values it takes, for help and errors; nil: any text.
    var domain: String? { get }
    var isRequired: Bool { get }

    func parseAny(_ text: String) throws(ValueError) -> any Sendable
}

/// Why a text is not a value of its option, as the end of a sentence: "a whole number from 1 to 64".
public struct ValueError: Error, Equatable, Sendable {
    public let expected: String
    public init(expected: String) { self.expected = expected }
}

/// An option with values of one type. Declare it once as a constant; read it as `invocation[option]`.
public struct Option<Value: Sendable>: CommandOption {
    public typealias Parse = @Sendable (String) throws(ValueError) -> Value

    public let name: String
    public let placeholder: String?
    public let help: String
    public let defaultText: String?
    public let domain: String?
    public let isRequired: Bool
    /// What `invocation[option]` gives where the command line did not say. For a required option it is never read.
    let absent: Value
    let parse: Parse

    public init(
        _ name: String, placeholder: String?, help: String, default absent: Value, defaultText: String?,
        domain: String? = nil, isRequired: Bool = false, parse: @escaping Parse
    ) {
        self.name = name
        self.placeholder = placeholder
        self.help = help
        self.defaultText = defaultText
        self.domain = domain
        self.isRequired = isRequired
        self.absent = absent
        self.parse = parse
    }

    public func parseAny(_ text: String) throws(ValueError) -> any Sendable { try parse(text) }
}
