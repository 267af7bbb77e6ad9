import MartletCore
import Testing

@testable import MartletProtocol

@Suite struct LinkFrames {
    static let session = SessionRef(edge: NodeID(trusted: Array("n1".utf8)), edgeIncarnation: .max, id: 7)
    static let device = DeviceID(trusted: Array("phone".utf8))
    static let secret = [UInt8](0..<32)
    static let note = ReceiptNote(to: key("a"), from: key("b"), received: -1, read: .max)

    static let frames: [LinkFrame] = [
        .hello(
            LinkHello(cluster: "c", node: NodeID(trusted: Array("n2".utf8)), incarnation: 5, nonce: secret)),
        .challenge(secret), .proof(secret), .ping(0), .pong(.max), .bye("drain"),
        .slot(
            Slot(255),
            .attach(
                Attach(
                    session: session, user: key("a"), device: device, number: 1, generation: 2, cursor: 3,
                    pushedUpTo: 4, live: true, tier: .paid, since: 5))),
        .slot(
            Slot(0),
            .request(session: session, user: key("a"), request: 9, ClientEnvelope(ref: 4, .send(Samples.send)))),
        .slot(Slot(65535), .detach(session: session, user: key("a"))),
        .slot(Slot(1), .signal(from: key("a"), to: key("b"), type: "typing", content: Samples.bytes)),
        .slot(Slot(1), .signal(from: key("a"), to: key("b"), type: "", content: nil)),
        .slot(Slot(1), .acknowledged(target: Slot(3), upTo: 1 << 40)),
        .slot(Slot(1), .receipts(source: Slot(3), [note, note])),
        .slot(Slot(1), .receiptsStored(target: Slot(3), [])),
        .edge(
            .attached(
                session: 7,
                Attached(
                    number: 1, generation: 2, cursor: -1, resync: true, head: 4, live: false, lastClientSequence: 5,
                    rejectedClientSequences: [1, .max]))),
        .edge(.notHome(session: 1)),
        .edge(
            .deliver(
                sessions: [1, 300], frame: [UInt8](repeating: 1, count: 300), settles: .send(5), pushedUpTo: 9,
                live: true)),
        .edge(.deliver(sessions: [], frame: [], settles: .request(8), pushedUpTo: 0, live: false)),
        .edge(.deliver(sessions: [1], frame: [1], settles: .nothing, pushedUpTo: 0, live: false)),
        .edge(.close(sessions: [1, 2], code: .replaced, reason: "other session")),
    ]

    static func decode(_ bytes: [UInt8], limits: Limits = Limits()) throws(LinkError) -> ([LinkFrame], Int) {
        let read = try unsafe LinkCodec.decode(bytes.span.bytes, limits: limits)
        return (read.frames, read.consumed)
    }

    static func refusal(_ bytes: [UInt8], limits: Limits = Limits()) -> LinkError? {
        do throws(LinkError) {
            _ = try decode(bytes, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    /// One batch.
    static func batch(_ body: [UInt8]) -> [UInt8] { [0, 0, UInt8(body.count >> 8), UInt8(body.count & 255)] + body }

    @Test func eachAlone() throws {
        for frame in LinkFrames.frames {
            var bytes: [UInt8] = []
            LinkCodec.encode(frame, into: &bytes)
            let (frames, consumed) = try LinkFrames.decode(bytes)
            #expect(frames == [frame])
            #expect(consumed == bytes.count)
        }
    }

    @Test func inBatchesCutAtEveryByte() throws {
        var bytes: [UInt8] = []
        var ends: [(bytes: Int, frames: Int)] = [(0, 0)]
        for half in [LinkFrames.frames[..<9], LinkFrames.frames[9...], []] {
            let start = LinkCodec.beginBatch(into: &bytes)
            for frame in half { LinkCodec.append(frame, into: &bytes) }
            LinkCodec.endBatch(start, into: &bytes)
            ends.append((bytes.count, ends.last!.frames + half.count))
        }
        for cut in 0...bytes.count {
            let (frames, consumed) = try LinkFrames.decode(Array(bytes[..<cut]))
            let expected = ends.last { $0.bytes <= cut }!
            #expect(consumed == expected.bytes)
            #expect(frames == Array(LinkFrames.frames[..<expected.frames]))
        }
    }

    @Test(
        arguments: [
            ([0], .unknownKind),
            ([200], .unknownKind),
            ([4], .truncated),
            ([4, 0x80], .truncated),
            ([6, 5, 0x61], .truncated),
            ([6, 1, 0xFF], .badUTF8),
            ([2, 1, 0], .outOfRange),
            ([3, 0], .outOfRange),
            ([4, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2], .outOfRange),
            ([20, 0x80, 0x80, 4, 1, 1], .outOfRange),
            ([18, 1, 1, 0x2F, 1, 1, 1, 0x61], .badIdentifier),
            ([18, 1, 1, 0x61, 1, 1, 0], .badIdentifier),
            ([19, 1, 1, 0x61, 1, 0x62, 0, 2], .outOfRange),
            ([19, 1, 1, 0x61, 1, 0x62, 0, 1, 0, 0, 0, 1, 0xFF], .badFrame),
            ([17, 1, 1, 0x61, 1, 1, 1, 0x61, 1, 0, 0, 0, 0], .badFrame),
            ([35, 1, 1, 99, 0], .outOfRange),
            ([34, 0xFF, 0x7F], .truncated),
            ([34, 0, 0, 3, 0, 0], .outOfRange),
            ([21, 1, 1, 200, 1], .truncated),
        ] as [([UInt8], LinkError)]) func refusals(_ body: [UInt8], _ error: LinkError)
    {
        #expect(LinkFrames.refusal(LinkFrames.batch(body)) == error)
    }

    @Test func aBatchHasALimit() {
        var limits = Limits()
        limits.linkWindowBytes = 10
        #expect(LinkFrames.refusal([0, 0, 0, 11], limits: limits) == .tooLong)
        #expect(LinkFrames.refusal([0, 0, 0, 10], limits: limits) == nil)
        #expect(LinkFrames.refusal([0xFF, 0xFF, 0xFF, 0xFF]) == .tooLong)
    }

    @Test func randomAndDamagedBytesAreAnswered() throws {
        var random = SeededGenerator(state: 7)
        for round in 0..<20_000 {
            var bytes: [UInt8] = []
            LinkCodec.encode(LinkFrames.frames[round % LinkFrames.frames.count], into: &bytes)
            let body = round % 4 == 0 ? random.bytes(round % 64) : random.damage(Array(bytes[4...]))
            guard let (frames, _) = try? LinkFrames.decode(LinkFrames.batch(body)) else { continue }
            var again: [UInt8] = []
            let start = LinkCodec.beginBatch(into: &again)
            for frame in frames { LinkCodec.append(frame, into: &again) }
            LinkCodec.endBatch(start, into: &again)
            #expect(try LinkFrames.decode(again).0 == frames)
        }
    }
}
