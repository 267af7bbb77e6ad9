import MartletCore

/// Takes a request to the backend and its answer back.
struct AdminAPI: Sendable {
    let token: BearerToken
    let backend: any AdminBackend
    /// Nil: not in `dev`.
    let development: (any DevelopmentBackend)?

    func handle(_ request: HTTPRequest, _ reply: @escaping HTTPServer.Reply) {
        do {
            try dispatch(request, reply)
        } catch {
            reply(.error(error, headers: error.code == .unauthenticated ? [("WWW-Authenticate", "Bearer")] : []))
        }
    }

    private func dispatch(_ request: HTTPRequest, _ reply: @escaping HTTPServer.Reply) throws(AdminError) {
        let route = try route(of: request)
        guard route.methods.contains(request.method) else {
            let error = AdminError(.methodNotAllowed, "use " + route.methods[0])
            return reply(.error(error, headers: [("Allow", route.methods.joined(separator: ", "))]))
        }
        try perform(route, request, reply)
    }

    private func route(of request: HTTPRequest) throws(AdminError) -> AdminRoute {
        let found = Result { () throws(AdminError) in try AdminRoute(request.path, isDevelopment: development != nil) }
        // Without a token nobody learns which paths there are, nor whether one is well written.
        let isOpen = (try? found.get())?.needsToken == false
        guard isOpen || token.matches(request.headers.authorization) else {
            throw AdminError(.unauthenticated, "a bearer token is needed")
        }
        guard let route = try found.get() else { throw AdminError(.notFound, "no such path") }
        return route
    }

    private func perform(
        _ route: AdminRoute, _ request: HTTPRequest, _ reply: @escaping HTTPServer.Reply
    ) throws(AdminError) {
        switch route {
        case .health: reply(.json(Health()))
        case .ready: backend.readiness { reply(Self.answer($0) { .json($0, status: $0.isReady ? 200 : 503) }) }
        case .metrics: backend.metrics { reply(Self.answer($0, Self.metrics)) }
        case .cluster: backend.cluster { reply(Self.answer($0)) }
        case .map: backend.map { reply(Self.answer($0)) }
        case .presence(let user):
            backend.presence(of: [user]) { reply(Self.answer($0.flatMap(Self.only))) }
        case .users:
            let users = try UsersRequest(request).users
            backend.presence(of: users) { reply(Self.answer($0.map { UsersReport(users: $0) })) }
        case .nodes:
            let added = try AddNodeRequest(body: request.body)
            development?.addNode(added) { reply(Self.answer($0, status: 201)) }
        case .node(let node, let verb): try perform(verb, on: node, request, reply)
        case .slot(let slot, .unpin): backend.setPin(slot, to: nil) { reply(Self.answer($0)) }
        case .slot(let slot, .pin):
            guard let name = try request.query("node") else { throw AdminError(.invalid, "`node` is missing") }
            backend.setPin(slot, to: try AdminRoute.node(name)) { reply(Self.answer($0)) }
        }
    }

    private func perform(
        _ verb: AdminRoute.NodeVerb, on node: NodeID, _ request: HTTPRequest, _ reply: @escaping HTTPServer.Reply
    ) throws(AdminError) {
        let done: AdminDone<NodeReport> = { reply(Self.answer($0)) }
        switch verb {
        case .drain: backend.setDraining(node, true, done: done)
        case .undrain: backend.setDraining(node, false, done: done)
        case .kill: development?.kill(node, done: done)
        case .pause:
            development?.pause(
                node, milliseconds: try PauseSeconds.milliseconds(try request.query("seconds")), done: done)
        }
    }

    private static func answer(
        _ result: Result<some JSONWritable, AdminError>, status: Int = 200
    ) -> HTTPResponse {
        answer(result) { .json($0, status: status) }
    }

    private static func answer<Value>(
        _ result: Result<Value, AdminError>, _ success: (Value) -> HTTPResponse
    ) -> HTTPResponse {
        switch result {
        case .success(let value): success(value)
        case .failure(let error): .error(error)
        }
    }

    private static func only(_ reports: [PresenceReport]) -> Result<PresenceReport, AdminError> {
        reports.first.map { .success($0) } ?? .failure(AdminError(.internal, "no answer for the user"))
    }

    private static func metrics(_ text: String) -> HTTPResponse {
        HTTPResponse(200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
    }

    private struct Health: JSONWritable {
        func write(to json: inout JSONWriter) { json.object { $0.field("status", "ok") } }
    }
}
