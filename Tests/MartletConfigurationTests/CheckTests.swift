import Foundation
import MartletCore
import Testing

@testable import MartletConfiguration

/// Settings taken together, and the secrets that they name.
@Suite struct CheckTests {
    private static let strong = "8f1c7e29b4d05a638f1c7e29b4d05a63"

    private func configuration(_ options: [String: String]) throws -> Configuration {
        let secrets = ["token.secret": Self.strong, "link.secret": Self.strong]
        return try Configuration(
            reading: ConfigurationSources(options: secrets.merging(options) { _, new in new }))
    }

    private func problems(_ options: [String: String], for users: SettingUsers = .gateway) throws -> [String] {
        try configuration(options).check(for: users).problems.map(\.description)
    }

    @Test func theDefaultsAndTwoSecretsAreEnough() throws {
        #expect(try problems([:]) == [])
        #expect(try problems([:], for: .coordinator) == [])
        #expect(try problems([:], for: .setup) == [])
        let bare = Configuration.standard.check(for: .gateway).problems.map(\.place)
        #expect(bare == ["token.secretFile", "link.secretFile"])
        #expect(Configuration.standard.check(for: .coordinator).problems.isEmpty, "it has no use for them")
    }

    @Test(arguments: [
        (["cluster.name": "a b"], "--cluster-name: `cluster.name` is `a b`"),
        (["cluster.name": ".."], "--cluster-name: `cluster.name`"),
        (["cluster.name": String(repeating: "a", count: 65)], "--cluster-name: `cluster.name`"),
        (["node": "a/b"], "--node: `node` is no node id"),
        (["lease.renew": "1001ms"], "--lease-renew: `lease.renew` is more than a third"),
        (["redis.address": ""], "--redis-address: `redis.address` is empty"),
        (["redis.address": "a:1,b:2"], "--redis-address: `redis.address` has 2 servers"),
        (["redis.user": "martlet"], "--redis-user: `redis.user` is given without"),
        (["redis.passwordFile": "/nonexistent/x"], "`redis.passwordFile`: /nonexistent/x cannot be read (No such file"),
        (["kafka.bootstrap": ""], "--kafka-bootstrap: `kafka.bootstrap` is empty"),
        (["kafka.replication": "1"], "kafka.minInsyncReplicas: `kafka.minInsyncReplicas` is more than"),
        (["heartbeat.interval": "90s"], "heartbeat.deadAfter: `heartbeat.deadAfter` must be longer"),
        (["limits.linkWindow": "1MiB", "limits.syncPageBytes": "1MiB"], "`limits.linkWindow` must hold a page"),
        (["limits.content": "64KiB"], "--limits-content: `limits.content` must be smaller"),
        (["client.advertise": "0.0.0.0:1"], "--client-advertise: `client.advertise` is every address"),
        (["link.advertise": "[::]:1"], "--link-advertise: `link.advertise` is every address"),
        (["admin.listen": "0.0.0.0:9600"], "--admin-listen: `admin.listen` is open to other machines"),
        (["admin.token": "short"], "is shorter than 16 bytes"), (["token.secret": "short"], "is shorter than 32 bytes"),
        (["link.secretFile": "/etc/hostname"], "are both given: which is it to be?"),
        (["token.secretFile": "/dev/null", "token.secret": ""], "expected a text"),
    ])
    func whatDoesNotFitTogether(options: [String: String], expected: String) {
        do {
            let found = try problems(options)
            #expect(found.contains { $0.contains(expected) }, "\(found)")
        } catch {
            #expect("\(error)".contains(expected))
        }
    }

    @Test func aliasForEveryAddressIsWorthAWarning() throws {
        let configuration = try configuration(["client.listen": "0.0.0.0:8001", "link.listen": "[::]:8101"])
        let (problems, warnings) = configuration.check(for: .gateway)
        #expect(problems.isEmpty)
        #expect(warnings.map(\.place) == ["--client-listen", "--link-listen"])
        let told = configuration.advertised(
            Settings.clientAdvertise, listening: Settings.clientListen, hostName: "node-7")
        #expect(told == Endpoint(host: "node-7", port: 8001))
    }

    @Test func anAdvertisedAddressIsTheOneThatIsTold() throws {
        let configuration = try configuration(["client.advertise": "chat.example:443", "link.listen": "10.0.0.1:5"])
        #expect(
            configuration.advertised(Settings.clientAdvertise, listening: Settings.clientListen, hostName: "h")
                == Endpoint(host: "chat.example", port: 443))
        #expect(
            configuration.advertised(Settings.linkAdvertise, listening: Settings.linkListen, hostName: "h")
                == Endpoint(host: "10.0.0.1", port: 5))
    }

    @Test func whatAllNodesAgreeOnIsSortedAndHashed() throws {
        let facts = [AgreedSetting("protocol", "1")]
        let agreed = Configuration.standard.agreed(with: facts)
        #expect(agreed.map(\.name) == agreed.map(\.name).sorted())
        let names = Set(agreed.map(\.name))
        #expect(names.isSuperset(of: ["cluster.slots", "mailbox.age", "mailbox.entries", "lease.ttl", "protocol"]))
        #expect(!names.contains("node") && !names.contains("client.listen"))
        let other = try configuration(["cluster.slots": "64"]).agreed(with: facts)
        #expect(AgreedSetting.hash(agreed) == AgreedSetting.hash(Configuration.standard.agreed(with: facts)))
        #expect(AgreedSetting.hash(agreed) != AgreedSetting.hash(other))
        #expect(try configuration(["node": "x"]).agreed(with: facts) == agreed)
    }
}
