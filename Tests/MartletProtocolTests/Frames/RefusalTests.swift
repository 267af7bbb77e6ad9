import MartletCore
import MartletProtocol
import Testing

/// Each refusal by its name.
@Suite struct Refusals {
    @Test(arguments: [
        ("", "malformed"),
        ("[]", "malformed"),
        ("{", "malformed"),
        (#"{"ping":{}"#, "malformed"),
        (#"{"ping":{},}"#, "malformed"),
        (#"{"ping":{}} x"#, "trailing bytes"),
        (#"{"ping":{}}{}"#, "trailing bytes"),
        (#"{}"#, "missing frame"),
        (#"{"ref":1}"#, "missing frame"),
        (#"{"ping":null}"#, "missing frame"),
        (#"{"pling":{}}"#, "unknown frame"),
        (#"{"Ping":{}}"#, "unknown frame"),
        (#"{"ping":{},"ack":{}}"#, "two frames"),
        (#"{"ack":{},"ping":{}}"#, "two frames"),
        (#"{"ping":{},"ping":{}}"#, "duplicate key"),
        (#"{"ping":{},"pin\u0067":{}}"#, "duplicate key"),
        (#"{"ack":{"seq":1,"seq":1}}"#, "duplicate key"),
        (#"{"ack":{"seq":null,"seq":1}}"#, "duplicate key"),
        (#"{"ping":[]}"#, "wrong type: ping"),
        (#"{"ack":{"seq":true}}"#, "wrong type: ack.seq"),
        (#"{"ack":{"seq":1.5}}"#, "wrong type: ack.seq"),
        (#"{"ack":{"seq":1e3}}"#, "wrong type: ack.seq"),
        (#"{"ack":{"seq":"x"}}"#, "wrong type: ack.seq"),
        (#"{"ack":{"seq":""}}"#, "wrong type: ack.seq"),
        (#"{"ack":{"seq":"01"}}"#, "wrong type: ack.seq"),
        (#"{"ack":{"seq":01}}"#, "malformed"),
        (#"{"ack":{"seq":-}}"#, "malformed"),
        (#"{"ack":{"seq":-1}}"#, "out of range: ack.seq"),
        (#"{"ack":{"seq":"9223372036854775808"}}"#, "out of range: ack.seq"),
        (#"{"ref":18446744073709551616,"ping":{}}"#, "out of range: ref"),
        (#"{"sync":{"limit":4294967296}}"#, "out of range: sync.limit"),
        (#"{"send":{"to":3}}"#, "wrong type: send.to"),
        (#"{"send":{"clientSequence":1}}"#, "missing: send.to"),
        (#"{"send":{"clientSequence":1,"to":{}}}"#, "missing: send.to"),
        (#"{"send":{"to":{"user":"b"}}}"#, "missing: send.clientSequence"),
        (#"{"send":{"to":{"user":"b","group":"b"}}}"#, "two values: send.to.group"),
        (#"{"send":{"to":{"user":""}}}"#, "invalid: send.to.user"),
        (#"{"send":{"to":{"user":"a/b"}}}"#, "invalid: send.to.user"),
        (#"{"send":{"to":{"user":"a\u0085"}}}"#, "invalid: send.to.user"),
        (#"{"send":{"type":"massage"}}"#, "unknown value: send.type"),
        (#"{"send":{"type":99}}"#, "unknown value: send.type"),
        (#"{"send":{"content":{"text":"a","bytes":""}}}"#, "two values: send.content.value"),
        (#"{"send":{"content":{"bytes":"a"}}}"#, "invalid: send.content.bytes"),
        (#"{"send":{"content":{"text":1}}}"#, "wrong type: send.content.text"),
        (#"{"send":{"headers":{}}}"#, "wrong type: send.headers"),
        (#"{"send":{"headers":[1]}}"#, "wrong type: send.headers"),
        (#"{"presence":{"query":["a/b"]}}"#, "invalid: presence.query"),
        (#"{"presence":{"query":[null]}}"#, "wrong type: presence.query"),
        (#"{"hello":{"device":"a/b"}}"#, "invalid: hello.device"),
        (#"{"hello":{"followsRedirects":1}}"#, "wrong type: hello.followsRedirects"),
        (#"{"read":{"seq":1}}"#, "missing: read.conversation"),
        (#"{"history":{}}"#, "missing: history.conversation"),
        (#"{"signal":{}}"#, "missing: signal.to"),
        (#"{"renew":{"token":"\ud800"}}"#, "lone surrogate"),
        (#"{"renew":{"token":"\udc00"}}"#, "lone surrogate"),
        (#"{"renew":{"token":"\ud800\ud800"}}"#, "lone surrogate"),
        (#"{"renew":{"token":"\x"}}"#, "malformed"),
        (#"{"renew":{"token":"\u12g4"}}"#, "malformed"),
        ("{\"renew\":{\"token\":\"a\tb\"}}", "malformed"),
        (#"{"x":tru,"ping":{}}"#, "malformed"),
        (#"{"x":{"y":[1,]},"ping":{}}"#, "malformed"),
        (#"{"ping":{"x":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}}"#, "too deep"),
    ]) func json(_ text: String, _ reason: String) {
        #expect(refusal(json: text)?.reason == reason)
        #expect(refusal(json: text)?.code == .invalid)
    }

    @Test func badUTF8InJSON() {
        #expect(
            refusal(Array(#"{"x":""#.utf8) + [0xC0, 0x80] + Array(#"","ping":{}}"#.utf8), .json)?.reason == "bad UTF-8")
    }

    @Test(
        arguments: [
            ([], "missing frame"),
            ([0x08, 0x01], "missing frame"),
            ([0x62], "malformed"),  // a tag without a value
            ([0x62, 0x01], "malformed"),  // a length beyond the end
            ([0x62, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "malformed"),
            ([0x00, 0x01], "malformed"),  // field number 0
            ([0x63], "malformed"),  // a group
            ([0x66], "malformed"),  // wire type 6
            ([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], "malformed"),  // a varint of 65 bits
            ([0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], "malformed"),
            ([0xFA, 0x07, 0x00], "unknown frame"),  // field 127
            ([0x62, 0x00, 0x2A, 0x00], "two frames"),
            ([0x2A, 0x00, 0x62, 0x00], "two frames"),
            ([0x62, 0x00, 0x62, 0x00], "duplicate key"),
            ([0x08, 0x01, 0x08, 0x01, 0x62, 0x00], "duplicate key"),
            ([0x60, 0x01], "wrong type: ping"),
            ([0x0A, 0x00, 0x62, 0x00], "wrong type: ref"),
            ([0x2A, 0x02, 0x0A, 0x00], "wrong type: ack.seq"),
            ([0x2A, 0x0B, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], "out of range: ack.seq"),
            ([0x3A, 0x06, 0x10, 0x80, 0x80, 0x80, 0x80, 0x10], "out of range: sync.limit"),
            ([0x12, 0x02, 0x28, 0x02], "out of range: hello.followsRedirects"),
            ([0x5A, 0x03, 0x0A, 0x01, 0xFF], "bad UTF-8"),
            ([0x5A, 0x05, 0x0A, 0x03, 0xED, 0xA0, 0x80], "bad UTF-8"),
            ([0x1A, 0x02, 0x58, 0x63], "unknown value: send.type"),
            ([0x1A, 0x04, 0x12, 0x02, 0x0A, 0x00], "invalid: send.to.user"),
            ([0x1A, 0x08, 0x12, 0x06, 0x0A, 0x01, 0x61, 0x12, 0x01, 0x61], "two values: send.to.group"),
            ([0x1A, 0x06, 0x72, 0x04, 0x12, 0x00, 0x1A, 0x00], "two values: send.content.value"),
        ] as [([UInt8], String)]) func proto(_ bytes: [UInt8], _ reason: String)
    {
        #expect(refusal(bytes, .proto)?.reason == reason)
        #expect(refusal(bytes, .proto)?.code == .invalid)
    }

    @Test func theRefIsEchoedWhereItWasRead() {
        #expect(refusal(json: #"{"ref":7,"send":{"to":3}}"#)?.ref == 7)
        #expect(refusal(json: #"{"ref":"7","nothing":{}}"#)?.ref == 7)
        #expect(refusal([0x08, 0x07, 0xFA, 0x07, 0x00], .proto)?.ref == 7)
        #expect(refusal(json: #"{"send":{"to":3},"ref":7}"#)?.ref == nil)
        #expect(refusal(json: #"{"ref":7,"presence":{"query":["a"]}}"#, limits: small)?.ref == 7)
    }

    private var small: Limits {
        var limits = Limits()
        (limits.maxFrameBytes, limits.maxContentBytes, limits.maxTokenBytes) = (200, 3, 3)
        (limits.maxHeaders, limits.maxHeaderBytes, limits.maxSignalBytes, limits.maxPresenceQuery) = (1, 4, 3, 0)
        return limits
    }

    @Test(arguments: [
        (#"{"hello":{"token":"four"}}"#, "too long: hello.token"),
        (#"{"renew":{"token":"four"}}"#, "too long: renew.token"),
        (#"{"send":{"clientSequence":1,"to":{"user":"b"},"content":{"text":"four"}}}"#, "too long: send.content"),
        (#"{"send":{"clientSequence":1,"to":{"user":"b"},"headers":[{},{}]}}"#, "too many: send.headers"),
        (#"{"send":{"clientSequence":1,"to":{"user":"b"},"headers":[{"name":"12345"}]}}"#, "too long: send.headers"),
        (#"{"signal":{"to":{"user":"b"},"type":"ab","content":{"text":"cd"}}}"#, "too long: signal"),
        (#"{"presence":{"unsubscribe":["a"]}}"#, "too many: presence"),
        (#"{"ping":{}}"# + String(repeating: " ", count: 200), "too long: frame"),
    ]) func limits(_ text: String, _ reason: String) {
        #expect(refusal(json: text, limits: small) == FrameError(code: .tooLarge, reason: reason))
    }

    @Test func unknownFieldsAreSkipped() throws {
        let json = #" {"new":[{"a":[1,-2.5e+3,"\u00e9",null,true]}],"ack":{"x":{},"seq":5,"y":false},"z":"s"} "#
        var ack = Ack()
        ack.seq = 5
        #expect(try decodeClient(Array(json.utf8), .json) == ClientEnvelope(.ack(ack)))
        let proto: [UInt8] = [
            0xFA, 0x07, 0x01, 0x07, 0x2A, 0x0B, 0x15, 1, 2, 3, 4, 0x08, 0x05, 0x18, 0xFF, 0x01, 0xFA, 0x07, 0x00,
        ]
        let padded = Array(proto[..<4]) + [0x2A, UInt8(proto.count - 6)] + proto[6...]
        #expect(try decodeClient(padded, .proto) == ClientEnvelope(.ack(ack)))
    }

    @Test func fieldsInAnyOrder() throws {
        var send = Send(to: Peer(.user, key("b")))
        (send.clientSequence, send.type, send.body.content) = (5, .edit, Content(text: "x"))
        let json = #"{"send":{"content":{"text":"x"},"type":2,"to":{"user":"b"},"clientSequence":"5"}}"#
        #expect(try decodeClient(Array(json.utf8), .json) == ClientEnvelope(.send(send)))
        let content: [UInt8] = [0x72, 0x03, 0x12, 0x01, 0x78]
        let rest: [UInt8] = [0x58, 0x02, 0x12, 0x03, 0x0A, 0x01, 0x62, 0x08, 0x05]
        #expect(try decodeClient([0x1A, 14] + content + rest, .proto) == ClientEnvelope(.send(send)))
    }

    @Test func anEntrysOwnCopyFieldsInAnyOrder() throws {
        // clientSequence before device, headers before content.
        let json = """
            {"messages":{"entries":[{"headers":[{}],"clientSequence":"9","device":"phone","content":{},\
            "from":"a","conversation":{"user":"b"}}]}}
            """
        guard case .messages(let messages) = try decodeServer(Array(json.utf8), .json).frame else { return }
        #expect(messages.entries[0].origin?.clientSequence == 9)
        #expect(messages.entries[0].origin?.device == DeviceID("phone"))
        #expect(try FrameCodec.decodeBody(messages.entries[0].content.body).headers == [Header()])
    }

    @Test func numbersMayComePackedOrNot() throws {
        let packed: [UInt8] = [0x12, 0x07, 0x0A, 0x01, 0x61, 0x5A, 0x02, 0x01, 0x02]
        let single: [UInt8] = [0x12, 0x07, 0x0A, 0x01, 0x61, 0x58, 0x01, 0x58, 0x02]
        #expect(try decodeServer(packed, .proto) == decodeServer(single, .proto))
        guard case .welcome(let welcome) = try decodeServer(packed, .proto).frame else { return }
        #expect(welcome.rejectedClientSequences == [1, 2])
    }
}

/// Whatever comes, a codec answers or refuses.
@Suite struct FrameFuzz {
    @Test func everyPrefixOfEveryFrame() {
        for sample in Samples.all {
            for encoding in FrameEncoding.allCases {
                let bytes = sample.encode(encoding)
                for end in bytes.indices {
                    let prefix = Array(bytes[..<end])
                    if encoding == .json {
                        #expect(throws: FrameError.self) { try sample.decodes(prefix, encoding) }
                    } else {
                        #expect((try? sample.decodes(prefix, encoding)) != true)
                    }
                }
            }
        }
    }

    @Test func randomAndDamagedBytes() {
        var random = SeededGenerator(state: 1)
        let frames = FrameEncoding.allCases.map { encoding in Samples.all.map { $0.encode(encoding) } }
        for round in 0..<4_000 {
            let (i, encoding) = (round % 2, FrameEncoding.allCases[round % 2])
            let bytes =
                round % 5 == 0 ? random.bytes(round % 40) : random.damage(frames[i][round / 2 % frames[i].count])
            if let envelope = try? decodeClient(bytes, encoding) {
                #expect((try? decodeClient(encode(envelope, encoding), encoding)) == envelope)
            }
            if let envelope = try? decodeServer(bytes, encoding) {
                #expect((try? decodeServer(encode(envelope, encoding), encoding)) == envelope)
            }
        }
    }
}
