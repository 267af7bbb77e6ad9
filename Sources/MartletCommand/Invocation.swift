/// A command line that was understood: which command, and the values of its options.
public struct Invocation: Sendable {
    /// The words from the program's name to the command: `["martlet", "ring", "simulate"]`.
    public let path: [String]
    public let command: Command
    /// Plain arguments, in order; empty unless the command takes some.
    public let arguments: [String]
    let values: [String: any Sendable]

    /// The option's value, or its default.
    public subscript<Value>(option: Option<Value>) -> Value { values[option.name] as? Value ?? option.absent }

    /// Whether the command line itself gave the option.
    public func wasGiven(_ option: any CommandOption) -> Bool { values[option.name] != nil }
}
