import Testing

@testable import MartletConfiguration

/// Every way in which a file can be wrong, with where and what is said of it.
@Suite struct BadFileTests {
    private func problems(_ bytes: [UInt8]) -> [String] {
        do {
            _ = try Configuration(reading: ConfigurationSources(file: ("m.yaml", bytes)))
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    private func problems(_ yaml: String) -> [String] { problems(Array(yaml.utf8)) }

    @Test(arguments: [
        ("redis:\n  adress: a:1\n", "m.yaml:2:3: unknown setting `redis.adress`: did you mean `redis.address`?"),
        ("rediss:\n  x: 1\n", "m.yaml:1:1: unknown setting `rediss`"),
        ("slots: 64\n", "m.yaml:1:1: unknown setting `slots`: did you mean `cluster.slots`?"),
        ("kafka:\n  bootstrap:\n    deeper: 1\n", "m.yaml:2:3: `kafka.bootstrap`: expected a list"),
        ("zzzzzzzzzzzz: 1\n", "m.yaml:1:1: unknown setting `zzzzzzzzzzzz`."),
        ("loops: 1\nloops: 2\n", "m.yaml:2:1: `loops` stands twice, first on line 1"),
        ("redis: {}\nredis: {}\n", "m.yaml:2:1: `redis` stands twice, first on line 1"),
        ("mailbox.age: 1d\nmailbox:\n  age: 1d\n", "m.yaml:3:3: `mailbox.age` stands twice, first on line 1"),
        ("kafka.settings: {a: 1, a: 2}\n", "m.yaml:1:24: `a` stands twice in `kafka.settings`"),
        ("loops: many\n", "m.yaml:1:1: `loops` is `many`: expected a whole number from 1 to 64."),
        ("loops: 65\n", "m.yaml:1:1: `loops` is `65`: expected a whole number from 1 to 64."),
        ("loops: 1.5\n", "m.yaml:1:1: `loops` is `1.5`"), ("loops: 0x10\n", "m.yaml:1:1: `loops` is `0x10`"),
        ("loops: [1]\n", "m.yaml:1:1: `loops` is a list"), ("loops: {a: 1}\n", "m.yaml:1:1: `loops`: expected"),
        ("loops:\n", "m.yaml:1:7: `loops` has no value"), ("loops: ~\n", "m.yaml:1:8: `loops` has no value"),
        ("loops: null\n", "m.yaml:1:8: `loops` has no value"), ("node: ''\n", "m.yaml:1:1: `node` is ``: expected"),
        ("lease:\n  ttl: 3\n", "m.yaml:2:3: `lease.ttl` is `3`: expected a time from 500ms to 1m"),
        ("lease.ttl: 99999999999999999999s\n", "m.yaml:1:1: `lease.ttl` is"),
        ("lease.ttl: 9223372036854775807d\n", "m.yaml:1:1: `lease.ttl` is"),
        ("limits.frame: 64K\n", "m.yaml:1:1: `limits.frame` is `64K`: expected a size from 4KiB to 1MiB"),
        ("limits.frame: 9223372036854775807GiB\n", "m.yaml:1:1: `limits.frame` is"),
        ("client.listen: 8001\n", "m.yaml:1:1: `client.listen` is `8001`: expected an address and a port"),
        ("client.listen: ::1:8001\n", "m.yaml:1:1: `client.listen` is `::1:8001`"),
        ("client.listen: a:65536\n", "m.yaml:1:1: `client.listen` is"),
        ("client.listen: a:-1\n", "m.yaml:1:1: `client.listen` is"),
        ("client.advertise: a:0\n", "m.yaml:1:1: `client.advertise` is `a:0`"),
        ("redis.address: [a:1, b]\n", "m.yaml:1:1: `redis.address` is a list: expected a host and a port"),
        ("redis.address: [[a:1]]\n", "m.yaml:1:17: `redis.address`: expected a single value in the list"),
        ("redis.address: [a:1, ]\nloops: x\n", "m.yaml:2:1"),
        ("redis.layout: Cluster\n", "m.yaml:1:1: `redis.layout` is `Cluster`: expected one of single, cluster"),
        ("kafka.settings: [a]\n", "m.yaml:1:1: `kafka.settings`: expected names with values"),
        ("kafka.settings: {a: [1]}\n", "m.yaml:1:21: `kafka.settings`: expected a single value for `a`"),
        ("kafka.settings: {a: }\n", "`kafka.settings`: expected a single value for `a`"),
        ("kafka.settings: {[a]: 1}\n", "m.yaml:1:18: `kafka.settings`: expected a name"),
        ("kafka.settings: {'': 1}\n", "m.yaml:1:1: `kafka.settings`: expected names with values"),
        ("redis: 1\n", "m.yaml:1:8: `redis` is a group of settings"),
        ("redis: [1]\n", "m.yaml:1:8: `redis` is a group"),
        ("[a]: 1\n", "m.yaml:1:1: expected a name"), ("- a\n", "m.yaml:1:1: expected settings"),
        ("text\n", "m.yaml:1:1: expected settings"), ("'' \n", "m.yaml:1:1: expected settings"),
        ("a: &x 1\n", "m.yaml:1:4: an anchor is not taken"), ("a: *x\n", "m.yaml:1:4: an alias is not taken"),
        ("a: !!str 1\n", "m.yaml:1:4: a tag is not taken"), ("a: &x [1]\n", "m.yaml:1:4: an anchor is not taken"),
        ("a: !t {}\n", "m.yaml:1:4: a tag is not taken"), ("<<: *x\n", "m.yaml:1:5: an alias is not taken"),
        ("loops: 1\n---\nloops: 2\n", "a second document is not taken"),
        ("a: [1\n", "m.yaml:2:1: not YAML: while parsing a flow sequence: did not find expected ',' or ']'"),
        ("a:\n\t- b\n", "not YAML"), ("a: \"x\n", "not YAML"), ("a: b: c\n", "m.yaml:1:5: not YAML"),
        ("%YAML 9.9\n---\na: 1\n", "not YAML"), ("a: \u{0}\n", "not YAML"),
    ])
    func wrongFiles(yaml: String, expected: String) {
        let found = problems(yaml)
        #expect(found.contains { $0.contains(expected) }, "\(found)")
    }

    @Test func whatIsNotUTF8() {
        #expect(problems(Array("loops: 1\nnode: ".utf8) + [0x61, 0xFF]) == ["m.yaml:2:8: not UTF-8"])
        #expect(problems([0xC0, 0x80]) == ["m.yaml:1:1: not UTF-8"])
        // UTF-16 with a byte order mark.
        #expect(problems([0xFF, 0xFE, 0x61, 0x00]) == ["m.yaml:1:1: not UTF-8"])
    }

    @Test func whatIsTooMuch() {
        #expect(
            problems([UInt8](repeating: 0x20, count: 256 * 1024 + 1)) == ["m.yaml:1:1: the file is larger than 256KiB"])
        let deep = "a: " + String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(problems(deep) == ["m.yaml:1:11: nested more than 8 deep"])
        let many = "a: [" + String(repeating: "1,", count: 30_000) + "]"
        #expect(problems(many).first?.contains("more than 20000 parts") == true)
    }

    /// One typing mistake hides no other.
    @Test func allProblemsOfAFileAreFound() {
        let found = problems("redis:\n  adress: [a, {b: c}]\n  layout: x\nloops: 0\nnonsense: {a: [b]}\nweight: 2\n")
        #expect(found.count == 4, "\(found)")
    }

    /// Every prefix of a good file is read or refused, and nothing else.
    @Test func cutFiles() {
        let bytes = Array("redis:\n  address: [a:1, \"b:2\"]\nkafka.settings: {x: 'ä', y: 2}\nloops: 3\n".utf8)
        for count in bytes.indices { _ = problems(Array(bytes[..<count])) }
        for index in bytes.indices {
            for byte in [0x00, 0x22, 0x26, 0x5B, 0x7B, 0x80, 0xFF] as [UInt8] {
                var broken = bytes
                broken[index] = byte
                _ = problems(broken)
            }
        }
    }
}
