/// What is said on a new connection before anything else, and what its answers mean.
struct Greeting {
    enum Outcome {
        case goesOn
        case done
        case refused(RedisRefusal)
        /// Not now: try again.
        case failed(String)
    }

    private enum Step { case authenticate, setName, inform }

    private let kind: ServerKind
    private var expected: [Step]
    /// In order, to be sent in one write.
    let commands: [ArgumentList]

    init(kind: ServerKind, credentials: RedisCredentials?, name: String) {
        self.kind = kind
        var steps: [(Step, ArgumentList)] = [(.setName, ArgumentList(["CLIENT", "SETNAME", name]))]
        if let credentials {
            let user = credentials.user.map { [$0] } ?? []
            steps.insert((.authenticate, ArgumentList(["AUTH"] + user + [credentials.password])), at: 0)
        }
        if kind != .any { steps.append((.inform, ArgumentList(["INFO"]))) }
        expected = steps.map(\.0)
        commands = steps.map(\.1)
    }

    mutating func take(_ reply: RedisReply) -> Outcome {
        guard !expected.isEmpty else { return .failed("a reply that nobody asked for") }
        let step = expected.removeFirst()
        if case .error(let message) = reply {
            if let outcome = outcome(of: message, at: step) { return outcome }
        } else if step == .inform, let outcome = outcome(of: reply) {
            return outcome
        }
        return expected.isEmpty ? .done : .goesOn
    }

    /// Nil: it does not matter.
    private func outcome(of message: String, at step: Step) -> Outcome? {
        if message.contains("max number of clients") { return .failed(message) }
        switch message.prefix(while: { $0 != " " }) {
        case "NOAUTH", "WRONGPASS": return .refused(.authentication(message))
        // Not each user may name the connection, which is a courtesy.
        case "NOPERM": return step == .setName ? nil : .refused(.notPermitted(message))
        case "DENIED": return .refused(.notPermitted(message))
        case "ERR" where step == .authenticate: return .refused(.authentication(message))
        case "ERR" where step == .setName: return nil
        default: return .failed(message)
        }
    }

    private func outcome(of reply: RedisReply) -> Outcome? {
        guard case .bytes(let bytes) = reply else { return .refused(.unrecognised("INFO is answered by no text")) }
        let info = ServerInfo(String(decoding: bytes, as: UTF8.self))
        if let refusal = info.refusal(by: kind) { return .refused(refusal) }
        if info.isLoading { return .failed("it is loading its data") }
        return kind == .watchedMaster && info.isReplica ? .failed("it is a replica") : nil
    }
}
