import FoundationEssentials
import MartletCore
import MartletProtocol
import Testing

/// Frames that the official protobuf runtime wrote (Tests/Golden/make.py): both encodings are read to the same value,
/// and written to the same bytes.
@Suite struct GoldenFrames {
    static let names = (try? Repository.names(in: "Tests/Golden/frames")) ?? []
    static let frames = names.filter { $0.hasSuffix(".pb") }.map { String($0.dropLast(3)) }

    @Test(arguments: frames.filter { $0.hasPrefix("client-") }) func client(_ name: String) throws {
        let (proto, json) = try GoldenFrames.files(name)
        let envelope = try decodeClient(proto, .proto)
        #expect(try decodeClient(json, .json) == envelope)
        #expect(encode(envelope, .proto) == proto)
        #expect(String(decoding: encode(envelope, .json), as: UTF8.self) == String(decoding: json, as: UTF8.self))
    }

    @Test(arguments: frames.filter { $0.hasPrefix("server-") }) func server(_ name: String) throws {
        let (proto, json) = try GoldenFrames.files(name)
        let envelope = try decodeServer(proto, .proto)
        #expect(try decodeServer(json, .json) == envelope)
        #expect(encode(envelope, .proto) == proto)
        #expect(String(decoding: encode(envelope, .json), as: UTF8.self) == String(decoding: json, as: UTF8.self))
        var transcoded: [UInt8] = []
        #expect(unsafe FrameCodec.transcodeServerToJSON(proto.span.bytes, into: &transcoded))
        #expect(transcoded == json)
    }

    /// For check.py, which reads them with the official runtime.
    @Test(arguments: Samples.all) func written(_ sample: Samples.Sample) throws {
        let (proto, json) = (sample.encode(.proto), sample.encode(.json))
        #expect(try sample.decodes(proto, .proto))
        #expect(try sample.decodes(json, .json))
        guard let folder = ProcessInfo.processInfo.environment["MARTLET_GOLDEN_OUT"] else { return }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(proto).write(to: URL(filePath: "\(folder)/\(sample.name).pb"))
        try Data(json).write(to: URL(filePath: "\(folder)/\(sample.name).json"))
    }

    /// Neither side of the check may lack a frame.
    @Test func everyFrameIsThere() {
        let client = "hello send signal ack read sync conversations history presence renew ping"
        let server = """
            welcome accepted rejected messages behind synced conversations history receipt presence signal reconnect \
            pong error
            """
        for name in client.split(separator: " ") {
            #expect(GoldenFrames.frames.contains("client-\(name)"))
            #expect(Samples.all.contains { $0.name == "client-\(name)" })
        }
        for name in server.split(separator: " ") {
            #expect(GoldenFrames.frames.contains("server-\(name)"))
            #expect(Samples.all.contains { $0.name == "server-\(name)" })
        }
    }

    static func files(_ name: String) throws -> (proto: [UInt8], json: [UInt8]) {
        (try Repository.read("Tests/Golden/frames/\(name).pb"), try Repository.read("Tests/Golden/frames/\(name).json"))
    }
}
