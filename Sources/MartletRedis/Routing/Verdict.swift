/// What a reply means for the way of its command.
enum Verdict {
    case answer(Result<RedisReply, RedisError>)
    /// The hash slot lives elsewhere for good.
    case moved(HashSlot, RedisEndpoint, String)
    /// The slot is on its way: this command belongs there, once.
    case ask(RedisEndpoint, String)
    /// The cluster serves the slot again in a moment.
    case later(String)
    case scriptUnknown(String)
    /// The server is no master any more.
    case readOnly(String)

    /// `asked` is the host that an answer without a host means.
    init(_ reply: RedisReply, asked: RedisEndpoint) {
        guard case .error(let message) = reply else {
            self = .answer(.success(reply))
            return
        }
        let words = message.split(separator: " ")
        switch words.first {
        case "MOVED", "ASK": self = Verdict.redirection(words, message, asked: asked)
        case "TRYAGAIN", "CLUSTERDOWN": self = .later(message)
        case "NOSCRIPT": self = .scriptUnknown(message)
        case "READONLY": self = .readOnly(message)
        default: self = .answer(.failure(.server(message)))
        }
    }

    /// `MOVED 3999 127.0.0.1:6381`
    private static func redirection(_ words: [Substring], _ message: String, asked: RedisEndpoint) -> Verdict {
        guard words.count >= 3, let number = Int(words[1]), let slot = HashSlot(number),
            let endpoint = RedisEndpoint(words[2], asked: asked)
        else { return .answer(.failure(.server(message))) }
        return words[0] == "MOVED" ? .moved(slot, endpoint, message) : .ask(endpoint, message)
    }
}

extension RedisEndpoint {
    /// `host:port`, where the host may be missing: then it is the one that was asked. IPv6 stands without brackets.
    init?(_ text: Substring, asked: RedisEndpoint) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return nil }
        let host = String(text[..<colon])
        self.init(host: host.isEmpty ? asked.host : host, port: port)
    }
}
