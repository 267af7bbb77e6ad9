import FoundationEssentials
import MartletAdmin
import MartletCore
import Testing

/// A page's server over a folder of its own, with files that must be served and others that must not.
private final class PageFixture {
    let folder: String
    let server: PageServer

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/martlet-page-" + UUID().uuidString
        let files = [
            "page/index.html": "<!doctype html>", "page/app.js": "export {}", "page/style.css": "a{}",
            "page/mark.svg": "<svg/>", "page/sub folder/ä.js": "//", "page/test/fake.js": "never",
            "page/.hidden.js": "never", "page/notes.txt": "never", "js/martlet.js": "export class Martlet {}",
            "secret.js": "never",
        ]
        for (path, text) in files {
            let file = folder + "/" + path
            let parent = file.split(separator: "/").dropLast().joined(separator: "/")
            try FileManager.default.createDirectory(atPath: "/" + parent, withIntermediateDirectories: true)
            guard FileManager.default.createFile(atPath: file, contents: Data(text.utf8)) else { throw Unwritable() }
        }
        server = try PageServer(
            PageConfiguration(
                roots: PageConfiguration.roots(clients: folder),
                gateways: { [PageGateway(node: "node-1", url: "ws://127.0.0.1:8001/v1/ws")] },
                makeToken: { request in
                    request.user == Key("nobody")
                        ? .failure(AdminError(.unavailable, "no secret"))
                        : .success("token of \(request.user) \(request.device?.description ?? "-") \(request.tier)")
                }))
    }

    deinit {
        server.stop()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func get(_ target: String, headers: [String] = []) throws -> TestClient.Response {
        try TestClient.request(server.port, "GET", target, headers: headers)
    }

    func post(_ body: String, headers: [String] = ["Content-Type: application/json"]) throws -> TestClient.Response {
        try TestClient.request(server.port, "POST", "/dev/token", headers: headers, body: body)
    }

    private struct Unwritable: Error {}
}

@Suite(.serialized) struct PageServerTests {
    @Test(arguments: [
        ("/", "<!doctype html>", "text/html; charset=utf-8"),
        ("/index.html", "<!doctype html>", "text/html; charset=utf-8"),
        ("/?user=alice&node=node-2", "<!doctype html>", "text/html; charset=utf-8"),
        ("/app.js", "export {}", "text/javascript; charset=utf-8"), ("/style.css", "a{}", "text/css; charset=utf-8"),
        ("/mark.svg", "<svg/>", "image/svg+xml"), ("/sub%20folder/%C3%A4.js", "//", "text/javascript; charset=utf-8"),
        ("/js/martlet.js", "export class Martlet {}", "text/javascript; charset=utf-8"),
    ])
    func filesAreServed(target: String, body: String, type: String) throws {
        let response = try PageFixture().get(target)
        #expect(response.status == 200)
        #expect(response.body == body)
        #expect(response.headers["content-type"] == type)
        #expect(response.headers["cache-control"] == "no-store")
        #expect(response.headers["x-content-type-options"] == "nosniff")
        let policy = try #require(response.headers["content-security-policy"])
        #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"))
        #expect(policy.contains("connect-src 'self' ws://127.0.0.1:*"))
    }

    @Test(arguments: [
        "/nothing.js", "/../secret.js", "/%2e%2e/secret.js", "/js/../../secret.js", "/js/%2e%2e%2f%2e%2e%2fsecret.js",
        "//etc/passwd", "/etc/passwd", "/test/fake.js", "/.hidden.js", "/notes.txt", "/js", "/js/", "/app.js/",
        "/app.js%00.html", "/APP.JS", "/..%5csecret.js",
    ])
    func nothingElseIs(target: String) throws {
        let response = try PageFixture().get(target)
        #expect(response.status == 404)
        #expect(response.body == errorBody("notFound", "no such file"))
    }

    @Test func anEditShowsOnReload() throws {
        let fixture = try PageFixture()
        try Data("edited".utf8).write(to: URL(filePath: fixture.folder + "/page/app.js"))
        #expect(try fixture.get("/app.js").body == "edited")
        try FileManager.default.removeItem(atPath: fixture.folder + "/page/app.js")
        #expect(try fixture.get("/app.js").status == 500)
    }

