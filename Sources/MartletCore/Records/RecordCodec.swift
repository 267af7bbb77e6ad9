/// What the bytes of a record turned out to be.
public enum DecodedRecord: Hashable, Sendable {
    case record(Record)
    /// Of another log's identity: void.
    case otherGeneration
    /// Of a kind that is not known here, and whose writer said that it may be passed over.
    case unknownSkippable(kind: UInt8)
    /// Of a kind or a format that is not known here and decides something: the slot has to be given up.
    case cannotUnderstand(kind: UInt8)
    /// Not a record of ours: counted and skipped.
    case garbage
}

/// Records as bytes.
///
/// Header: `M`, format, kind, flags (bit 0: must be understood), then generation, epoch and milliseconds as varints.
/// The first four bytes mean the same in every format. The fields of a kind are fixed: a new field is a new kind, so
/// bytes behind the last field are garbage, and all nodes that know a kind decide alike.
public struct RecordCodec: Sendable {
    static let magic: UInt8 = 0x4D
    static let format: UInt8 = 1
    static let mustUnderstand: UInt8 = 1

    /// The log's identity.
    public let generation: UInt64

    public init(generation: UInt64) { self.generation = generation }

    public func encode(_ record: Record) -> [UInt8] {
        var writer = ByteWriter(reserving: 96 + record.body.payloadBytes)
        writer.byte(RecordCodec.magic)
        writer.byte(RecordCodec.format)
        writer.byte(record.body.kind.rawValue)
        writer.byte(record.body.kind.flags)
        writer.varint(generation)
        writer.varint(record.epoch)
        writer.signed(record.time)
        writer.body(record.body)
        return writer.bytes
    }

    /// Total: any bytes at all have an answer.
    public func decode(_ bytes: [UInt8]) -> DecodedRecord {
        guard bytes.count >= 4, bytes[0] == RecordCodec.magic else { return .garbage }
        guard bytes[1] == RecordCodec.format else { return unknown(bytes) }
        do throws(ByteError) {
            return try decodeFormat1(bytes)
        } catch {
            return .garbage
        }
    }

    private func decodeFormat1(_ bytes: [UInt8]) throws(ByteError) -> DecodedRecord {
        var reader = ByteReader(bytes, at: 4)
        guard try reader.varint() == generation else { return .otherGeneration }
        let epoch = try reader.varint(), time = try reader.signed()
        guard let kind = RecordKind(rawValue: bytes[2]) else { return unknown(bytes) }
        let record = Record(epoch: epoch, time: time, body: try reader.body(kind))
        return reader.isAtEnd ? .record(record) : .garbage
    }

    private func unknown(_ bytes: [UInt8]) -> DecodedRecord {
        let isSkippable = bytes[3] & RecordCodec.mustUnderstand == 0
        return isSkippable ? .unknownSkippable(kind: bytes[2]) : .cannotUnderstand(kind: bytes[2])
    }
}
