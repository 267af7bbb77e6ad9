import Foundation
import MartletCore
import Testing

@testable import MartletKafka

@Suite struct RecordLineTests {
    private static let codec = RecordCodec(generation: 7)

    private func line(_ body: Record.Body, json: Bool = false, content: Bool = false) -> String {
        let bytes = RecordLineTests.codec.encode(Record(epoch: 3, time: 1_000, body: body))
        return line(bytes, json: json, content: content)
    }

    private func line(_ bytes: [UInt8], json: Bool = false, content: Bool = false) -> String {
        RecordLine(codec: RecordLineTests.codec, isJSON: json, showsContent: content)
            .text(LoggedRecord(offset: 12, bytes: bytes))
    }

    private func isOneLine(_ text: String) -> Bool { !text.contains { $0.isNewline } }

    private func posted(_ user: String) -> Record.Body {
        .posted(
            Posted(
                sender: DeviceKey(user: Key(trusted: Array(user.utf8)), device: DeviceID(trusted: Array("phone".utf8))),
                clientSequence: 5,
                to: Peer(.user, Key("bob")!), id: MessageID(9),
                content: MessageContent(type: .message, body: [0xAB, 0x01])))
    }

    @Test func aMessageIsALineWithoutWhatItSays() {
        #expect(
            line(posted("alice"))
                == "offset=12 kind=posted epoch=3 time=1000 from=alice device=phone clientSequence=5 to=user:bob id=9 "
                + "type=message bytes=2")
        #expect(line(posted("alice"), content: true).hasSuffix(" bytes=2 content=ab01"))
    }

    @Test(arguments: ["a\nb", "a b", "a\"b", "a=b", "a\u{2028}b", "a\\b\u{7F}", "ü\u{1F600}"])
    func whateverANameIsItIsOneLineAndAnObject(_ name: String) throws {
        #expect(isOneLine(line(posted(name))))
        let text = line(posted(name), json: true)
        #expect(isOneLine(text))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["from"] as? String == name)
        #expect(object["offset"] as? Int == 12)
    }

    @Test func whatIsNoRecordIsSaidSo() {
        #expect(line([]) == "offset=12 kind=garbage bytes=0")
        #expect(line([1, 2, 3]) == "offset=12 kind=garbage bytes=3")
        let other = RecordCodec(generation: 8).encode(Record(epoch: 1, time: 1, body: posted("alice")))
        #expect(line(other) == "offset=12 kind=\"void: of another generation\"")
        #expect(line([0x4D, 1, 250, 0, 7, 3, 2]) == "offset=12 kind=\"unknown 250, may be skipped\"")
        #expect(line([0x4D, 1, 250, 1, 7, 3, 2]) == "offset=12 kind=\"unknown 250, must be understood\"")
    }
}
