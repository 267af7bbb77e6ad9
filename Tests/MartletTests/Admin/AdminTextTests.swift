import FoundationEssentials
import Glibc
import Testing

@testable import martlet

/// What the admin commands write, and what they send.
@Suite struct AdminTextTests {
    @Test func columnsStandUnderEachOther() {
        var table = TextTable([.init("NODE"), .init("SLOTS", .right), .init("STATE")])
        table.add("a", "7", "up")
        table.add("雨燕-long", "128", "")
        #expect(table.text == "NODE     SLOTS  STATE\na            7  up\n雨燕-long    128")
    }

    @Test func agesAreShort() {
        let ages: [Int64] = [-5, 0, 499, 9_999, 10_000, 119_999, 120_000, 7_199_999, 7_200_000, .max]
        let texts = ages.map(TimeText.age)
        #expect(texts.prefix(9) == ["0.0 s", "0.0 s", "0.4 s", "9.9 s", "10 s", "119 s", "2 min", "119 min", "2 h"])
        #expect(TimeText.point(1_795_275_079_040) == "2026-11-21T15:31:19Z")
    }

    @Test func namesBecomeOneSegment() {
        #expect(PathSegment.encode("node-1.a_b~C") == "node-1.a_b~C")
        #expect(PathSegment.encode("a:b c?d&e%f#g+h") == "a%3Ab%20c%3Fd%26e%25f%23g%2Bh")
        #expect(PathSegment.encode("ä") == "%C3%A4")
    }

    @Test func slotsAreInWords() throws {
        func words(_ json: String) throws -> String {
            try JSONDecoder().decode(SlotAnswer.self, from: Data(json.utf8)).words
        }
        #expect(try words(#"{"slot":1,"state":"settled","owner":"a","epoch":2}"#) == "settled")
        #expect(try words(#"{"slot":1,"state":"unowned","epoch":2}"#) == "nobody owns it")
        #expect(
            try words(#"{"slot":1,"state":"moving","owner":"a","epoch":2,"movingTo":"b","pinnedTo":"b"}"#)
                == "moving to b, pinned to b")
    }

    @Test func presenceIsInWords() throws {
        func text(_ json: String) throws -> String {
            try JSONDecoder().decode(UserAnswer.self, from: Data(json.utf8)).text
        }
        #expect(
            try text(#"{"user":"a","slot":3,"state":"unknown","asOf":1,"reason":"it is away","devices":[]}"#)
                == "a: unknown: it is away")
        #expect(
            try text(
                #"""
                {"user":"a","slot":3,"state":"online","asOf":1000,"devices":[
                {"device":"d","state":"online","edge":"n","home":"m","since":2000,"lastSeen":9,
                "evidence":{"epoch":4,"leaseAgeMilliseconds":700,"asOf":1}},
                {"device":"e","state":"offline","since":2000,"lastSeen":3000,"evidence":{"epoch":0,"asOf":1}}]}
                """#)
                    == """
                    a: online, as of 1970-01-01T00:00:01Z (slot 3)
                      d  online since 1970-01-01T00:00:02Z
                        edge n, home m, epoch 4, lease age 0.7 s
                      e  offline, last seen 1970-01-01T00:00:03Z
                    """)
    }

    @Test func anAddressIsCheckedBeforeItIsAsked() throws {
        for url in ["", "127.0.0.1:9600", "ftp://a", "http://", "http://a/b", "file:///etc/passwd", "https:///"] {
            #expect(throws: CommandFailure.self, "\(url)") {
                try AdminClient(url: url, token: nil, timeoutMilliseconds: 1)
            }
        }
        #expect(try AdminClient(url: "http://a:1/", token: nil, timeoutMilliseconds: 1).url == "http://a:1")
    }

    // MARK: tokens

    @Test func aTokenIsMadeOnceAndForItsOwnerOnly() throws {
        let folder = FileManager.default.temporaryDirectory.path() + "/martlet-token-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/token"
        let made = try AdminToken.readOrCreate(path)
        #expect(made.text.utf8.count == 64 && !"\(made)".contains(made.text))
        #expect(try AdminToken.readOrCreate(path).text == made.text && AdminToken.read(path).text == made.text)
        var status = stat()
        #expect(unsafe stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(throws: CommandFailure.self) { try AdminToken.readOrCreate(folder + "/no/token") }
        #expect(throws: CommandFailure.self) { try AdminToken.read(folder + "/none") }
        #expect(AdminToken.random().text != AdminToken.random().text)
    }
}
