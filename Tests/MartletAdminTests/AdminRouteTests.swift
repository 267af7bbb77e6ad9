import MartletAdmin
import MartletCore
import Synchronization
import Testing

private let node = #"""
    {"id":"node-1","state":"up","incarnation":"18446744073709551615","clientAddress":"127.0.0.1:8001",\#
    "linkAddress":"127.0.0.1:9101","weight":1,"worker":3,"version":"0.1.0","leaseAgeMilliseconds":250,"slots":128,\#
    "connections":null}
    """#

private let slots = #"""
    {"slot":0,"state":"settled","owner":"node-1","epoch":3,"movingTo":null,"pinnedTo":"node-1"},\#
    {"slot":1,"state":"moving","owner":"node-1","epoch":2,"movingTo":"b","pinnedTo":null},\#
    {"slot":2,"state":"unowned","owner":null,"epoch":0,"movingTo":null,"pinnedTo":null}
    """#

extension String {
    /// How often `part` stands in it.
    fileprivate func components(_ part: String) -> Int {
        indices.count { self[$0...].hasPrefix(part) }
    }
}

@Suite(.serialized) struct AdminRouteTests {
    @Test func healthNeedsNoToken() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try TestClient.request(fixture.server.port, "GET", "/healthz")
        #expect(response.status == 200)
        #expect(response.body == "{\"status\":\"ok\"}\n")
        #expect(response.headers["content-type"] == "application/json")
        #expect(response.headers["cache-control"] == "no-store")
        let head = try TestClient.request(fixture.server.port, "HEAD", "/healthz")
        #expect(head.status == 200 && head.headers["content-length"] == "16")
    }

    @Test func readinessSaysWhatItWaitsFor() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let ready = try TestClient.request(fixture.server.port, "GET", "/readyz")
        #expect(ready.status == 200 && ready.body == "{\"ready\":true,\"waitingFor\":[]}\n")
        fixture.backend.state.withLock { $0.readiness = Readiness(waitingFor: ["cluster map", "slots"]) }
        let waiting = try TestClient.request(fixture.server.port, "GET", "/readyz")
        #expect(waiting.status == 503)
        #expect(waiting.body == "{\"ready\":false,\"waitingFor\":[\"cluster map\",\"slots\"]}\n")
    }

    @Test func metricsAreText() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.get("/metrics")
        #expect(response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(response.body == "# TYPE martlet_connections gauge\nmartlet_connections{node=\"node-1\"} 12\n")
    }

    @Test func presenceShowsItsEvidence() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        #expect(
            try fixture.get("/admin/v1/presence/alice").body == #"""
                {"user":"alice","slot":17,"state":"online","asOf":1800000000000,"reason":null,"devices":[{"device":"tab \"1\"","state":"online","edge":"node-1",\#
                "home":"node-1","since":5,"lastSeen":6,"evidence":{"epoch":7,"leaseAgeMilliseconds":120,\#
                "asOf":1800000000000}},{"device":"x","state":"unknown","edge":null,"home":null,"since":null,\#
                "lastSeen":null,"evidence":{"epoch":0,"leaseAgeMilliseconds":null,"asOf":9}}]}

                """#)
    }

    @Test func clusterShowsNodesAndSlots() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        #expect(
            try fixture.get("/admin/v1/cluster").body == #"""
                {"version":4,"term":2,"leader":"coordinator-1","nodes":[\#(node)],"slots":[\#
                \#(slots)]}

                """#)
    }

    @Test func theMapShowsSlots() throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        #expect(
            try fixture.get("/admin/v1/map").body == "{\"version\":4,\"term\":2,\"slots\":[" + slots + "]}\n")
    }

    @Test(arguments: [
        ("GET", "/admin/v1/presence?user=a&user=b%20c&x=y", nil, "presence a,b c"),
        ("POST", "/admin/v1/presence", #"{"users":["z","z"]}"#, "presence z,z"),
    ])
    func severalUsersAreAskedAtOnce(method: String, target: String, body: String?, call: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.request(method, target, body: body)
        #expect(response.status == 200)
        #expect(response.body.hasPrefix(#"{"users":[{"user":"#))
        #expect(response.body.components("\"slot\":17") == 2)
        #expect(fixture.backend.calls == [call])
    }

    @Test(arguments: [
        ("/admin/v1/slots/3:pin?node=node-1", "pin 3 node-1"), ("/admin/v1/slots/65535:unpin", "pin 65535 -"),
        ("/admin/v1/slots/0:pin?node=%C3%A4%20b", "pin 0 ä b"),
    ])
    func slotsArePinned(target: String, call: String) throws {
        let fixture = try AdminFixture(isDevelopment: false)
        defer { fixture.server.stop() }
        let response = try fixture.request("POST", target)
        #expect(response.status == 200)
        #expect(response.body.hasPrefix(#"{"slot":0,"state":"settled","owner":"node-1""#))
        #expect(fixture.backend.calls == [call])
    }

    @Test(arguments: [
        ("/admin/v1/nodes/node-1:drain", "drain node-1"), ("/admin/v1/nodes/node-1:undrain", "undrain node-1"),
        ("/admin/v1/nodes/node-1:kill", "kill node-1"),
        ("/admin/v1/nodes/node-1:pause?seconds=2.5", "pause node-1 2500"),
        ("/admin/v1/nodes/node-1:pause?x=1&seconds=600", "pause node-1 600000"),
        ("/admin/v1/nodes/a%3Akill:drain", "drain a:kill"), ("/admin/v1/nodes/a:b:drain", "drain a:b"),
        ("/admin/v1/nodes/%C3%A4%20b:drain", "drain ä b"),
    ])
    func nodesAreActedOn(target: String, call: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.request("POST", target)
        #expect(response.status == 200)
        #expect(response.body == node + "\n")
        #expect(fixture.backend.calls == [call])
    }

    @Test(arguments: [
        ("", "add - 1"), ("{}", "add - 1"), (#"{"id":"node-9","weight":3}"#, "add node-9 3"),
        (#" {"weight" : 100, "later": [null]} "#, "add - 100"),
    ])
    func nodesAreAdded(body: String, call: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        let response = try fixture.request("POST", "/admin/v1/nodes", body: body)
        #expect(response.status == 201)
        #expect(fixture.backend.calls == [call])
    }

    @Test(arguments: [
        ("/admin/v1/presence/%E2%98%82%20x", "presence ☂ x"), ("/admin/v1/presence/a?b=c", "presence a"),
        ("/admin/v1/presence/a+b", "presence a+b"), ("/admin/v1/presence/a%25b", "presence a%b"),
        ("/admin/v1/presence/..", "presence .."),
    ])
    func usersAreDecoded(target: String, call: String) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        #expect(try fixture.get(target).status == 200)
        #expect(fixture.backend.calls == [call])
    }

    @Test(arguments: [
        AdminError(.notFound, "no such node"), AdminError(.conflict, "it is the last one"),
        AdminError(.unavailable, "the store is away"), AdminError(.internal, "a \"quoted\" reason"),
    ])
    func failuresOfTheBackendHaveTheirStatus(error: AdminError) throws {
        let fixture = try AdminFixture()
        defer { fixture.server.stop() }
        fixture.backend.fail(error)
        let response = try fixture.request("POST", "/admin/v1/nodes/node-9:drain")
        let statuses: [AdminError.Code: Int] = [.notFound: 404, .conflict: 409, .unavailable: 503, .internal: 500]
        #expect(response.status == statuses[error.code])
        #expect(
            response.body
                == errorBody(error.code.rawValue, error.reason.split(separator: "\"").joined(separator: "\\\"")))
    }
}
