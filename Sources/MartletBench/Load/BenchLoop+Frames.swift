internal import MartletCore
internal import MartletIO
internal import MartletProtocol

/// What a user says and hears.
extension BenchLoop {
    func beginHandshake(_ user: Int) {
        let handshake = ClientHandshake(nonce: randomBytes(16), encoding: options.encoding)
        users[user].handshake = handshake
        let endpoint = options.endpoints[(first + user) % options.endpoints.count]
        let path = options.server == .floor ? "/v1/ws?user=\(first + user)" : "/v1/ws"
        io.withOutput(of: users[user].stream!) {
            handshake.appendRequest(host: "\(endpoint.host):\(endpoint.port)", path: path, into: &$0)
        }
    }

    func readHandshake(_ user: Int, _ bytes: RawSpan) -> Int {
        switch users[user].handshake?.readResponse(bytes, limits: Limits()) {
        case .accepted(let consumed):
            users[user].phase = .hello
            sayHello(user)
            return consumed
        case .refused(let status, let reason):
            complain("handshake refused: \(status) \(reason)")
            io.reset(users[user].stream!)
            return bytes.byteCount
        case .incomplete, nil: return 0
        }
    }

    private func sayHello(_ user: Int) {
        var hello = Hello()
        hello.device = "bench"
        if options.server == .gateway { hello.token = options.token(names.text(first + user)) }
        say(.hello(hello), user)
        if options.server == .floor { becameReady(user) }
    }

    func say(_ frame: ClientFrame, _ user: Int) {
        var payload: [UInt8] = []
        FrameCodec.encode(ClientEnvelope(frame), options.encoding, into: &payload)
        write(payload.span, user)
    }

    private func write(_ payload: Span<UInt8>, _ user: Int) {
        guard let stream = users[user].stream else { return }
        let opcode: WebSocketOpcode = options.encoding == .proto ? .binary : .text
        let mask = nextMask()
        io.withOutput(of: stream) { out in
            WebSocketWriter.appendFrame(opcode: opcode, payload: payload, mask: mask, into: &out)
        }
    }

    // MARK: - Messages out

    func sendMessage(_ user: Int, number: UInt64) {
        tally.total.sent += 1
        let payload = Payload(sender: UInt32(first + user), number: number)
        if options.kind == .durable { return sendDurable(user, payload) }
        if options.encoding == .proto { sendTemplate(user, payload) } else { say(signal(user, payload), user) }
    }

    private func sendDurable(_ user: Int, _ payload: Payload) {
        var send = Send(to: peer(of: user))
        send.clientSequence = payload.number
        send.body.content = content(payload)
        say(.send(send), user)
    }

    /// The frame is encoded once for each user; only the payload at its end changes.
    private func sendTemplate(_ user: Int, _ payload: Payload) {
        if users[user].template.isEmpty {
            FrameCodec.encode(ClientEnvelope(signal(user, payload)), .proto, into: &users[user].template)
        }
        let offset = users[user].template.count - options.messageBytes
        var span = users[user].template.mutableSpan
        var raw = unsafe span.mutableBytes
        payload.write(to: &raw, at: offset)
        let template = users[user].template
        write(template.span, user)
    }

    private func signal(_ user: Int, _ payload: Payload) -> ClientFrame {
        var signal = Signal(to: peer(of: user))
        signal.type = "bench"
        signal.content = content(payload)
        return .signal(signal)
    }

    private func content(_ payload: Payload) -> Content {
        var content = Content()
        content.value = .bytes(payload.bytes(count: options.messageBytes))
        return content
    }

    private func peer(of user: Int) -> Peer { Peer(.user, names.key(first + recipient(of: user))) }

    // MARK: - Frames in

    func take(_ event: WebSocketEvent, _ user: Int, _ bytes: RawSpan) {
        switch event {
        case .message(_, let range): takeFrame(user, bytes.extracting(range))
        case .assembled(_, let message): takeFrame(user, unsafe message.span.bytes)
        case .ping(let range): pong(user, bytes.extracting(range))
        case .pong: break
        case .close(let code, _): complain("closed by the server with \(code.map(String.init) ?? "no code")")
        case .failed(let error): fail(user, "bad WebSocket frame: \(error)")
        }
    }

    private func pong(_ user: Int, _ payload: RawSpan) {
        guard let stream = users[user].stream else { return }
        let mask = nextMask()
        io.withOutput(of: stream) { out in
            WebSocketWriter.appendFrame(opcode: .pong, payload: Span(_bytes: payload), mask: mask, into: &out)
        }
    }

