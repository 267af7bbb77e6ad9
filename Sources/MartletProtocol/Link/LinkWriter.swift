import MartletCore

/// Writes the fields of link frames.
struct LinkWriter {
    var out: [UInt8] = []

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        out.append(UInt8(truncatingIfNeeded: rest))
    }

    /// An offset or a time may be -1 ("nothing yet"): it travels as its bits.
    mutating func signed(_ value: Int64) { number(UInt64(bitPattern: value)) }
    mutating func flag(_ value: Bool) { out.append(value ? 1 : 0) }
    mutating func kind(_ kind: LinkKind) { out.append(kind.rawValue) }

    mutating func bytes(_ value: [UInt8]) {
        number(UInt64(value.count))
        out.append(contentsOf: value)
    }

    mutating func text(_ value: String) {
        number(UInt64(value.utf8.count))
        out.append(contentsOf: value.utf8)
    }

    mutating func numbers(_ values: [UInt64]) {
        number(UInt64(values.count))
        for value in values { number(value) }
    }

    mutating func frame(_ frame: LinkFrame) {
        switch frame {
        case .hello(let value): hello(value)
        case .challenge(let value): tagged(.challenge) { $0.bytes(value) }
        case .proof(let value): tagged(.proof) { $0.bytes(value) }
        case .ping(let value): tagged(.ping) { $0.number(value) }
        case .pong(let value): tagged(.pong) { $0.number(value) }
        case .bye(let reason): tagged(.bye) { $0.text(reason) }
        case .slot(let slot, let message): self.message(message, to: slot)
        case .edge(let message): self.message(message)
        }
    }

    private mutating func tagged(_ kind: LinkKind, _ fields: (inout LinkWriter) -> Void) {
        self.kind(kind)
        fields(&self)
    }

    private mutating func hello(_ hello: LinkHello) {
        kind(.hello)
        number(UInt64(hello.version))
        text(hello.cluster)
        bytes(hello.node.bytes)
        number(hello.incarnation)
        bytes(hello.nonce)
    }
}
