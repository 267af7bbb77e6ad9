import MartletCore

extension JSONReader: FieldVisitor {
    @inline(never)
    mutating func unsigned(_ number: Int, _ name: StaticString, _ value: inout UInt64, bits: Int)
        throws(FrameError) -> Bool
    {
        guard try begins(number, name) else { return false }
        let read = try integer(name)
        guard bits == 64 || read <= UInt64(UInt32.max) else { throw .outOfRange(name) }
        value = read
        try next()
        return true
    }

    @inline(never)
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout UInt64?) throws(FrameError) -> Bool {
        guard try begins(number, name) else { return false }
        value = try integer(name)
        try next()
        return true
    }

    @inline(never)
    mutating func flag(_ number: Int, _ name: StaticString, _ value: inout Bool) throws(FrameError) -> Bool {
        guard try begins(number, name) else { return false }
        if try scanner.take("true") {
            value = true
        } else {
            guard try scanner.take("false") else { throw .wrongType(name) }
            value = false
        }
        try next()
        return true
    }

    @inline(never)
    mutating func text(_ number: Int, _ name: StaticString, _ value: inout String) throws(FrameError) -> Bool {
        guard try begins(number, name) else { return false }
        value = try string(name)
        try next()
        return true
    }

    @inline(never)
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout String?) throws(FrameError) -> Bool {
        guard try begins(number, name) else { return false }
        value = try string(name)
        try next()
        return true
    }

    @inline(never)
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout [UInt8]?) throws(FrameError) -> Bool {
        guard try begins(number, name) else { return false }
        let text = try utf8(name)
        guard let read = Base64.decode(text.span) else { throw .invalid(name) }
        value = read
        try next()
        return true
    }

    @inline(never)
    mutating func identifier(_ number: Int, _ name: StaticString, _ value: inout [UInt8]) throws(FrameError) -> Bool {
        guard try begins(number, name) else { return false }
        value = try utf8(name)
        try next()
        return true
    }

    @inline(never)
    mutating func choice<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E)
        throws(FrameError) -> Bool
    {
        guard try begins(number, name) else { return false }
        if try scanner.peek() == UInt8(ascii: "\"") {
            let spelled = try utf8(name)
            guard let known = E.wireValues.first(where: { spelled.span.equals($0.wireName) }) else {
                throw .unknownValue(name)
            }
            value = known
        } else {
            let read = try integer(name)
            guard let known = UInt8(exactly: read).flatMap(E.init) else { throw .unknownValue(name) }
            value = known
        }
        try next()
        return true
    }

    @inline(never)
    mutating func optional<M: FrameFields>(_ number: Int, _ name: StaticString, _ value: inout M?)
        throws(FrameError) -> Bool
    {
        guard try begins(number, name) else { return false }
        var message = M()
        try nested(&message, name)
        value = message
        try next()
        return true
    }

    @inline(never)
    mutating func list<M: FrameFields>(_ number: Int, _ name: StaticString, _ values: inout [M])
        throws(FrameError) -> Bool
    {
        guard try begins(number, name) else { return false }
        try array(name) { (reader: inout JSONReader) throws(FrameError) in
            var message = M()
            try reader.nested(&message, name)
            values.append(message)
        }
        try next()
        return true
    }

    @inline(never)
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [UInt64]) throws(FrameError) -> Bool {
        guard try begins(number, name) else { return false }
        try array(name) { (reader: inout JSONReader) throws(FrameError) in values.append(try reader.integer(name)) }
        try next()
        return true
    }

    @inline(never)
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [Key]) throws(FrameError) -> Bool {
        guard try begins(number, name) else { return false }
        try array(name) { (reader: inout JSONReader) throws(FrameError) in
            guard let key = Key(try reader.utf8(name)) else { throw .invalid(name) }
            values.append(key)
        }
        try next()
        return true
    }

    @inline(never)
    mutating func splice(_ body: inout [UInt8]) throws(FrameError) -> Bool {
        try readBody(&body)
    }
}