    private func takeFrame(_ user: Int, _ bytes: RawSpan) {
        // A relayed signal ends with its payload in either server's protobuf frame.
        if options.kind == .relay, users[user].phase == .ready,
            let payload = Payload(bytes, at: bytes.byteCount - options.messageBytes)
        {
            return arrived(user, payload)
        }
        do throws(FrameError) {
            take(try FrameCodec.decodeServer(bytes, options.encoding).frame, user)
        } catch {
            fail(user, "bad frame: \(error.reason)")
        }
    }

    private func take(_ frame: ServerFrame, _ user: Int) {
        switch frame {
        case .welcome(let welcome):
            users[user].seq = max(welcome.cursor, users[user].seq)
            becameReady(user)
        case .accepted(let accepted): self.accepted(user, accepted.clientSequence)
        case .messages(let messages): take(messages.entries, user)
        case .synced(let synced):
            take(synced.entries, user)
            if !synced.live { sync(user, after: synced.upTo) }
        case .behind: sync(user, after: users[user].seq)
        case .rejected(let rejected): take(rejected, user)
        case .signal(let signal): take(signal, user)
        case .error(let error): fail(user, "error: \(error.code.name) \(error.reason)")
        case .reconnect: fail(user, "told to reconnect")
        case .receipt, .conversations, .history, .presence, .pong: break
        }
    }

    private func sync(_ user: Int, after seq: Offset) {
        var sync = Sync()
        sync.after = seq
        say(.sync(sync), user)
    }

    private func take(_ entries: [EntryFrame], _ user: Int) {
        for entry in entries where entry.seq > users[user].seq {
            users[user].seq = entry.seq
            acknowledgeSoon(user)
            if entry.isOwnCopy { continue }
            takeBody(entry.content.body, user)
        }
    }

    func acknowledge(_ user: Int) {
        users[user].unacknowledged = 0
        var ack = Ack()
        ack.seq = users[user].seq
        say(.ack(ack), user)
    }

    private func takeBody(_ body: [UInt8], _ user: Int) {
        do throws(FrameError) {
            take(try FrameCodec.decodeBody(body).content, user)
        } catch {
            fail(user, "bad content: \(error.reason)")
        }
    }

    private func take(_ signal: IncomingSignal, _ user: Int) { take(signal.content, user) }

    private func take(_ content: Content?, _ user: Int) {
        guard case .bytes(let bytes)? = content?.value, let payload = Payload(unsafe bytes.span.bytes, at: 0) else {
            return fail(user, "a message that nobody sent")
        }
        arrived(user, payload)
    }

    private func take(_ rejected: RejectedFrame, _ user: Int) {
        guard rejected.code.isTemporary else {
            return fail(user, "rejected for good: \(rejected.code.name) \(rejected.reason)")
        }
        tally.total.deferred += 1
        retry(user, after: rejected.retryAfterMilliseconds)
    }

    private func fail(_ user: Int, _ text: String) {
        tally.total.failures += 1
        complain("user \(first + user): \(text)")
    }

    // MARK: - The check

    /// A message reached `user`: it must be its sender's next.
    private func arrived(_ user: Int, _ payload: Payload) {
        let sender = sender(to: user)
        guard payload.sender == UInt32(first + sender) else { return fail(user, "a message for another user") }
        guard payload.number >= users[user].expected else {
            tally.total.duplicates += 1
            return
        }
        tally.total.missing += Int(payload.number - users[user].expected)
        tally.total.arrived += 1
        users[user].expected = payload.number + 1
        let before = completedCount(sender)
        users[sender].delivered = payload.number
        if isMeasuring { tally.delivery.record(age(sender, payload.number)) }
        if completedCount(sender) > before { completed(sender) }
    }

    private func accepted(_ user: Int, _ number: ClientSequence) {
        // A repeated answer to a retry.
        guard number > users[user].accepted else { return }
        tally.total.accepted += 1
        let before = completedCount(user)
        users[user].accepted = number
        if isMeasuring { tally.acceptance.record(age(user, number)) }
        if completedCount(user) > before { completed(user) }
    }

    private func age(_ user: Int, _ number: UInt64) -> UInt64 {
        io.nanoseconds &- users[user].dueAt[Int(number % BenchUser.window)]
    }
}
