/// The head of an HTTP/1.1 message, requests and answers alike: a start line and fields, read so that no two readers
/// could disagree about it (RFC 9112; what it lets a server repair is refused here).
struct HTTPHead {
    struct Field {
        /// In lower case.
        var name: String
        /// Without the space around it.
        var value: String
    }

    enum Reading {
        case incomplete
        case head(HTTPHead, consumed: Int)
        case refused(status: Int, reason: StaticString)
    }

    struct Refusal: Error {
        var status: Int
        var reason: StaticString
    }

    var startLine: [UInt8]
    var fields: [Field]

    static func read(_ bytes: Span<UInt8>, maxBytes: Int) -> Reading {
        do throws(Refusal) {
            guard let end = try findEnd(bytes, maxBytes: maxBytes) else { return .incomplete }
            return .head(try HTTPHead(bytes.extracting(0..<end)), consumed: end)
        } catch {
            return .refused(status: error.status, reason: error.reason)
        }
    }

    /// Where the head ends, behind its empty line. Refuses line ends and control characters as early as they come.
    private static func findEnd(_ bytes: Span<UInt8>, maxBytes: Int) throws(Refusal) -> Int? {
        var lineStart = 0
        for i in 0..<min(bytes.count, maxBytes) {
            let previous = i > 0 ? bytes[i - 1] : 0
            switch bytes[i] {
            case 0x0A:
                guard previous == 0x0D else { throw Refusal(status: 400, reason: "bare LF") }
                if i - lineStart == 1 {
                    guard lineStart > 0 else { throw Refusal(status: 400, reason: "empty start line") }
                    return i + 1
                }
                lineStart = i + 1
            case _ where previous == 0x0D: throw Refusal(status: 400, reason: "bare CR")
            case 0x0D, 0x09, 0x20...0x7E, 0x80...: break
            default: throw Refusal(status: 400, reason: "control character")
            }
        }
        guard bytes.count < maxBytes else { throw Refusal(status: 431, reason: "head too long") }
        return nil
    }

    /// `bytes` is a head with well-formed line ends.
    private init(_ bytes: Span<UInt8>) throws(Refusal) {
        var lines: [[UInt8]] = []
        var start = 0
        for i in bytes.indices where bytes[i] == 0x0A {
            lines.append(Array(copying: bytes.extracting(start..<i - 1)))
            start = i + 1
        }
        startLine = lines[0]
        fields = []
        for line in lines[1..<lines.count - 1] { fields.append(try HTTPHead.field(line)) }
    }

    private static func field(_ line: [UInt8]) throws(Refusal) -> Field {
        guard line[0] != 0x20, line[0] != 0x09 else { throw Refusal(status: 400, reason: "folded header") }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, line[..<colon].allSatisfy(isToken) else {
            throw Refusal(status: 400, reason: "bad header name")
        }
        var value = line[(colon + 1)...]
        value = value.drop { $0 == 0x20 || $0 == 0x09 }
        while value.last == 0x20 || value.last == 0x09 { value.removeLast() }
        return Field(
            name: String(decoding: line[..<colon], as: UTF8.self).lowercased(),
            value: String(decoding: value, as: UTF8.self))
    }

    /// RFC 9110, section 5.6.2.
    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension HTTPHead {
    /// The value of a field that may stand once only; nil if it is not there.
    func single(_ name: String) throws(Refusal) -> String? {
        let values = fields.filter { $0.name == name }
        guard values.count <= 1 else { throw Refusal(status: 400, reason: "duplicate header") }
        return values.first?.value
    }

    /// The members of a field that is a comma-separated list, however many lines it takes; empty ones left out.
    func list(_ name: String) -> [String] {
        fields.filter { $0.name == name }.flatMap { field in
            field.value.utf8.split(separator: UInt8(ascii: ",")).compactMap { part in
                var member = part.drop { $0 == 0x20 || $0 == 0x09 }
                while member.last == 0x20 || member.last == 0x09 { member.removeLast() }
                return member.isEmpty ? nil : String(Substring(member))
            }
        }
    }

    func has(_ name: String) -> Bool { fields.contains { $0.name == name } }
}
