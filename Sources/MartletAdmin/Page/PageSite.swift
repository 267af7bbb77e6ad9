/// What the page's server answers.
struct PageSite: Sendable {
    private static let configPath = "/dev/config.json"
    private static let tokenPath = "/dev/token"

    private let configuration: PageConfiguration
    private let files: StaticFiles

    init(_ configuration: PageConfiguration, files: StaticFiles) {
        self.configuration = configuration
        self.files = files
    }

    func answer(_ request: HTTPRequest) -> HTTPResponse {
        do {
            try PageGuard.check(request)
            return try route(request)
        } catch {
            return .error(error)
        }
    }

    private func route(_ request: HTTPRequest) throws(AdminError) -> HTTPResponse {
        let path = try PercentEncoding.text(request.path)
        let methods = path == PageSite.tokenPath ? ["POST"] : ["GET", "HEAD"]
        guard methods.contains(request.method) else {
            let error = AdminError(.methodNotAllowed, "use " + methods[0])
            return .error(error, headers: [("Allow", methods.joined(separator: ", "))])
        }
        switch path {
        case PageSite.configPath: return .json(DevConfiguration(gateways: configuration.gateways()))
        case PageSite.tokenPath: return try token(request)
        default: return try file(path)
        }
    }

    private func token(_ request: HTTPRequest) throws(AdminError) -> HTTPResponse {
        switch configuration.makeToken(try PageTokenRequest(body: request.body)) {
        case .success(let token): .json(Token(token: token))
        case .failure(let error): throw error
        }
    }

    private func file(_ path: String) throws(AdminError) -> HTTPResponse {
        guard let file = files[path] else { throw AdminError(.notFound, "no such file") }
        guard let contents = StaticFiles.contents(of: file) else {
            throw AdminError(.internal, "the file cannot be read")
        }
        return HTTPResponse(200, contentType: file.contentType, body: contents, headers: PageSite.pageHeaders)
    }

    /// Scripts and styles from this origin only, and connections to gateways on this machine, whose ports vary.
    private static let contentSecurityPolicy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
        "manifest-src 'self'", "connect-src 'self' ws://127.0.0.1:* ws://localhost:*", "base-uri 'none'",
        "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    private static let pageHeaders: [(name: String, value: String)] = [
        ("Content-Security-Policy", contentSecurityPolicy), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
    ]

    private struct DevConfiguration: JSONWritable {
        let gateways: [PageGateway]

        func write(to json: inout JSONWriter) { json.object { $0.field("gateways", gateways) } }
    }

    private struct Token: JSONWritable {
        let token: String

        func write(to json: inout JSONWriter) { json.object { $0.field("token", token) } }
    }
}
