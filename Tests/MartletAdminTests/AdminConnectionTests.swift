import Dispatch
import MartletAdmin
import Synchronization
import Testing

/// What happens on connections, over time: answers from other threads, time-outs, pieces, limits, stopping.
@Suite(.serialized) struct AdminConnectionTests {
    @Test func answersMayComeFromAnyThreadAndLater() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        fixture.backend.hold()
        let clients = try (0..<20).map { _ in try TestClient(port: fixture.server.port) }
        for client in clients { client.send(AdminFixture.text("GET", "/admin/v1/presence/alice")) }
        for _ in clients { fixture.backend.asked.wait() }
        // The daemon's one thread is free meanwhile.
        #expect(try fixture.get("/healthz").status == 200)
        fixture.backend.release()
        for client in clients { #expect(try client.response().status == 200) }
    }

    @Test func theFirstAnswerCounts() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        fixture.backend.hold()
        let client = try TestClient(port: fixture.server.port)
        for _ in 0..<3 {
            client.send(AdminFixture.text("GET", "/admin/v1/cluster"))
            fixture.backend.asked.wait()
            fixture.backend.release(times: 5)
            #expect(try client.response().status == 200)
        }
    }

    @Test func anAnswerThatDoesNotComeIsATimeout() throws {
        let fixture = try AdminFixture { $0.answerMilliseconds = 50 }
        defer { fixture.server.stop() }
        fixture.backend.hold()
        let client = try TestClient(port: fixture.server.port)
        client.send(AdminFixture.text("GET", "/metrics"))
        let response = try client.response()
        #expect(response.status == 504)
        #expect(response.body == errorBody("timeout", "no answer within 50 ms"))
        // The late answer finds nobody, and the connection goes on.
        fixture.backend.release()
        fixture.backend.state.withLock { $0.holds = false }
        client.send(AdminFixture.text("GET", "/metrics"))
        #expect(try client.response().status == 200)
    }

    @Test func aClientThatLeavesWhileItWaitsHarmsNobody() throws {
        let fixture = try AdminFixture { $0.answerMilliseconds = 50 }
        defer { fixture.server.stop() }
        fixture.backend.hold()
        do {
            let client = try TestClient(port: fixture.server.port)
            client.send(AdminFixture.text("GET", "/metrics"))
            fixture.backend.asked.wait()
        }
        fixture.backend.release()
        #expect(try fixture.get("/healthz").status == 200)
    }

    @Test func stoppingAnswersThoseWhoWait() throws {
        let fixture = try AdminFixture()
        fixture.backend.hold()
        let clients = try (0..<10).map { _ in try TestClient(port: fixture.server.port) }
        for client in clients { client.send(AdminFixture.text("GET", "/admin/v1/cluster")) }
        for _ in clients { fixture.backend.asked.wait() }
        fixture.server.stop()
        for client in clients {
            let response = try client.response()
            #expect(response.status == 503)
            #expect(response.body == errorBody("unavailable", "the server is stopping"))
            #expect(client.isClosed())
        }
        fixture.backend.release()
        fixture.server.stop()
        #expect(throws: TestClient.Failure.cannotConnect) { try TestClient(port: fixture.server.port) }
    }

    /// Stops at every moment of a request's life: nothing hangs, and libmicrohttpd finds nobody suspended.
    @Test func stoppingWhileRequestsPour() throws {
        for round in 0..<30 {
            let fixture = try AdminFixture { $0.stopMilliseconds = 200 }
            if round % 2 == 0 { fixture.backend.hold() }
            let clients = try (0..<8).map { _ in try TestClient(port: fixture.server.port) }
            for client in clients { client.send(AdminFixture.text("GET", "/admin/v1/cluster")) }
            if round % 3 == 0 { fixture.backend.asked.wait() }
            fixture.backend.release()
            fixture.server.stop()
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let client = try TestClient(port: fixture.server.port)
        client.send(
            AdminFixture.text("GET", "/healthz") + AdminFixture.text("GET", "/nothing")
                + AdminFixture.text("POST", "/admin/v1/nodes", body: #"{"weight":2}"#)
                + AdminFixture.text("GET", "/metrics"))
        #expect(try (0..<4).map { _ in try client.response().status } == [200, 404, 201, 200])
    }

    @Test func bodiesMayComeInPieces() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let client = try TestClient(port: fixture.server.port)
        for byte in AdminFixture.text("POST", "/admin/v1/nodes", body: #"{"id":"node-7","weight":2}"#).utf8 {
            client.send([byte])
        }
        #expect(try client.response().status == 201)
        #expect(fixture.backend.calls == ["add node-7 2"])
    }

    @Test func chunkedBodiesAreRead() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let client = try TestClient(port: fixture.server.port)
        client.send(chunkedHead + "5\r\n{\"wei\r\n7\r\nght\":4}\r\n0\r\n\r\n")
        #expect(try client.response().status == 201)
        #expect(fixture.backend.calls == ["add - 4"])
    }

    @Test func aBodyThatIsAnnouncedAsTooLongIsRefusedUnread() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let client = try TestClient(port: fixture.server.port)
        client.send(
            "POST /admin/v1/nodes HTTP/1.1\r\nHost: a\r\n\(AdminFixture.authorization)\r\nContent-Length: 65537\r\n\r\n"
        )
        let response = try client.response()
        #expect(response.status == 413)
        #expect(response.body == errorBody("tooLarge", "the body is longer than 65536 bytes"))
        #expect(fixture.backend.calls.isEmpty)
    }

    @Test func aBodyOfTheGreatestLengthIsRead() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let body = #"{"weight":5}"# + String(repeating: " ", count: 65_536 - 12)
        #expect(try fixture.request("POST", "/admin/v1/nodes", body: body).status == 201)
    }

    @Test func aChunkedBodyThatGrowsTooLongIsRefused() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let client = try TestClient(port: fixture.server.port)
        client.send(chunkedHead)
        for _ in 0..<70 { client.send("400\r\n" + String(repeating: "x", count: 1024) + "\r\n") }
        client.send("0\r\n\r\n")
        #expect(try client.response().status == 413)
        #expect(fixture.backend.calls.isEmpty)
    }

    @Test func aBodyWithoutEndIsCutOff() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let client = try TestClient(port: fixture.server.port)
        client.send(chunkedHead)
        for _ in 0..<1000 { client.send("400\r\n" + String(repeating: "x", count: 1024) + "\r\n") }
        #expect(client.isClosed())
        #expect(try fixture.get("/healthz").status == 200)
    }

    @Test func halfARequestIsClosedAfterAWhile() throws {
        let fixture = try AdminFixture { $0.idleSeconds = 1 }
        defer { fixture.server.stop() }
        let client = try TestClient(port: fixture.server.port)
        client.send("GET /healthz HTTP/1.1\r\nHo")
        // libmicrohttpd may say 408 before it closes; what counts is that it does not keep the connection.
        if let response = try? client.response() { #expect(response.status == 408) }
        #expect(client.isClosed())
    }

    @Test func connectionsBeyondTheLimitWaitForAPlace() throws {
        let fixture = try AdminFixture { $0.connections = 4 }
        defer { fixture.server.stop() }
        var clients = try (0..<4).map { _ in try TestClient(port: fixture.server.port) }
        for client in clients {
            client.send(AdminFixture.text("GET", "/healthz"))
            #expect(try client.response().status == 200)
        }
        let fifth = try TestClient(port: fixture.server.port)
        fifth.send(AdminFixture.text("GET", "/healthz"))
        clients.removeFirst()
        #expect(try fifth.response().status == 200)
        #expect(clients.count == 3)
    }

    @Test func startingSaysWhatIsWrong() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        var taken = AdminConfiguration(token: AdminFixture.token)
        taken.port = fixture.server.port
        #expect(throws: HTTPServerError.portTaken(address: "127.0.0.1", port: taken.port)) {
            try AdminServer(taken, backend: fixture.backend)
        }
        var nowhere = AdminConfiguration(token: AdminFixture.token)
        nowhere.address = "localhost"
        #expect(throws: HTTPServerError.notAnAddress("localhost:0")) {
            try AdminServer(nowhere, backend: fixture.backend)
        }
        nowhere.address = "127.0.0.1"
        nowhere.port = 65_536
        #expect(throws: HTTPServerError.notAnAddress("127.0.0.1:65536")) {
            try AdminServer(nowhere, backend: fixture.backend)
        }
        #expect(throws: HTTPServerError.weakToken) {
            try AdminServer(AdminConfiguration(token: "short"), backend: fixture.backend)
        }
    }
}

private let chunkedHead =
    "POST /admin/v1/nodes HTTP/1.1\r\nHost: a\r\n\(AdminFixture.authorization)\r\nTransfer-Encoding: chunked\r\n\r\n"
