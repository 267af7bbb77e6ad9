import MartletCore
import Testing

@testable import MartletProtocol

/// The path of a signal without values says the same as the general one.
@Suite struct Signals {
    /// What the general codec makes of a signal.
    static func reference(_ bytes: [UInt8], from: Key, limits: Limits = Limits()) -> [UInt8]? {
        guard let envelope = try? decodeClient(bytes, .proto, limits: limits),
            case .signal(let signal) = envelope.frame,
            signal.to.kind == .user
        else { return nil }
        var incoming = IncomingSignal(from: from)
        (incoming.type, incoming.content) = (signal.type, signal.content)
        return encode(ServerEnvelope(.signal(incoming)), .proto)
    }

    static func spliced(_ bytes: [UInt8], from: Key, limits: Limits = Limits()) -> [UInt8]? {
        guard let view = signalView(bytes, limits: limits) else { return nil }
        var out: [UInt8] = []
        unsafe FrameCodec.encodeSignal(from: from.bytes.span, source: bytes.span.bytes, view: view, into: &out)
        return out
    }

    @Test(arguments: [0, 1, 100, 127, 128, 129, 3000]) func splicesWhatTheGeneralCodecWrites(_ length: Int) {
        for type in ["", "typing"] {
            for content in [nil, Content(), Content(text: String(repeating: "\u{E9}", count: length / 2))] {
                var signal = Signal(to: Samples.bob)
                (signal.type, signal.content) = (type, content)
                let bytes = encode(ClientEnvelope(ref: UInt64(length), .signal(signal)), .proto)
                #expect(Signals.spliced(bytes, from: key("alice")) == Signals.reference(bytes, from: key("alice")))
                #expect(signalView(bytes)?.ref == UInt64(length))
                #expect(signalView(bytes).map { Array(bytes[$0.to.range]) } == Array("bob".utf8))
            }
        }
    }

    @Test func isNilForEverythingElse() {
        for sample in Samples.all where sample.name != "client-signal" {
            #expect(signalView(sample.encode(.proto)) == nil, "\(sample.name)")
        }
        #expect(signalView(encode(ClientEnvelope(.signal(Signal(to: Samples.team))), .proto)) == nil)
    }

    @Test func keepsTheLimits() {
        var limits = Limits()
        let bytes = encode(ClientEnvelope(.signal(Samples.signal)), .proto)
        limits.maxSignalBytes = Samples.signal.type.utf8.count + Samples.bytes.cost
        #expect(signalView(bytes, limits: limits) != nil)
        limits.maxSignalBytes -= 1
        #expect(signalView(bytes, limits: limits) == nil)
        limits = Limits()
        limits.maxFrameBytes = bytes.count - 1
        #expect(signalView(bytes, limits: limits) == nil)
    }

    @Test func neverAcceptsWhatTheGeneralCodecRefuses() {
        var random = SeededGenerator(state: 2)
        let bytes = encode(ClientEnvelope(ref: 300, .signal(Samples.signal)), .proto)
        var limits = Limits()
        limits.maxSignalBytes = 290
        var accepted = 0
        for end in bytes.indices { #expect(signalView(Array(bytes[..<end])) == nil) }
        for _ in 0..<20_000 {
            let damaged = random.damage(bytes)
            guard let spliced = Signals.spliced(damaged, from: key("alice"), limits: limits) else { continue }
            accepted += 1
            let reference = Signals.reference(damaged, from: key("alice"), limits: limits)
            #expect(reference != nil)
            // Fields in another order are spliced as they came: compare what they say.
            #expect((try? decodeServer(spliced, .proto)) == reference.flatMap { try? decodeServer($0, .proto) })
        }
        #expect(accepted > 1000)
    }

    @Test func aKeyIsOneByTheSameRule() {
        var random = SeededGenerator(state: 3)
        for round in 0..<20_000 {
            var bytes = random.bytes(round % 6)
            if round % 3 == 0 { bytes = Array("\u{C0}\u{9F}\u{A0}/\u{7F}a".utf8).shuffled(using: &random) }
            #expect(isKey(bytes) == (Key(bytes) != nil))
        }
        #expect(isKey([UInt8](repeating: 97, count: 128)))
        #expect(!isKey([UInt8](repeating: 97, count: 129)))
    }

    private func isKey(_ bytes: [UInt8]) -> Bool { Identifier.isValid(bytes.span, maxBytes: Key.maxBytes) }
}
