import MartletCore

/// The types that frames use, on top of the few that visitors know.
extension FieldVisitor where Self: ~Escapable {
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64) throws(FrameError) {
        _ = try unsigned(number, name, &value, bits: 64)
    }

    /// A seq, a time or a span of time: never negative on the wire.
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64) throws(FrameError) {
        var wire = UInt64(clamping: value)
        guard try unsigned(number, name, &wire, bits: 64) else { return }
        guard let read = Int64(exactly: wire) else { throw .outOfRange(name) }
        value = read
    }

    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int64?) throws(FrameError) {
        var wire = value.map { UInt64(clamping: $0) }
        guard try optional(number, name, &wire), let wire else { return }
        guard let read = Int64(exactly: wire) else { throw .outOfRange(name) }
        value = read
    }

    mutating func field(_ number: Int, _ name: StaticString, _ value: inout UInt64?) throws(FrameError) {
        _ = try optional(number, name, &value)
    }

    /// A count: 32 bits on the wire.
    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Int) throws(FrameError) {
        var wire = UInt64(UInt32(clamping: value))
        if try unsigned(number, name, &wire, bits: 32) { value = Int(truncatingIfNeeded: wire) }
    }

    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Bool) throws(FrameError) {
        _ = try flag(number, name, &value)
    }

    mutating func field(_ number: Int, _ name: StaticString, _ value: inout String) throws(FrameError) {
        _ = try text(number, name, &value)
    }

    mutating func field(_ number: Int, _ name: StaticString, _ value: inout MessageID) throws(FrameError) {
        var wire = value.rawValue
        if try unsigned(number, name, &wire, bits: 64) { value = MessageID(wire) }
    }

    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Key) throws(FrameError) {
        var wire = value.bytes
        guard try identifier(number, name, &wire) else { return }
        guard let key = Key(wire) else { throw .invalid(name) }
        value = key
    }

    mutating func field(_ number: Int, _ name: StaticString, _ value: inout Key?) throws(FrameError) {
        var key = value ?? .absent
        try field(number, name, &key)
        if !key.isAbsent { value = key }
    }

    mutating func field<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) throws(FrameError) {
        _ = try choice(number, name, &value)
    }

    mutating func field<M: FrameFields>(_ number: Int, _ name: StaticString, _ value: inout M?) throws(FrameError) {
        _ = try optional(number, name, &value)
    }

    mutating func field<M: FrameFields>(_ number: Int, _ name: StaticString, _ value: inout M) throws(FrameError) {
        var wire: M? = value
        if try optional(number, name, &wire), let wire { value = wire }
    }

    mutating func field<M: FrameFields>(_ number: Int, _ name: StaticString, _ values: inout [M]) throws(FrameError) {
        _ = try list(number, name, &values)
    }

    mutating func field(_ number: Int, _ name: StaticString, _ values: inout [UInt64]) throws(FrameError) {
        _ = try list(number, name, &values)
    }

    mutating func field(_ number: Int, _ name: StaticString, _ values: inout [Key]) throws(FrameError) {
        _ = try list(number, name, &values)
    }

    /// One member of an envelope's oneof: `embed` makes the frame, `extract` opens it.
    mutating func frame<F, M: FrameFields>(
        _ number: Int, _ name: StaticString, _ frame: inout F?, _ embed: (M) -> F, _ extract: (F) -> M?
    ) throws(FrameError) {
        var member = frame.flatMap(extract)
        guard try optional(number, name, &member), let member else { return }
        guard frame == nil else { throw .twoFrames }
        frame = embed(member)
    }
}

extension Key {
    /// What a reader starts from: no valid key is empty.
    static var absent: Key { Key(trusted: []) }
    var isAbsent: Bool { bytes.isEmpty }
}
