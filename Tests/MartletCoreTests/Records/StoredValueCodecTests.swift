import Testing

@testable import MartletCore

/// The values that stores keep: entries, device and conversation states, checkpoint rows.
@Suite struct StoredValueCodecTests {
    static let entries: [Entry] = [
        Entry(
            seq: 1_000, prev: 990, prevInConversation: 0, id: MessageID(.max), from: SampleRecords.alice,
            actor: SampleRecords.bob,
            origin: Entry.Origin(device: SampleRecords.phone.device, clientSequence: 12),
            conversation: Peer(.group, SampleRecords.bob), content: SampleRecords.content, time: -1, sourceSeq: 0),
        Entry(
            seq: 1, id: MessageID(0), from: SampleRecords.alice, conversation: Peer(.user, SampleRecords.alice),
            content: SampleRecords.plain, time: 1_800_000_000_000, sourceSeq: 55),
    ]

    @Test(arguments: entries) func anEntryComesBack(entry: Entry) throws {
        try check(entry, { EntryCodec.encode($0, into: &$1) }, EntryCodec.decode)
    }

    @Test func aDeviceStateComesBack() throws {
        let states = [DeviceState(), DeviceState(last: 70, outcomes: SampleRecords.outcomes)]
        for state in states {
            try check(state, { DeviceStateCodec.encode($0, into: &$1) }, DeviceStateCodec.decode)
        }
    }

    @Test func aBusyDevicesStateIsSmall() {
        let outcomes = (0..<64).map {
            Outcome.accepted(id: MessageID(1 << 60 + $0 << 25), seq: Offset(5_000_000 + $0 * 9))
        }
        var writer = ByteWriter()
        DeviceStateCodec.encode(DeviceState(last: 1 << 20, outcomes: outcomes), into: &writer)
        #expect(writer.bytes.count < 512)
    }

    @Test func aConversationStateComesBack() throws {
        let state = ConversationState(
            peer: Peer(.user, SampleRecords.bob), lastSeq: 9, unread: 3, readUpTo: 5, peerReceived: 6, peerRead: 7,
            changedAt: 300)
        try check(
            state, { ConversationStateCodec.encode($0, into: &$1) },
            { (reader: inout ByteReader) throws(ByteError) in try ConversationStateCodec.decode(&reader) })
    }

    @Test func checkpointRowsComeBack() throws {
        let rows = SampleRecords.changes.map { CheckpointRow.state($0) }
        for row in rows + [.mailbox(user: SampleRecords.bob, head: 4, floor: -1)] {
            try check(row, { CheckpointRowCodec.encode($0, into: &$1) }, CheckpointRowCodec.decode)
        }
    }

    /// There and back, and cut off at each byte.
    private func check<Value: Equatable>(
        _ value: Value, _ encode: (Value, inout ByteWriter) -> Void,
        _ decode: (inout ByteReader) throws(ByteError) -> Value
    ) throws {
        var writer = ByteWriter()
        encode(value, &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try decode(&reader) == value)
        #expect(reader.isAtEnd)
        for count in 0..<writer.bytes.count {
            var reader = ByteReader(Array(writer.bytes[..<count]))
            #expect(throws: ByteError.self) { try decode(&reader) }
        }
    }
}
