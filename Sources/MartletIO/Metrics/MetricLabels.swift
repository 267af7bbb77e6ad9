/// A metric's labels, from small closed sets: a state, a code, a loop's number; never the id of a user or a message.
public struct MetricLabels: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// In the order in which they are written out.
    let text: String

    /// Names must be letters, digits and `_`; values may be anything.
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    public init(_ elements: [(String, String)]) {
        precondition(elements.allSatisfy { isMetricName($0.0) }, "a label's name is letters, digits and _")
        text = elements.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    }

    var isEmpty: Bool { text.isEmpty }
}

func isMetricName(_ name: String) -> Bool {
    guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// As Prometheus wants label values (exposition format 0.0.4).
private func escaped(_ value: String) -> String {
    var result = ""
    for scalar in value.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\"": result += "\\\""
        case "\n": result += "\\n"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
