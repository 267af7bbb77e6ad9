internal import MartletCore
internal import MartletIO
internal import MartletProtocol

/// What the driver tells a generator's loop.
enum BenchCommand: Sendable {
    /// So many connections in all.
    case connect(Int)
    case send
    /// Measuring begins.
    case mark
    /// Measuring ends, and nothing more is sent.
    case stop
    case report(@Sendable (Tally) -> Void)
}

/// A part of the users, on one loop: each sends to the next of its part, so that both ends of every message are here.
final class BenchLoop: LoopHandler {
    typealias Message = BenchCommand

    private static let connectsAtOnce = 128
    /// So many unacknowledged entries are acknowledged at once, as clients are told to: half of a session's credit.
    private static let acknowledgedAtOnce = 32

    let options: BenchOptions
    /// The number of this part's first user.
    let first: Int
    let names: BenchNames
    var users: [BenchUser]
    var tally = Tally()
    var isSending = false
    private var held: LoopIO?
    private var userOfStream: [Int] = []
    private var wanted = 0
    private var connecting = 0
    private var nextToConnect = 0
    private var base = Counts()
    private var markedAt: UInt64?
    private var pacer: Pacer
    private var retries: [(due: Int64, user: Int)] = []
    /// Users that saw something they have not acknowledged; in the order in which that is due.
    private var acknowledgements: [(due: Int64, user: Int)] = []
    private var mask: UInt32 = 0x9E37_79B9

    var io: LoopIO { held! }
    var isMeasuring: Bool { markedAt != nil }

    init(options: BenchOptions, names: BenchNames, first: Int, count: Int) {
        self.options = options
        self.names = names
        self.first = first
        users = Array(repeating: BenchUser(), count: count)
        pacer = Pacer(rate: options.rate.map { Double($0) * Double(count) / Double(options.users) })
    }

    func started(_ io: LoopIO) { held = io }

    func messages(_ batch: inout [BenchCommand]) {
        for command in batch { obey(command) }
    }

    private func obey(_ command: BenchCommand) {
        switch command {
        case .connect(let count):
            wanted = min(count, users.count)
            connectMore()
        case .send: startSending()
        case .mark: mark()
        case .stop: stop()
        case .report(let answer):
            tally.open = users.indices.reduce(0) { $0 + Int(users[$1].sent - completedCount($1)) }
            answer(tally)
        }
    }

    private func mark() {
        base = tally.total
        tally.delivery = LatencyHistogram()
        tally.acceptance = LatencyHistogram()
        markedAt = io.nanoseconds
    }

    private func stop() {
        isSending = false
        guard let start = markedAt else { return }
        tally.window = tally.total - base
        tally.windowDuration = io.nanoseconds - start
        markedAt = nil
    }

    // MARK: - Connections

    private func connectMore() {
        while connecting < BenchLoop.connectsAtOnce, nextToConnect < wanted {
            let endpoint = options.endpoints[(first + nextToConnect) % options.endpoints.count]
            users[nextToConnect].phase = .connecting
            io.connect(host: endpoint.host, port: endpoint.port, token: UInt64(nextToConnect))
            connecting += 1
            nextToConnect += 1
        }
    }

    func connected(_ stream: StreamID, token: UInt64) {
        let user = Int(token)
        let index = Int(stream.index)
        if userOfStream.count <= index {
            userOfStream.append(contentsOf: repeatElement(-1, count: index + 1 - userOfStream.count))
        }
        userOfStream[index] = user
        users[user].stream = stream
        users[user].phase = .handshake
        beginHandshake(user)
    }

    func connectFailed(token: UInt64, error: Int32) {
        tally.total.refused += 1
        complain("connect: \(describe(error: error))")
        users[Int(token)].phase = .lost
        connecting -= 1
        connectMore()
    }

    func accepted(_ stream: StreamID, listener: Int) {}
    func drained(_ stream: StreamID) {}
    func willFlush() {}
    func stopping() {}

    func closed(_ stream: StreamID, _ reason: StreamCloseReason) {
        let user = userOfStream[Int(stream.index)]
        if users[user].phase != .ready {
            connecting -= 1
            tally.total.refused += 1
        } else {
            tally.total.lost += 1
        }
        complain("user \(first + user): closed by the server: \(reason)")
        users[user].phase = .lost
        users[user].stream = nil
        connectMore()
    }

