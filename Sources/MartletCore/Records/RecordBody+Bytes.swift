extension ByteWriter {
    mutating func body(_ body: Record.Body) {
        switch body {
        case .posted(let posted): self.posted(posted)
        case .rejected(let rejected):
            device(rejected.sender)
            varint(rejected.clientSequence)
            byte(rejected.code.rawValue)
        case .incoming(let incoming): self.incoming(incoming)
        case .read(let mark):
            key(mark.user)
            peer(mark.conversation)
            signed(mark.seq)
        case .forgotten(let device): self.device(device)
        case .setting(let setting): self.setting(setting)
        case .revoked(let revoked): self.revoked(revoked)
        case .fence(let fence):
            varint(UInt64(fence.rules))
            varint(UInt64(fence.worker))
        case .checkpoint(let part): checkpoint(part)
        }
    }

    private mutating func posted(_ posted: Posted) {
        device(posted.sender)
        varint(posted.clientSequence)
        peer(posted.to)
        optionalKey(posted.actor)
        varint(posted.id.rawValue)
        signed(posted.targetSeqAtRecipient)
        content(posted.content)
    }

    private mutating func incoming(_ incoming: Incoming) {
        slot(incoming.source)
        signed(incoming.sourceOffset)
        varint(incoming.m)
        key(incoming.to)
        key(incoming.from)
        optionalKey(incoming.actor)
        varint(incoming.id.rawValue)
        signed(incoming.time)
        content(incoming.content)
    }

    private mutating func checkpoint(_ part: CheckpointPart) {
        signed(part.position)
        varint(UInt64(part.part))
        varint(UInt64(part.parts))
        varint(UInt64(part.rows.count))
        for row in part.rows { CheckpointRowCodec.encode(row, into: &self) }
    }
}

extension ByteReader {
    mutating func body(_ kind: RecordKind) throws(ByteError) -> Record.Body {
        switch kind {
        case .posted: .posted(try posted())
        case .rejected: .rejected(try rejected())
        case .incoming: .incoming(try incoming())
        case .read: .read(ReadMark(user: try key(), conversation: try peer(), seq: try signed()))
        case .forgotten: .forgotten(try device())
        case .setting: .setting(try setting())
        case .revoked: .revoked(try revoked())
        case .fence: .fence(Fence(rules: try number(), worker: try number()))
        case .checkpoint: .checkpoint(try checkpoint())
        }
    }

    private mutating func posted() throws(ByteError) -> Posted {
        let sender = try device(), n = try varint(), to = try peer(), actor = try optionalKey()
        let id = MessageID(try varint()), targetSeq = try signed()
        return Posted(
            sender: sender, clientSequence: n, to: to, actor: actor, id: id, content: try content(),
            targetSeqAtRecipient: targetSeq)
    }

    private mutating func rejected() throws(ByteError) -> Rejected {
        let sender = try device(), n = try varint()
        guard let code = ErrorCode(rawValue: try byte()) else { throw .invalid }
        return Rejected(sender: sender, clientSequence: n, code: code)
    }

    private mutating func incoming() throws(ByteError) -> Incoming {
        let source = try slot(), offset = try signed(), m = try varint()
        let to = try key(), from = try key(), actor = try optionalKey()
        let id = MessageID(try varint()), time = try signed()
        return Incoming(
            source: source, sourceOffset: offset, m: m, to: to, from: from, actor: actor, id: id,
            content: try content(), time: time)
    }

    private mutating func checkpoint() throws(ByteError) -> CheckpointPart {
        let position = try signed(), part: UInt32 = try number(), parts: UInt32 = try number()
        guard part < parts, parts <= CheckpointPart.maxParts else { throw .invalid }
        let count = try count(ofAtLeast: 2)
        var rows: [CheckpointRow] = []
        rows.reserveCapacity(min(count, 4096))
        for _ in 0..<count { rows.append(try CheckpointRowCodec.decode(&self)) }
        return CheckpointPart(position: position, part: part, parts: parts, rows: rows)
    }
}

extension CheckpointPart {
    /// So that a broken number of parts reserves no memory to speak of.
    static let maxParts: UInt32 = 1 << 20
}
