public import MartletCore

/// A record of a log as a line for people, or as a JSON object for programs.
public struct RecordLine: Sendable {
    private let codec: RecordCodec
    private let isJSON: Bool
    private let showsContent: Bool

    public init(codec: RecordCodec, isJSON: Bool, showsContent: Bool) {
        self.codec = codec
        self.isJSON = isJSON
        self.showsContent = showsContent
    }

    /// Never more than one line, whatever the bytes are.
    public func text(_ logged: LoggedRecord) -> String {
        let fields = [("offset", Field.number(logged.offset))] + fields(logged)
        if isJSON { return "{" + fields.map { "\"\($0.0)\":\($0.1.json)" }.joined(separator: ",") + "}" }
        return fields.map { "\($0.0)=\($0.1.text)" }.joined(separator: " ")
    }

    private func fields(_ logged: LoggedRecord) -> [(String, Field)] {
        switch codec.decode(logged.bytes) {
        case .record(let record):
            [("kind", .text("\(record.body.kind)")), ("epoch", .number(record.epoch)), ("time", .number(record.time))]
                + fields(record.body)
        case .otherGeneration: [("kind", .text("void: of another generation"))]
        case .unknownSkippable(let kind): [("kind", .text("unknown \(kind), may be skipped"))]
        case .cannotUnderstand(let kind): [("kind", .text("unknown \(kind), must be understood"))]
        case .garbage: [("kind", .text("garbage")), ("bytes", .number(logged.bytes.count))]
        }
    }

    private func fields(_ body: Record.Body) -> [(String, Field)] {
        switch body {
        case .posted(let posted):
            [
                ("from", .text("\(posted.sender.user)")), ("device", .text("\(posted.sender.device)")),
                ("clientSequence", .number(posted.clientSequence)), ("to", .text("\(posted.to)")),
                ("id", .text("\(posted.id)")),
            ] + fields(posted.content)
        case .rejected(let rejected):
            [
                ("from", .text("\(rejected.sender.user)")), ("device", .text("\(rejected.sender.device)")),
                ("clientSequence", .number(rejected.clientSequence)), ("code", .text("\(rejected.code)")),
            ]
        case .incoming(let incoming):
            [
                ("source", .number(incoming.source.index)), ("sourceOffset", .number(incoming.sourceOffset)),
                ("m", .number(incoming.m)), ("from", .text("\(incoming.from)")), ("to", .text("\(incoming.to)")),
                ("id", .text("\(incoming.id)")),
            ] + fields(incoming.content)
        case .read(let mark):
            [
                ("user", .text("\(mark.user)")), ("conversation", .text("\(mark.conversation)")),
                ("seq", .number(mark.seq)),
            ]
        case .forgotten(let device): [("user", .text("\(device.user)")), ("device", .text("\(device.device)"))]
        case .setting(let setting):
            [
                ("user", .text("\(setting.user)")), ("name", .text("\(setting.name)")),
                ("bytes", .number(setting.value.count)),
            ]
        case .revoked(let revoked): [("user", .text("\(revoked.user)")), ("before", .number(revoked.before))]
        case .fence(let fence): [("rules", .number(fence.rules)), ("worker", .number(fence.worker))]
        case .checkpoint(let part):
            [
                ("position", .number(part.position)), ("part", .text("\(part.part + 1) of \(part.parts)")),
                ("rows", .number(part.rows.count)),
            ]
        }
    }

    private func fields(_ content: MessageContent) -> [(String, Field)] {
        let about: [(String, Field)] = [("type", .text("\(content.type)")), ("bytes", .number(content.body.count))]
        return showsContent ? about + [("content", .text(hexadecimal(content.body)))] : about
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

private enum Field {
    case number(any BinaryInteger)
    case text(String)

    var text: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): isPlain(text) ? text : quoted(text)
        }
    }

    var json: String {
        switch self {
        case .number(let number): "\(number)"
        case .text(let text): quoted(text)
        }
    }

    private func isPlain(_ text: String) -> Bool {
        !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "\"" && $0 != "=" && !isControl($0) }
    }

    private func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
    }

    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case _ where isControl(scalar):
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
