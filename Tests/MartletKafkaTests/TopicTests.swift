import MartletCore
import ServerHarness
import Testing

@testable import MartletKafka

@Suite struct CheckTests {
    private static let good = TopicDescription(
        replicas: [3, 3, 3, 3], brokers: 3,
        values: [
            "min.insync.replicas": "2", "unclean.leader.election.enable": "false", "retention.ms": "2678400000",
            "cleanup.policy": "delete", "max.message.bytes": "2000000", "message.timestamp.type": "LogAppendTime",
            "retention.bytes": "4611686018427387905",
        ])

    private func names(_ change: (inout TopicDescription) -> Void) -> [String] {
        var topic = CheckTests.good
        change(&topic)
        return KafkaCheck(KafkaPromises()).findings(topic, slots: 4).map(\.name)
    }

    @Test func aGoodTopicHasNoFindings() { #expect(names { _ in } == []) }

    @Test(arguments: [
        ("min.insync.replicas", "1"), ("min.insync.replicas", "3"), ("min.insync.replicas", "4"),
        ("unclean.leader.election.enable", "true"), ("retention.ms", "2678399999"), ("cleanup.policy", "compact"),
        ("cleanup.policy", "compact,delete"), ("max.message.bytes", "1048588"),
        ("message.timestamp.type", "CreateTime"), ("retention.bytes", "-1"), ("retention.bytes", "1000000"),
    ]) func eachSettingThatBreaksAPromiseIsNamed(_ name: String, _ value: String) {
        #expect(names { $0.values[name] = value } == [name])
        #expect(names { $0.values[name] = nil } == [name], "a setting that is not told is no promise")
    }

    @Test func partitionsAndReplicasAreCounted() {
        #expect(names { $0.replicas = [3, 3, 3] } == ["partitions"])
        #expect(names { $0.replicas = [3, 2, 3, 3] }.contains("replication factor"))
        #expect(names { $0.values["retention.ms"] = "-1" } == [], "kept for ever is long enough")
    }

    @Test func aFindingSaysWhatAndWhy() {
        var topic = CheckTests.good
        topic.values["cleanup.policy"] = "compact"
        let finding = KafkaCheck(KafkaPromises()).findings(topic, slots: 4).first
        #expect(
            finding?.description
                == "cleanup.policy is compact, wanted: delete (compaction takes records out of the middle)")
    }

    @Test func aGenerationIsAnEndlessSize() {
        #expect(LogGeneration.parse("4611686018427387904") == 1 << 62)
        for text in ["-1", "", "x", "4611686018427387903", "9223372036854775808"] {
            #expect(LogGeneration.parse(text) == nil)
        }
        #expect(LogGeneration.parse("\(LogGeneration.make(random: .max))") == UInt64(Int64.max))
    }
}

@Suite struct SettingsTests {
    private func open(_ settings: KafkaSetting...) -> KafkaError? {
        var configuration = KafkaConfiguration(bootstrap: "127.0.0.1:1", cluster: "none", slotCount: 8)
        configuration.settings = settings
        configuration.requestTimeoutMilliseconds = 300
        return configuration.refusal()
    }

    @Test(arguments: ["acks", "enable.idempotence", "auto.offset.reset", "bootstrap.servers", "transactional.id"])
    func whatMartletDependsOnCannotBeSet(_ name: String) {
        #expect(open(KafkaSetting(name, "1")) == .setting(name: name, reason: "is Martlet's own business"))
    }

    @Test func anUnknownSettingIsNamed() {
        #expect(open(KafkaSetting("no.such", "1")) == .setting(name: "no.such", reason: "is unknown to librdkafka"))
    }

    @Test func aRefusedValueIsNotRepeated() {
        let error = open(KafkaSetting("security.protocol", "hunter2secret"))
        #expect(error?.description.contains("security.protocol") == true)
        #expect(error?.description.contains("hunter2secret") == false)
    }

