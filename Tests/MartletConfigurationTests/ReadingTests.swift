import MartletCore
import Testing

@testable import MartletConfiguration

/// Where values come from, and which of them wins.
@Suite struct ReadingTests {
    private func read(
        _ yaml: String? = nil, environment: [String: String] = [:], options: [String: String] = [:]
    ) throws -> Configuration {
        let file = yaml.map { (name: "martlet.yaml", bytes: Array($0.utf8)) }
        return try Configuration(
            reading: ConfigurationSources(file: file, environment: environment, options: options))
    }

    @Test func withoutAnythingEverySettingHasItsDefault() throws {
        let configuration = try read()
        for setting in Settings.all {
            #expect(configuration.text(of: setting) == setting.defaultText)
            #expect(configuration.origin(of: setting).kind == .standard)
        }
        #expect(configuration.limits == Limits())
    }

    @Test func laterSourcesWin() throws {
        let yaml = "cluster:\n  slots: 16\n"
        #expect(try read(yaml)[Settings.slots] == 16)
        let variable = ["MARTLET_CLUSTER_SLOTS": "32"]
        #expect(try read(yaml, environment: variable)[Settings.slots] == 32)
        let all = try read(yaml, environment: variable, options: ["cluster.slots": "64"])
        #expect(all[Settings.slots] == 64)
        #expect(all.origin(of: Settings.slots).description == "--cluster-slots")
        #expect(try read(yaml).origin(of: Settings.slots).description == "martlet.yaml:2:3")
        #expect(
            try read(environment: variable).origin(of: Settings.slots).description == "MARTLET_CLUSTER_SLOTS")
    }

    @Test func everyKindOfValueInAFile() throws {
        let configuration = try read(
            """
            # A comment.
            node: "eu-1"
            loops: 4
            client.listen: "[::1]:0"
            client:
              allowedOrigins: [https://a.example, 'https://b.example']
            redis:
              layout: cluster
              address:
                - 10.0.0.1:6379
                - redis-2.example:6380
            kafka.settings: {security.protocol: ssl, ssl.ca.location: "/a=b,c"}
            mailbox: {age: 7d, bytes: 16MiB}
            limits:
              content: 2KiB
            """)
        #expect(configuration[Settings.nodeID] == "eu-1")
        #expect(configuration[Settings.loops] == 4)
        #expect(configuration[Settings.clientListen] == Endpoint(host: "::1", port: 0))
        #expect(configuration[Settings.allowedOrigins] == ["https://a.example", "https://b.example"])
        #expect(configuration[Settings.redisLayout] == .cluster)
        #expect(
            configuration[Settings.redisAddress] == [
                Endpoint(host: "10.0.0.1", port: 6379), Endpoint(host: "redis-2.example", port: 6380),
            ])
        #expect(
            configuration[Settings.kafkaSettings] == [
                TextPair("security.protocol", "ssl"), TextPair("ssl.ca.location", "/a=b,c"),
            ])
        #expect(configuration.limits.mailboxMilliseconds == 7 * 86_400_000)
        #expect(configuration.limits.mailboxBytes == 16 << 20)
        #expect(configuration.limits.maxContentBytes == 2048)
    }

    @Test func jsonIsYAML() throws {
        #expect(try read(#"{"cluster": {"name": "blue"}, "weight": 3}"#)[Settings.weight] == 3)
    }

    @Test(arguments: ["", "\n\n", "# nothing\n", "redis:\n", "redis: {}\n", "---\n"])
    func filesThatSayNothing(yaml: String) throws { #expect(try read(yaml)[Settings.slots] == 256) }

    @Test func listsAndMapsInOneLine() throws {
        let configuration = try read(
            environment: [
                "MARTLET_REDIS_ADDRESS": "a:1, b:2", "MARTLET_KAFKA_SETTINGS": "x=1,y=a=b",
                "MARTLET_CLIENT_ALLOWED_ORIGINS": "",
            ])
        #expect(configuration.text(of: Settings.redisAddress) == "a:1,b:2")
        #expect(configuration[Settings.kafkaSettings] == [TextPair("x", "1"), TextPair("y", "a=b")])
        #expect(configuration[Settings.allowedOrigins] == [])
    }

    @Test func aVariableThatIsNearlyASettingIsWarnedOf() throws {
        let configuration = try read(
            environment: ["MARTLET_CLUSTER_SLOT": "1", "MARTLET_SERVICE_HOST": "x", "MARTLET_BIN": "y", "PATH": "z"])
        #expect(configuration.warnings.map(\.place) == ["MARTLET_CLUSTER_SLOT"])
        #expect(configuration.warnings.first?.message.contains("MARTLET_CLUSTER_SLOTS") == true)
    }

    @Test func allThatIsWrongIsSaidAtOnce() {
        #expect(throws: ConfigurationError.self) { try read("loops: x\nweight: 0\n", options: ["cluster.slots": "0"]) }
        do {
            _ = try read("loops: x\nweight: 0\n", environment: ["MARTLET_LEASE_TTL": "3"], options: ["node": ""])
        } catch {
            let places = (error as? ConfigurationError)?.problems.map(\.place)
            #expect(places == ["martlet.yaml:1:1", "martlet.yaml:2:1", "MARTLET_LEASE_TTL", "--node"])
        }
    }

    @Test func whatIsWrongOfASecretOrAMapIsNotRepeated() {
        for (variable, value) in [("MARTLET_TOKEN_SECRET", ""), ("MARTLET_KAFKA_SETTINGS", "sasl.password:hunter2")] {
            do {
                _ = try read(environment: [variable: value])
                Issue.record("\(variable) was taken")
            } catch {
                #expect("\(error)".contains("hunter2") == false)
            }
        }
    }
}
