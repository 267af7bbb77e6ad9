import FoundationEssentials
import MartletCore

@testable import MartletProtocol

func key(_ name: String) -> Key { Key(trusted: Array(name.utf8)) }

func decodeClient(_ bytes: [UInt8], _ encoding: FrameEncoding, limits: Limits = Limits()) throws(FrameError)
    -> ClientEnvelope
{
    try unsafe FrameCodec.decodeClient(bytes.span.bytes, encoding, limits: limits)
}

func decodeServer(_ bytes: [UInt8], _ encoding: FrameEncoding) throws(FrameError) -> ServerEnvelope {
    try unsafe FrameCodec.decodeServer(bytes.span.bytes, encoding)
}

func signalView(_ bytes: [UInt8], limits: Limits = Limits()) -> SignalView? {
    unsafe FrameCodec.signalView(bytes.span.bytes, limits: limits)
}

func encode(_ envelope: ClientEnvelope, _ encoding: FrameEncoding) -> [UInt8] {
    var out: [UInt8] = []
    FrameCodec.encode(envelope, encoding, into: &out)
    return out
}

func encode(_ envelope: ServerEnvelope, _ encoding: FrameEncoding) -> [UInt8] {
    var out: [UInt8] = []
    FrameCodec.encode(envelope, encoding, into: &out)
    return out
}

/// What a client's frame is refused with; nil if it is not.
func refusal(_ bytes: [UInt8], _ encoding: FrameEncoding, limits: Limits = Limits()) -> FrameError? {
    do throws(FrameError) {
        _ = try decodeClient(bytes, encoding, limits: limits)
        return nil
    } catch {
        return error
    }
}

func refusal(json: String, limits: Limits = Limits()) -> FrameError? {
    refusal(Array(json.utf8), .json, limits: limits)
}

/// SplitMix64: the same bytes in every run.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }

    /// `bytes` with a few of them changed, removed or doubled.
    mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
        var out = bytes
        for _ in 0..<Int.random(in: 1...3, using: &self) where !out.isEmpty {
            let i = Int.random(in: out.indices, using: &self)
            switch next() % 4 {
            case 0: out[i] = UInt8(truncatingIfNeeded: next())
            case 1: out[i] ^= 1 << UInt8(next() % 8)
            case 2: out.remove(at: i)
            default: out.insert(out[i], at: i)
            }
        }
        return out
    }
}

/// Files of this repository.
enum Repository {
    static let root = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

    static func read(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: root + "/" + path)))
    }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root + "/" + folder).sorted()
    }
}