    @Test func thePageLearnsItsGateways() throws {
        #expect(
            try PageFixture().get("/dev/config.json").body
                == "{\"gateways\":[{\"node\":\"node-1\",\"url\":\"ws://127.0.0.1:8001/v1/ws\"}]}\n")
    }

    @Test(arguments: [
        (#"{"user":"alice"}"#, "token of alice - free"),
        (#"{"user":"bob","device":"tab-1","tier":"paid"}"#, "token of bob tab-1 paid"),
        (#"{"user":"ä ☂","device":null}"#, "token of ä ☂ - free"),
    ])
    func tokensAreMade(body: String, token: String) throws {
        let response = try PageFixture().post(body)
        #expect(response.status == 200)
        #expect(response.body == "{\"token\":\"\(token)\"}\n")
    }

    @Test(arguments: [
        ("", "the body is not a JSON object"), ("[]", "the body is not a JSON object"), ("{}", "`user` is missing"),
        (#"{"user":7}"#, "`user` has the wrong type"), (#"{"user":""}"#, "`user` is not a user id"),
        (#"{"user":"a/b"}"#, "`user` is not a user id"), (#"{"user":"martlet:x"}"#, "`user` is not a user id"),
        (#"{"user":"a","device":"a/b"}"#, "`device` is not a device id"),
        (#"{"user":"a","tier":"gold"}"#, "`tier` is free or paid"),
    ])
    func badTokenRequestsAreInvalid(body: String, reason: String) throws {
        let response = try PageFixture().post(body)
        #expect(response.status == 400)
        #expect(response.body == errorBody("invalid", reason))
    }

    @Test func failuresOfTheMinterAreTold() throws {
        #expect(try PageFixture().post(#"{"user":"nobody"}"#).status == 503)
    }

    @Test(arguments: [
        "evil.example", "127.0.0.1.evil.example", "localhost.evil", "127.0.0.1:x", "192.168.1.1", "", "[::1",
    ])
    func otherHostsAreForbidden(host: String) throws {
        let fixture = try PageFixture()
        for target in ["/", "/dev/config.json"] {
            let response = try fixture.get(target, headers: ["Host: " + host])
            #expect(response.status == 403)
        }
        let headers = ["Host: " + host, "Content-Type: application/json"]
        #expect(try fixture.post(#"{"user":"alice"}"#, headers: headers).status == 403)
    }

    @Test(arguments: ["127.0.0.1", "127.0.0.1:8000", "LOCALHOST:1", "[::1]", "[::1]:9"])
    func loopbackHostsAreNot(host: String) throws {
        #expect(try PageFixture().get("/", headers: ["Host: " + host]).status == 200)
    }

    @Test(arguments: [
        (["Origin: http://evil.example"], 403), (["Origin: null"], 403), (["Origin: http://127.0.0.1:1"], 403),
        (["Origin: https://127.0.0.1"], 403), (["Sec-Fetch-Site: cross-site"], 403),
        (["Sec-Fetch-Site: same-site"], 403), (["Origin: http://127.0.0.1", "Sec-Fetch-Site: same-origin"], 200),
        (["Sec-Fetch-Site: none"], 200),
    ])
    func postsAcrossOriginsAreForbidden(headers: [String], status: Int) throws {
        let response = try PageFixture().post(
            #"{"user":"alice"}"#, headers: headers + ["Content-Type: application/json; charset=utf-8"])
        #expect(response.status == status)
    }

    @Test(arguments: [[], ["Content-Type: text/plain"], ["Content-Type: application/x-www-form-urlencoded"]])
    func aFormCannotAskForATokens(headers: [String]) throws {
        #expect(try PageFixture().post(#"{"user":"alice"}"#, headers: headers).status == 400)
    }

    @Test func wrongMethodsNameTheRightOnes() throws {
        let fixture = try PageFixture()
        let get = try fixture.get("/dev/token")
        #expect(get.status == 405 && get.headers["allow"] == "POST")
        let json = ["Content-Type: application/json"]
        let post = try TestClient.request(fixture.server.port, "POST", "/", headers: json, body: "{}")
        #expect(post.status == 405 && post.headers["allow"] == "GET, HEAD")
    }

    @Test func startingSaysWhatIsWrong() {
        var configuration = PageConfiguration(
            roots: PageConfiguration.roots(clients: "/nowhere"), gateways: { [] }, makeToken: { _ in .success("") })
        #expect(throws: HTTPServerError.noPage("/nowhere/page")) { try PageServer(configuration) }
        configuration.address = "0.0.0.0"
        #expect(throws: HTTPServerError.notLoopback("0.0.0.0")) { try PageServer(configuration) }
    }
}
