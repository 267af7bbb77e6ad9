/// The first line of a request: `GET /path?query HTTP/1.1`.
struct RequestLine {
    var path: String
    var query: String
    var isHTTP11: Bool

    /// Exactly two spaces; the target in origin-form.
    init(_ line: [UInt8]) throws(HTTPHead.Refusal) {
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(HTTPHead.isToken) else {
            throw HTTPHead.Refusal(status: 400, reason: "bad request line")
        }
        isHTTP11 = parts[2].elementsEqual("HTTP/1.1".utf8)
        guard isHTTP11 || parts[2].elementsEqual("HTTP/1.0".utf8) else {
            throw HTTPHead.Refusal(status: 505, reason: "HTTP version")
        }
        guard parts[0].elementsEqual("GET".utf8) else { throw HTTPHead.Refusal(status: 405, reason: "only GET") }
        let target = parts[1]
        guard target.first == UInt8(ascii: "/"), target.allSatisfy(RequestLine.isTarget) else {
            throw HTTPHead.Refusal(status: 400, reason: "bad target")
        }
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        path = String(decoding: target[..<mark], as: UTF8.self)
        query = String(decoding: target[mark...].dropFirst(), as: UTF8.self)
    }

    /// Visible ASCII without what RFC 3986 keeps out of a target.
    private static func isTarget(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"#\"<>\\^`{|}".utf8.contains(byte)
    }

    /// `a=1&b=2`. A `+` is refused, since some read it as a space, and so is a name that stands twice.
    static func items(_ query: String) throws(HTTPHead.Refusal) -> [RequestHead.QueryItem] {
        var items: [RequestHead.QueryItem] = []
        for part in query.utf8.split(separator: UInt8(ascii: "&")) {
            let mark = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            guard let name = decode(part[..<mark]), let value = decode(part[mark...].dropFirst()) else {
                throw HTTPHead.Refusal(status: 400, reason: "bad query")
            }
            guard !items.contains(where: { $0.name == name }) else {
                throw HTTPHead.Refusal(status: 400, reason: "duplicate query item")
            }
            items.append(RequestHead.QueryItem(name: name, value: value))
        }
        return items
    }

    /// Percent-decoded; nil if that is not UTF-8, or holds a `+`.
    private static func decode(_ text: Substring.UTF8View) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): return nil
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let value = hex(rest.removeFirst(), rest.removeFirst()) else { return nil }
                bytes.append(value)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ high: UInt8, _ low: UInt8) -> UInt8? {
        guard let high = JSONEscape.digit(high), let low = JSONEscape.digit(low) else { return nil }
        return UInt8(high << 4 | low)
    }
}