    func becameReady(_ user: Int) {
        users[user].phase = .ready
        users[user].handshake = nil
        tally.total.connected += 1
        connecting -= 1
        connectMore()
    }

    func received(_ stream: StreamID, _ bytes: inout MutableRawSpan) -> Int {
        let user = userOfStream[Int(stream.index)]
        if users[user].phase == .handshake { return readHandshake(user, bytes.bytes) }
        var offset = 0
        while let event = users[user].parser.next(in: &bytes, from: &offset) { take(event, user, bytes.bytes) }
        return offset
    }

    // MARK: - Time

    func ticked(_ now: Now) {
        resend(now.monotonic)
        acknowledgeDue(now.monotonic)
        guard isSending else { return }
        let time = io.nanoseconds
        for _ in 0..<pacer.due(time) { issue(pacer.nextUser(of: users.count), at: time) }
    }

    /// Later sends everything of the user that has no answer again, in order: what was refused consumed no number, and
    /// what went behind it came back out of order.
    func retry(_ user: Int, after milliseconds: Int64) {
        guard !users[user].isRetrying else { return }
        users[user].isRetrying = true
        retries.append((io.now.monotonic + max(5, milliseconds), user))
    }

    private func resend(_ now: Int64) {
        guard !retries.isEmpty else { return }
        let due = retries.filter { $0.due <= now }
        retries.removeAll { $0.due <= now }
        for (_, user) in due {
            users[user].isRetrying = false
            let open = users[user].accepted..<users[user].sent
            for number in open { sendMessage(user, number: number + 1) }
        }
    }

    /// Once for all that is pushed meanwhile.
    func acknowledgeSoon(_ user: Int) {
        users[user].unacknowledged += 1
        let isFirst = users[user].unacknowledged == 1
        if options.acknowledgeMilliseconds == 0 || users[user].unacknowledged >= BenchLoop.acknowledgedAtOnce {
            acknowledge(user)
        } else if isFirst {
            acknowledgements.append((io.now.monotonic + options.acknowledgeMilliseconds, user))
        }
    }

    private func acknowledgeDue(_ now: Int64) {
        let due = acknowledgements.prefix { $0.due <= now }
        for (_, user) in due where users[user].unacknowledged > 0 { acknowledge(user) }
        acknowledgements.removeFirst(due.count)
    }

    // MARK: - Sending

    private func startSending() {
        isSending = true
        let time = io.nanoseconds
        if pacer.isPaced { return pacer.start(time) }
        for user in users.indices where users[user].phase == .ready { issue(user, at: time) }
    }

    /// Gives out the next number of a user, and sends it if its turn has come.
    private func issue(_ user: Int, at time: UInt64) {
        guard users[user].phase == .ready else { return }
        guard users[user].issued - completedCount(user) < BenchUser.window else {
            tally.total.skipped += 1
            return
        }
        if users[user].dueAt.isEmpty { users[user].dueAt = Array(repeating: 0, count: Int(BenchUser.window)) }
        users[user].issued += 1
        users[user].dueAt[Int(users[user].issued % BenchUser.window)] = time
        users[user].sent += 1
        sendMessage(user, number: users[user].sent)
    }

    /// One message is through, so an unpaced user sends the next.
    func completed(_ user: Int) {
        if isSending, !pacer.isPaced { issue(user, at: io.nanoseconds) }
    }

    func nextMask() -> UInt32 {
        mask ^= mask << 13
        mask ^= mask >> 17
        mask ^= mask << 5
        return mask
    }

    func complain(_ text: String) {
        if tally.complaint == nil { tally.complaint = text }
    }

    /// How many of a user's messages are through: seen by the recipient and, if durable, accepted.
    func completedCount(_ user: Int) -> UInt64 {
        options.kind == .durable ? min(users[user].accepted, users[user].delivered) : users[user].delivered
    }

    /// To whom a user of this part sends, and who sends to it.
    func recipient(of user: Int) -> Int { user + 1 < users.count ? user + 1 : 0 }
    func sender(to user: Int) -> Int { user > 0 ? user - 1 : users.count - 1 }
}
