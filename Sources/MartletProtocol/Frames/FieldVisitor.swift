import MartletCore

/// A message of martlet.proto: it lists its fields once, and each reader and each writer visits that list.
///
/// The list must be in ascending order of numbers: writers write in its order. A reader walks it as often as needed
/// until the input is used up, so a list may not have side effects beyond its own fields.
protocol FrameFields {
    /// Its name in martlet.proto.
    static var messageName: String { get }
    /// The empty message, as a reader starts from. Fields that have no empty value hold one that `finish` refuses.
    init()
    mutating func visit<V: FieldVisitor & ~Escapable>(_ v: inout V) throws(FrameError)
    /// Called when all has been read: refuses what is missing.
    func finish() throws(FrameError)
}

extension FrameFields {
    func finish() throws(FrameError) {}
}

/// Enum values as martlet.proto spells them. 0 is the default there, and is not written.
protocol WireEnum: RawRepresentable, Sendable where RawValue == UInt8 {
    static var enumName: String { get }
    static var wireValues: [Self] { get }
    var wireName: StaticString { get }
}

/// Reads or writes one field after the other. A reader answers true where it has set the value; a writer leaves the
/// value alone and answers false. Values that are empty are not written, unless they are optional.
///
/// The larger methods are `@inline(never)` where they are implemented: each list is specialised for each visitor, and
/// with everything inlined into every list this target took more than twice as long to build and was no faster.
protocol FieldVisitor: ~Escapable {
    /// `bits`: 32 or 64.
    mutating func unsigned(_ number: Int, _ name: StaticString, _ value: inout UInt64, bits: Int)
        throws(FrameError) -> Bool
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout UInt64?) throws(FrameError) -> Bool
    mutating func flag(_ number: Int, _ name: StaticString, _ value: inout Bool) throws(FrameError) -> Bool
    mutating func text(_ number: Int, _ name: StaticString, _ value: inout String) throws(FrameError) -> Bool
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout String?) throws(FrameError) -> Bool
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout [UInt8]?) throws(FrameError) -> Bool
    /// A string as its UTF-8 bytes.
    mutating func identifier(_ number: Int, _ name: StaticString, _ value: inout [UInt8]) throws(FrameError) -> Bool
    mutating func choice<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E)
        throws(FrameError) -> Bool
    mutating func optional<M: FrameFields>(_ number: Int, _ name: StaticString, _ value: inout M?)
        throws(FrameError) -> Bool
    mutating func list<M: FrameFields>(_ number: Int, _ name: StaticString, _ values: inout [M])
        throws(FrameError) -> Bool
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [UInt64]) throws(FrameError) -> Bool
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [Key]) throws(FrameError) -> Bool
    /// The fields of `MessageBody`, held encoded.
    mutating func splice(_ body: inout [UInt8]) throws(FrameError) -> Bool
}