    @Test func securitySettingsAreTaken() {
        let error = open(
            KafkaSetting("security.protocol", "SASL_SSL"), KafkaSetting("sasl.mechanism", "SCRAM-SHA-512"),
            KafkaSetting("sasl.username", "martlet"), KafkaSetting("sasl.password", "hunter2secret"))
        guard case .unavailable = error else { return #expect(Bool(false), "\(String(describing: error))") }
    }

    @Test func noBrokerIsAnError() {
        guard case .unavailable = open() else { return #expect(Bool(false)) }
    }
}

extension KafkaSuites {
    @Suite struct TopicTests {
        private func configuration(slots: Int = 4) throws -> KafkaConfiguration {
            var configuration = KafkaConfiguration(
                bootstrap: try KafkaServer.shared.get().bootstrap, cluster: TestLog.uniqueName(), slotCount: slots)
            configuration.requestTimeoutMilliseconds = 15_000
            return configuration
        }

        @Test func whatIsMadeKeepsItsPromises() throws {
            let configuration = try configuration()
            #expect(try KafkaTopicSetup(.forTests).run(configuration) == .created)
            #expect(try KafkaCheck(.forTests).findings(configuration) == [])
            #expect(try KafkaTopicSetup(.forTests).run(configuration) == .existed([]), "and is left as it is")
            let strict = try KafkaCheck(KafkaPromises()).findings(configuration)
            #expect(Set(strict.map(\.name)) == ["replication factor", "min.insync.replicas"])
        }

        @Test func generationsDiffer() throws {
            let generations = try (0..<2).map { _ in
                let configuration = try configuration()
                _ = try KafkaTopicSetup(.forTests).run(configuration)
                return try TopicDescription.read(configuration).generation
            }
            #expect(generations[0] != nil && generations[0] != generations[1])
        }

        @Test func anUnknownTopicIsNamed() throws {
            let configuration = try configuration()
            #expect(throws: KafkaError.noTopic(configuration.topic)) { try KafkaLog.open(configuration) }
        }

        @Test func anotherNumberOfPartitionsIsRefused() throws {
            var configuration = try configuration()
            _ = try KafkaTopicSetup(.forTests).run(configuration)
            configuration.slotCount = 8
            #expect(throws: KafkaError.otherSlotCount(topic: configuration.topic, found: 4, wanted: 8)) {
                try KafkaLog.open(configuration)
            }
            #expect(try KafkaCheck(.forTests).findings(configuration).map(\.name) == ["partitions"])
        }

        @Test func aTopicWithoutAGenerationIsRefused() throws {
            let configuration = try configuration()
            let admin = AdminClient(try KafkaClient(.control, configuration), configuration)
            try admin.createTopic(configuration.topic, partitions: 4, replication: 1, settings: [])
            #expect(throws: KafkaError.notInitialised(topic: configuration.topic)) { try KafkaLog.open(configuration) }
        }

        @Test(.enabled(if: KafkaSource.canStart)) func aReplacedTopicIsNoticed() async throws {
            let log = try TestLog()
            try KafkaServer.shared.get().topics("--delete", "--topic", log.configuration.topic)
            var outcome: KafkaTopicSetup.Outcome?
            try poll(until: "the topic is gone and made again") {
                outcome = try? KafkaTopicSetup(.forTests).run(log.configuration)
                return outcome == .created
            }
            let reader = log.kafka.reader(of: Slot(0), from: 0)
            defer { reader.cancel() }
            async let waiting = reader.next()
            await answer(otherwise: ()) { done in log.kafka.parts.identity.look { done(()) } }
            guard case .failed(.corrupt) = await waiting else {
                return #expect(Bool(false), "a reader that waits goes on in another log")
            }
            guard case .failed(.corrupt) = await log.kafka.reader(of: Slot(1), from: 0).next() else {
                return #expect(Bool(false), "it reads another log")
            }
            guard case .failed(.corrupt) = await log.kafka.append([[1]], to: Slot(0)).first else {
                return #expect(Bool(false), "it writes into another log")
            }
            guard case .failure(.corrupt) = await log.kafka.bounds(of: Slot(0)) else {
                return #expect(Bool(false), "it tells bounds of another log")
            }
        }
    }
}
