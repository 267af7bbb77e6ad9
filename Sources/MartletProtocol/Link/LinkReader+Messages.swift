import MartletCore

extension LinkReader {
    mutating func frame() throws(LinkError) -> LinkFrame {
        guard let kind = LinkKind(rawValue: try byte()) else { throw .unknownKind }
        switch kind {
        case .hello: return .hello(try hello())
        case .challenge: return .challenge(try secret())
        case .proof: return .proof(try secret())
        case .ping: return .ping(try number())
        case .pong: return .pong(try number())
        case .bye: return .bye(try text())
        case .attach, .request, .detach, .signal, .acknowledged, .receipts, .receiptsStored:
            return .slot(try slot(), try slotMessage(kind))
        case .attached, .notHome, .deliver, .close:
            return .edge(try edgeMessage(kind))
        }
    }

    private mutating func hello() throws(LinkError) -> LinkHello {
        guard let version = UInt32(exactly: try number()) else { throw .outOfRange }
        return LinkHello(
            version: version, cluster: try text(), node: try node(), incarnation: try number(), nonce: try secret())
    }

    private mutating func slotMessage(_ kind: LinkKind) throws(LinkError) -> SlotMessage {
        switch kind {
        case .attach: .attach(try attach())
        case .request: .request(session: try session(), user: try key(), request: try number(), try envelope())
        case .detach: .detach(session: try session(), user: try key())
        case .signal: .signal(from: try key(), to: try key(), type: try text(), content: try content())
        case .acknowledged: .acknowledged(target: try slot(), upTo: try number())
        case .receipts: .receipts(source: try slot(), try notes())
        case .receiptsStored: .receiptsStored(target: try slot(), try notes())
        default: throw .unknownKind
        }
    }

    private mutating func edgeMessage(_ kind: LinkKind) throws(LinkError) -> EdgeMessage {
        switch kind {
        case .attached: .attached(session: try number(), try attached())
        case .notHome: .notHome(session: try number())
        case .deliver:
            .deliver(
                sessions: try numbers(), frame: try bytes(), settles: try settles(), pushedUpTo: try signed(),
                live: try flag())
        case .close: .close(sessions: try numbers(), code: try code(), reason: try text())
        default: throw .unknownKind
        }
    }

    private mutating func session() throws(LinkError) -> SessionRef {
        SessionRef(edge: try node(), edgeIncarnation: try number(), id: try number())
    }

    private mutating func attach() throws(LinkError) -> Attach {
        Attach(
            session: try session(), user: try key(), device: try device(), number: try number(),
            generation: try number(), cursor: try signed(), pushedUpTo: try signed(), live: try flag(),
            tier: try tier(), since: try signed())
    }

    private mutating func attached() throws(LinkError) -> Attached {
        Attached(
            number: try number(), generation: try number(), cursor: try signed(), resync: try flag(),
            head: try signed(), live: try flag(), lastClientSequence: try number(),
            rejectedClientSequences: try numbers())
    }

    private mutating func tier() throws(LinkError) -> Tier {
        switch try byte() {
        case 0: return .free
        case 1: return .paid
        default: throw .outOfRange
        }
    }

    private mutating func code() throws(LinkError) -> ErrorCode {
        guard let code = ErrorCode(rawValue: try byte()) else { throw .outOfRange }
        return code
    }

    private mutating func settles() throws(LinkError) -> Settles {
        switch try byte() {
        case 0: .nothing
        case 1: .request(try number())
        case 2: .send(try number())
        default: throw .outOfRange
        }
    }

    private mutating func notes() throws(LinkError) -> [ReceiptNote] {
        var notes: [ReceiptNote] = []
        for _ in 0..<(try count()) {
            notes.append(ReceiptNote(to: try key(), from: try key(), received: try signed(), read: try signed()))
        }
        return notes
    }

    private mutating func envelope() throws(LinkError) -> ClientEnvelope {
        let bytes = try nested()
        do { return try FrameCodec.decodeClient(bytes, limits) } catch { throw .badFrame }
    }

    private mutating func content() throws(LinkError) -> Content? {
        guard try flag() else { return nil }
        var content = Content()
        var reader = ProtoReader(try nested())
        do { try reader.read(into: &content) } catch { throw .badFrame }
        return content
    }
}

extension FrameCodec {
    fileprivate static func decodeClient(_ bytes: Span<UInt8>, _ limits: Limits) throws(FrameError) -> ClientEnvelope {
        // Bytes have no padding: the view is as safe as the span.
        try decodeClient(unsafe bytes.bytes, .proto, limits: limits)
    }
}
