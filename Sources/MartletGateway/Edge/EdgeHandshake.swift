import MartletCore
import MartletIO
import MartletProtocol
import Synchronization

/// What a gateway's port answers: the upgrade, where a user's home is, and whether it lives (design, section 5).
extension EdgeConnections {
    func shakeHands(_ index: Int, _ bytes: RawSpan) -> Int {
        switch RequestHead.read(bytes, limits: limits) {
        case .incomplete: return 0
        case .refused(let status, let reason):
            respond(index, status, reason)
            return bytes.byteCount
        case .head(let head, let consumed):
            answer(index, head)
            // What follows the head is frames.
            return rows[index].phase == .open ? consumed : bytes.byteCount
        }
    }

    private func answer(_ index: Int, _ head: RequestHead) {
        switch head.path {
        case "/v1/ws": upgrade(index, head)
        case "/v1/connect": connect(index, head)
        case "/healthz": tellHealth(index)
        default: respond(index, 404, "not found")
        }
    }

    /// For load balancers: whether a new connection should come here. One that drains would only send it away again.
    private func tellHealth(_ index: Int) {
        guard let table = loop.table else { return respond(index, 503, "not in a cluster yet") }
        if table.isDraining { respond(index, 503, "draining") } else { respond(index, 200, "ok") }
    }

    private func upgrade(_ index: Int, _ head: RequestHead) {
        guard loop.node.connections.load(ordering: .relaxed) <= limits.connectionsPerNode else {
            return respond(index, 503, "too many connections")
        }
        guard isAllowed(origin: head.origin) else { return respond(index, 403, "origin not allowed") }
        switch head.upgradeDecision() {
        case .refuse(let status, let reason): respond(index, status, reason)
        case .accept(let key, let encoding):
            guard encoding != nil || loop.node.configuration.echo else {
                return respond(index, 400, "sub-protocol martlet.v1.json or martlet.v1.proto")
            }
            open(index, head, key, encoding)
        }
    }

    private func open(_ index: Int, _ head: RequestHead, _ key: String, _ encoding: FrameEncoding?) {
        let stream = rows[index].stream
        rows[index].phase = .open
        rows[index].encoding = encoding ?? .json
        rows[index].bearer = bearer(head.authorization)
        rows[index].session = EdgeSession(id: SessionID(stream, loop: loop.index).rawValue, now: loop.io.now)
        loop.io.withOutput(of: stream) { HTTPResponse.appendUpgrade(key: key, encoding: encoding, into: &$0) }
        if loop.node.configuration.echo { watch(index) } else { awaitHello(index) }
    }

    /// Browsers name the page's origin; other programs name none and are known by their token.
    private func isAllowed(origin: String?) -> Bool {
        guard let origin else { return true }
        return loop.node.configuration.allowedOrigins.contains(origin)
    }

    private func bearer(_ authorization: String?) -> [UInt8]? {
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
        return Array(authorization.dropFirst(7).utf8)
    }

    /// `GET /v1/connect?user=`: the address of the user's home, for clients that want no detour.
    private func connect(_ index: Int, _ head: RequestHead) {
        guard let name = head.queryValue("user"), let user = Key(name) else {
            return respond(index, 400, "user is missing or not a valid id")
        }
        guard let table = loop.table, let home = table.home(of: table.slot(of: user)),
            let node = table.map.node(home), node.state == .up
        else { return respond(index, 503, "no home now") }
        respond(index, 200, node.clientAddress)
    }

    private func respond(_ index: Int, _ status: Int, _ text: String) {
        let stream = rows[index].stream
        rows[index].phase = .ending
        loop.io.withOutput(of: stream) { HTTPResponse.append(status: status, text: text, into: &$0) }
        loop.io.close(stream)
    }
}
