import MartletCore
import Testing

@testable import MartletProtocol

/// Lists the fields of a message as martlet.proto would declare them.
struct SchemaVisitor: FieldVisitor {
    var fields: Set<String> = []
    var messages: [String: Set<String>] = [:]

    static func messages<M: FrameFields>(under root: M) -> [String: Set<String>] {
        var visitor = SchemaVisitor()
        visitor.message(M.self)
        return visitor.messages
    }

    private mutating func add(_ number: Int, _ name: StaticString, _ type: String) -> Bool {
        fields.insert("\(type) \(name) = \(number)")
        return false
    }

    private mutating func message<M: FrameFields>(_: M.Type) {
        guard messages[M.messageName] == nil else { return }
        messages[M.messageName] = []
        let outer = fields
        fields = []
        var empty = M()
        #expect(throws: Never.self) { try empty.visit(&self) }
        messages[M.messageName] = fields
        fields = outer
    }

    mutating func unsigned(_ number: Int, _ name: StaticString, _ value: inout UInt64, bits: Int) -> Bool {
        add(number, name, "uint\(bits)")
    }
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout UInt64?) -> Bool {
        add(number, name, "optional uint64")
    }
    mutating func flag(_ number: Int, _ name: StaticString, _ value: inout Bool) -> Bool {
        add(number, name, "bool")
    }
    mutating func text(_ number: Int, _ name: StaticString, _ value: inout String) -> Bool {
        add(number, name, "string")
    }
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout String?) -> Bool {
        add(number, name, "string")
    }
    mutating func optional(_ number: Int, _ name: StaticString, _ value: inout [UInt8]?) -> Bool {
        add(number, name, "bytes")
    }
    mutating func identifier(_ number: Int, _ name: StaticString, _ value: inout [UInt8]) -> Bool {
        add(number, name, "string")
    }
    mutating func choice<E: WireEnum>(_ number: Int, _ name: StaticString, _ value: inout E) -> Bool {
        messages[E.enumName] = Set(E.wireValues.map { "\($0.wireName) = \($0.rawValue)" })
        return add(number, name, E.enumName)
    }
    mutating func optional<M: FrameFields>(_ number: Int, _ name: StaticString, _ value: inout M?) -> Bool {
        message(M.self)
        return add(number, name, M.messageName)
    }
    mutating func list<M: FrameFields>(_ number: Int, _ name: StaticString, _ values: inout [M]) -> Bool {
        message(M.self)
        return add(number, name, "repeated \(M.messageName)")
    }
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [UInt64]) -> Bool {
        add(number, name, "repeated uint64")
    }
    mutating func list(_ number: Int, _ name: StaticString, _ values: inout [Key]) -> Bool {
        add(number, name, "repeated string")
    }
    mutating func splice(_ body: inout [UInt8]) throws(FrameError) -> Bool {
        var fields = MessageBody()
        try fields.visit(&self)
        message(MessageBody.self)
        return false
    }
}

/// martlet.proto and the field lists say the same.
@Suite struct Schema {
    /// Messages and enums of martlet.proto with what they declare.
    static func declared() throws -> [String: Set<String>] {
        let text = String(decoding: try Repository.read("Sources/MartletProtocol/martlet.proto"), as: UTF8.self)
        var declared: [String: Set<String>] = [:]
        var name = ""
        for line in text.split(separator: "\n").map({ $0.drop { $0 == " " } }) {
            let words = line.split(separator: " ")
            if line.hasPrefix("//") { continue }
            if words.last == "{", words[0] == "message" || words[0] == "enum" {
                name = String(words[1])
                declared[name] = []
            }
            if line.hasSuffix(";"), !name.isEmpty { declared[name]?.insert(String(line.dropLast())) }
        }
        return declared
    }

    @Test func fieldListsAgreeWithTheProtoFile() throws {
        var declared = try Schema.declared()
        // 0 is "absent" in these two.
        declared["EntryType"]?.remove("noType = 0")
        declared["ErrorCode"]?.remove("noError = 0")
        let listed = SchemaVisitor.messages(under: EnvelopeDraft<ClientFrame>())
            .merging(SchemaVisitor.messages(under: EnvelopeDraft<ServerFrame>())) { a, _ in a }
        #expect(declared.keys.sorted() == listed.keys.sorted())
        for name in declared.keys.sorted() { #expect(declared[name] == listed[name], "\(name)") }
        #expect(declared.count > 30)
    }
}
