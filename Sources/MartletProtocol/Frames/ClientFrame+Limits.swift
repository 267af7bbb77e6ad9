import MartletCore

extension ClientFrame {
    /// Refuses what is larger than `limits` allow.
    func check(_ limits: Limits) throws(FrameError) {
        switch self {
        case .hello(let hello):
            guard hello.token.utf8.count <= limits.maxTokenBytes else { throw .tooLong("hello.token") }
        case .renew(let renew):
            guard renew.token.utf8.count <= limits.maxTokenBytes else { throw .tooLong("renew.token") }
        case .send(let send):
            try send.body.check(limits)
        case .signal(let signal):
            let cost = signal.type.utf8.count + (signal.content?.cost ?? 0)
            guard cost <= limits.maxSignalBytes else { throw .tooLong("signal") }
        case .presence(let request):
            let count = request.query.count + request.subscribe.count + request.unsubscribe.count
            guard count <= limits.maxPresenceQuery else { throw .tooMany("presence") }
        case .ack, .read, .sync, .conversations, .history, .ping:
            break
        }
    }
}

extension MessageBody {
    fileprivate func check(_ limits: Limits) throws(FrameError) {
        guard content?.cost ?? 0 <= limits.maxContentBytes else { throw .tooLong("send.content") }
        guard headers.count <= limits.maxHeaders else { throw .tooMany("send.headers") }
        let bytes = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard bytes <= limits.maxHeaderBytes else { throw .tooLong("send.headers") }
    }
}

extension Content {
    /// Bytes that limits count: content type and value.
    var cost: Int {
        switch value {
        case .text(let text): contentType.utf8.count + text.utf8.count
        case .bytes(let bytes): contentType.utf8.count + bytes.count
        case nil: contentType.utf8.count
        }
    }
}
