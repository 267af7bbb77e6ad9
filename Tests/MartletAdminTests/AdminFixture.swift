import MartletAdmin

/// A server on any free port with a fake behind it.
struct AdminFixture {
    static let token = "a token of the tests"
    static let authorization = "Authorization: Bearer " + token

    let backend = FakeBackend()
    let server: AdminServer

    init(isDevelopment: Bool = true, _ change: (inout HTTPLimits) -> Void = { _ in }) throws {
        var configuration = AdminConfiguration(token: AdminFixture.token)
        change(&configuration.limits)
        server = try AdminServer(configuration, backend: backend, development: isDevelopment ? backend : nil)
    }

    func get(_ target: String) throws -> TestClient.Response { try request("GET", target) }

    func request(_ method: String, _ target: String, body: String? = nil) throws -> TestClient.Response {
        try TestClient.request(server.port, method, target, headers: [AdminFixture.authorization], body: body)
    }

    static func text(_ method: String, _ target: String, body: String? = nil) -> String {
        TestClient.text(method, target, headers: [authorization], body: body)
    }
}

/// The body of an error.
func errorBody(_ code: String, _ reason: String) -> String {
    "{\"error\":{\"code\":\"\(code)\",\"reason\":\"\(reason)\"}}\n"
}
