import MartletCore

extension ProtoReader: FieldVisitor {
    mutating func unsigned(_ number: Int, _ name: StaticString, _ value: inout UInt64, bits: Int)
        throws(FrameError) -> Bool
    {
        guard try begins(number) else { return false }
        let read = try self.number(name)
        guard bits == 64 || read <= UInt64(UInt32.max) else { throw .outOfRange(name) }
        value = read
        try next()
        return true
    }

    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout UInt64?) throws(FrameError) -> Bool {
        guard try begins(number) else { return false }
        value = try self.number(name)
        try next()
        return true
    }

    mutating func flag(_ number: Int, _ name: StaticString, _ value: inout Bool) throws(FrameError) -> Bool {
        guard try begins(number) else { return false }
        let read = try self.number(name)
        guard read <= 1 else { throw .outOfRange(name) }
        value = read == 1
        try next()
        return true
    }

    @inline(never)
    mutating func text(_ number: Int, _ name: StaticString, _ value: inout String) throws(FrameError) -> Bool {
        guard try begins(number) else { return false }
        value = String(copying: input.extracting(try utf8(name)))
        try next()
        return true
    }

    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout String?) throws(FrameError) -> Bool {
        guard try begins(number) else { return false }
        value = String(copying: input.extracting(try utf8(name)))
        try next()
        return true
    }

    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout [UInt8]?) throws(FrameError) -> Bool {
        guard try begins(number) else { return false }
        value = Array(copying: input.extracting(try bytes(name)))
        try next()
        return true
    }

    @inline(never)
    mutating func identifier(_ number: Int, _ name: StaticString, _ value: inout [UInt8]) throws(FrameError) -> Bool {
        guard try begins(number) else { return false }
        value = Array(copying: input.extracting(try utf8(name)))
        try next()
        return true
    }

    @inline(never)
    mutating func choice<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E)
        throws(FrameError) -> Bool
    {
        guard try begins(number) else { return false }
        let read = try self.number(name)
        if let known = UInt8(exactly: read).flatMap(E.init) {
            value = known
        } else if read != 0 {
            throw .unknownValue(name)
        }
        try next()
        return true
    }

    @inline(never)
    mutating func optional<M: FrameFields>(_ number: Int, _ name: StaticString, _ value: inout M?)
        throws(FrameError) -> Bool
    {
        guard try begins(number) else { return false }
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
        var read = false
        while self.number == number {
            var message = M()
            try nested(&message, name)
            values.append(message)
            read = true
            try next()
        }
        return read
    }

    @inline(never)
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [UInt64]) throws(FrameError) -> Bool {
        var read = false
        while self.number == number {
            if wire == .delimited {
                try packed { values.append($0) }
            } else {
                values.append(try self.number(name))
            }
            read = true
            try next()
        }
        return read
    }

    @inline(never)
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [Key]) throws(FrameError) -> Bool {
        var read = false
        while self.number == number {
            guard let key = Key(Array(copying: input.extracting(try utf8(name)))) else { throw .invalid(name) }
            values.append(key)
            read = true
            try next()
        }
        return read
    }

    @inline(never)
    mutating func splice(_ body: inout [UInt8]) throws(FrameError) -> Bool {
        try readBody(&body)
    }
}

extension FieldVisitor where Self: ~Escapable {
    /// How a reader fills a field that holds `MessageBody` encoded: it reads the fields, so they are validated and
    /// canonical, whatever encoding they came in.
    mutating func readBody(_ body: inout [UInt8]) throws(FrameError) -> Bool {
        var part = MessageBody()
        try part.visit(&self)
        guard part.content != nil || !part.headers.isEmpty else { return false }
        FrameCodec.encodeBody(part, into: &body)
        return true
    }
}
