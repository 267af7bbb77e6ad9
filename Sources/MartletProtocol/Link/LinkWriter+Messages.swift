import MartletCore

extension LinkWriter {
    mutating func message(_ message: SlotMessage, to slot: Slot) {
        switch message {
        case .attach(let attach):
            begin(.attach, slot)
            self.attach(attach)
        case .request(let session, let user, let request, let envelope):
            begin(.request, slot)
            self.session(session)
            bytes(user.bytes)
            number(request)
            nested { FrameCodec.encode(envelope, .proto, into: &$0) }
        case .detach(let session, let user):
            begin(.detach, slot)
            self.session(session)
            bytes(user.bytes)
        case .signal(let from, let to, let type, let content):
            begin(.signal, slot)
            signal(from, to, type, content)
        case .acknowledged(let target, let upTo):
            begin(.acknowledged, slot)
            number(UInt64(target.rawValue))
            number(upTo)
        case .receipts(let source, let notes):
            begin(.receipts, slot)
            self.notes(source, notes)
        case .receiptsStored(let target, let notes):
            begin(.receiptsStored, slot)
            self.notes(target, notes)
        }
    }

    mutating func message(_ message: EdgeMessage) {
        switch message {
        case .attached(let session, let attached):
            kind(.attached)
            number(session)
            self.attached(attached)
        case .notHome(let session):
            kind(.notHome)
            number(session)
        case .deliver(let sessions, let frame, let settles, let pushedUpTo, let live):
            kind(.deliver)
            numbers(sessions)
            bytes(frame)
            self.settles(settles)
            signed(pushedUpTo)
            flag(live)
        case .close(let sessions, let code, let reason):
            kind(.close)
            numbers(sessions)
            out.append(code.rawValue)
            text(reason)
        }
    }

    private mutating func begin(_ kind: LinkKind, _ slot: Slot) {
        self.kind(kind)
        number(UInt64(slot.rawValue))
    }

    private mutating func session(_ session: SessionRef) {
        bytes(session.edge.bytes)
        number(session.edgeIncarnation)
        number(session.id)
    }

    private mutating func attach(_ attach: Attach) {
        session(attach.session)
        bytes(attach.user.bytes)
        bytes(attach.device.bytes)
        number(attach.number)
        number(attach.generation)
        signed(attach.cursor)
        signed(attach.pushedUpTo)
        flag(attach.live)
        out.append(attach.tier == .paid ? 1 : 0)
        signed(attach.since)
    }

    private mutating func signal(_ from: Key, _ to: Key, _ type: String, _ content: Content?) {
        bytes(from.bytes)
        bytes(to.bytes)
        text(type)
        flag(content != nil)
        if let content { nested { FrameCodec.write(content, .proto, into: &$0) } }
    }

    private mutating func notes(_ slot: Slot, _ notes: [ReceiptNote]) {
        number(UInt64(slot.rawValue))
        number(UInt64(notes.count))
        for note in notes {
            bytes(note.to.bytes)
            bytes(note.from.bytes)
            signed(note.received)
            signed(note.read)
        }
    }

    private mutating func attached(_ attached: Attached) {
        number(attached.number)
        number(attached.generation)
        signed(attached.cursor)
        flag(attached.resync)
        signed(attached.head)
        flag(attached.live)
        number(attached.lastClientSequence)
        numbers(attached.rejectedClientSequences)
    }

    private mutating func settles(_ settles: Settles) {
        switch settles {
        case .nothing: out.append(0)
        case .request(let request):
            out.append(1)
            number(request)
        case .send(let clientSequence):
            out.append(2)
            number(clientSequence)
        }
    }

    /// Bytes that another codec writes, behind their length in four bytes.
    private mutating func nested(_ write: (inout [UInt8]) -> Void) {
        let start = LinkCodec.beginBatch(into: &out)
        write(&out)
        LinkCodec.endBatch(start, into: &out)
    }
}
