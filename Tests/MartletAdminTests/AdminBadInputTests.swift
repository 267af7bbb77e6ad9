import MartletAdmin
import Testing

@Suite(.serialized) struct AdminBadInputTests {
    @Test(arguments: [
        [], ["Authorization: Bearer"], ["Authorization: Bearer "], ["Authorization: Bearer wrong"],
        ["Authorization: Bearer a token of the test"], ["Authorization: Bearer  a token of the tests"],
        ["Authorization: Bearer a token of the testsa token of the tests"], ["Authorization: Basic YTpi"],
        ["Authorization: a token of the tests"], ["X-Authorization: Bearer a token of the tests"],
    ])
    func withoutTheTokenNothingIsTold(headers: [String]) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        for (method, target) in [
            ("GET", "/metrics"), ("GET", "/admin/v1/cluster"), ("GET", "/admin/v1/presence/%ZZ"), ("GET", "/nothing"),
            ("POST", "/admin/v1/nodes/node-1:drain"), ("DELETE", "/metrics"),
        ] {
            let response = try TestClient.request(fixture.server.port, method, target, headers: headers)
            #expect(response.status == 401)
            #expect(response.headers["www-authenticate"] == "Bearer")
            #expect(response.body == errorBody("unauthenticated", "a bearer token is needed"))
        }
    }

    @Test func theSchemeIsReadInAnyCase() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let headers = ["authorization: bEARER " + AdminFixture.token]
        #expect(try TestClient.request(fixture.server.port, "GET", "/metrics", headers: headers).status == 200)
    }

    @Test(arguments: [
        "/", "/nothing", "/healthz/", "/healthz/x", "//healthz", "/admin", "/admin/v1", "/admin/v1/",
        "/admin/v2/cluster",
        "/admin/v1/presence/a/b", "/admin/v1/nodes/node-1", "/admin/v1/nodes/node-1:explode",
        "/admin/v1/nodes/node-1:", "/ADMIN/v1/cluster", "/%61dmin/v1/cluster", "/admin/v1/presence/a/", "*",
    ])
    func unknownPathsAreNotFound(target: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.get(target)
        #expect(response.status == 404)
        #expect(response.body == errorBody("notFound", "no such path"))
    }

    @Test(arguments: [
        ("POST", "/healthz", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
        ("PUT", "/admin/v1/cluster", "GET, HEAD"),
        ("OPTIONS", "/admin/v1/presence/a", "GET, HEAD"), ("GET", "/admin/v1/nodes", "POST"),
        ("BREW", "/admin/v1/nodes/node-1:drain", "POST"), ("get", "/healthz", "GET, HEAD"),
    ])
    func wrongMethodsNameTheRightOnes(method: String, target: String, allow: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.request(method, target)
        #expect(response.status == 405)
        #expect(response.headers["allow"] == allow)
        #expect(response.body.hasPrefix("{\"error\":{\"code\":\"methodNotAllowed\""))
        #expect(fixture.backend.calls.isEmpty)
    }

    @Test(arguments: [
        ("/admin/v1/presence/", "not a user id"), ("/admin/v1/presence/%", "bad percent encoding"),
        ("/admin/v1/presence/%4", "bad percent encoding"), ("/admin/v1/presence/%zz", "bad percent encoding"),
        ("/admin/v1/presence/%FF", "bad percent encoding"), ("/admin/v1/presence/a%2Fb", "not a user id"),
        ("/admin/v1/presence/a%00", "not a user id"), ("/admin/v1/presence/a%0Ab", "not a user id"),
        ("/admin/v1/presence/" + String(repeating: "x", count: 129), "not a user id"),
        ("/admin/v1/presence/\u{FF}", nil),
        ("/admin/v1/presence/" + String(repeating: "x", count: 5000), "the request target is longer than 4096 bytes"),
    ])
    func badPathsAreInvalid(target: String, reason: String?) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.get(target)
        // A letter that was not percent-encoded is read as what it is.
        guard let reason else { return #expect(response.status == 200) }
        #expect(response.status == 400)
        #expect(response.body == errorBody("invalid", reason))
        #expect(fixture.backend.calls.isEmpty)
    }

    @Test(arguments: [
        "", "?", "?seconds", "?seconds=", "?seconds=0", "?seconds=-1", "?seconds=601", "?seconds=1e3", "?seconds=nan",
        "?seconds=0x10", "?seconds=1.2.3", "?seconds=.", "?seconds=1&seconds=2", "?Seconds=1", "?seconds=%31%3",
        "?seconds=0.0001", "?seconds=99999999999999999999999999",
    ])
    func badPausesAreInvalid(query: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.request("POST", "/admin/v1/nodes/node-1:pause" + query)
        #expect(response.status == 400)
        #expect(response.body.hasPrefix("{\"error\":{\"code\":\"invalid\""))
        #expect(fixture.backend.calls.isEmpty)
    }

    @Test(arguments: [
        ("[]", "the body is not a JSON object"), ("{", "the body is not a JSON object"),
        ("nonsense", "the body is not a JSON object"), ("\u{0}", "the body is not a JSON object"),
        (#"{"id":7}"#, "`id` has the wrong type"), (#"{"id":"a/b"}"#, "`id` is not a node id"),
        (#"{"id":""}"#, "`id` is not a node id"), (#"{"weight":"1"}"#, "`weight` has the wrong type"),
        (#"{"weight":0}"#, "`weight` is a whole number from 1 to 100"),
        (#"{"weight":101}"#, "`weight` is a whole number from 1 to 100"),
        (#"{"weight":1.5}"#, "`weight` is a whole number from 1 to 100"),
        (#"{"weight":99999999999999999999}"#, "`weight` is a whole number from 1 to 100"),
        (String(repeating: "[", count: 60_000), "the body is not a JSON object"),
    ])
    func badBodiesAreInvalid(body: String, reason: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.request("POST", "/admin/v1/nodes", body: body)
        #expect(response.status == 400)
        #expect(response.body == errorBody("invalid", reason))
    }

    @Test(arguments: [
        ("GET", "", nil), ("GET", "?users=a", nil), ("GET", "?user", nil), ("GET", "?user=", nil),
        ("GET", "?user=a&user=b%2Fc", nil), ("GET", "?user=%F", nil), ("POST", "", nil), ("POST", "", "{}"),
        ("POST", "", #"{"users":[]}"#), ("POST", "", #"{"users":"a"}"#), ("POST", "", #"{"users":[1]}"#),
        ("POST", "", #"{"users":["a",""]}"#), ("POST", "?user=a", ""),
    ])
    func badQuestionsForUsersAreInvalid(method: String, query: String, body: String?) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.request(method, "/admin/v1/presence" + query, body: body)
        #expect(response.status == 400)
        #expect(response.body.hasPrefix("{\"error\":{\"code\":\"invalid\""))
        #expect(fixture.backend.calls.isEmpty)
    }

    @Test func usersAreBounded() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let ask = { (count: Int) in
            let names = (0..<count).map { "\"u\($0)\"" }.joined(separator: ",")
            return try fixture.request("POST", "/admin/v1/presence", body: "{\"users\":[\(names)]}")
        }
        #expect(try ask(256).status == 200)
        let refused = try ask(257)
        #expect(refused.status == 413)
        #expect(refused.body == errorBody("tooLarge", "more than 256 users in one request"))
    }

    @Test(arguments: [
        ("slots/x:pin?node=a", "not the number of a slot"), ("slots/65536:unpin", "not the number of a slot"),
        ("slots/-1:unpin", "not the number of a slot"), ("slots/:unpin", "not the number of a slot"),
        ("slots/1:pin", "`node` is missing"), ("slots/1:pin?node=", "not a node id"),
        ("slots/1:pin?node=a%2Fb", "not a node id"), ("slots/1:pin?node=a&node=b", "`node` stands twice in the query"),
    ])
    func badPinsAreInvalid(target: String, reason: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.request("POST", "/admin/v1/" + target)
        #expect(response.status == 400)
        #expect(response.body == errorBody("invalid", reason))
        #expect(fixture.backend.calls.isEmpty)
        #expect(try fixture.request("POST", "/admin/v1/slots/1").status == 404)
        #expect(try fixture.request("POST", "/admin/v1/slots/1:move").status == 404)
        #expect(try fixture.get("/admin/v1/slots/1:unpin").status == 405)
    }

    /// Where others could try tokens, one has to be long and not of a few letters.
    @Test(arguments: [
        ("127.0.0.1", 15, HTTPServerError.weakToken), ("127.0.0.1", 16, nil), ("127.0.0.9", 16, nil),
        ("0.0.0.0", 15, .weakToken), ("0.0.0.0", 31, .weakTokenForNetwork(address: "0.0.0.0")), ("0.0.0.0", 32, nil),
    ])
    func weakTokensAreRefused(address: String, length: Int, error: HTTPServerError?) throws {
        var configuration = AdminConfiguration(token: String("0123456789abcdef0123456789abcdef".prefix(length)))
        configuration.address = address
        if let error {
            #expect(throws: error) { try AdminServer(configuration, backend: FakeBackend()) }
            #expect(!error.reason.contains(configuration.token))
        } else {
            try AdminServer(configuration, backend: FakeBackend()).stop()
        }
    }

    @Test func aLongTokenOfOneLetterIsWeak() {
        var configuration = AdminConfiguration(token: String(repeating: "x", count: 64))
        configuration.address = "0.0.0.0"
        #expect(throws: HTTPServerError.weakTokenForNetwork(address: "0.0.0.0")) {
            try AdminServer(configuration, backend: FakeBackend())
        }
    }

    @Test func faultsAreForDevelopmentOnly() throws {
        let fixture = try AdminFixture(isDevelopment: false)
        defer { fixture.server.stop() }
        for target in ["/admin/v1/nodes", "/admin/v1/nodes/node-1:kill", "/admin/v1/nodes/node-1:pause?seconds=1"] {
            #expect(try fixture.request("POST", target).status == 404)
        }
        #expect(try fixture.request("POST", "/admin/v1/nodes/node-1:drain").status == 200)
    }

    @Test(arguments: [
        "NONSENSE\r\n\r\n", "GET /healthz HTTP/1.1\r\n\r\n", "GET\r\n\r\n",
        "POST /admin/v1/nodes HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /admin/v1/nodes HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "y", count: 60_000) + "\r\n\r\n",
        "GET /" + String(repeating: "y", count: 60_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
    func whatIsNoRequestIsRefusedAndTheServerLives(bytes: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let client = try TestClient(port: fixture.server.port)
        client.send(bytes)
        client.finishSending()
        if let response = try? client.response() { #expect((400...499).contains(response.status)) }
        #expect(try fixture.get("/healthz").status == 200)
    }
}
