/// Compares the topic with what was promised.
public struct KafkaCheck: Sendable {
    public let promises: KafkaPromises

    public init(_ promises: KafkaPromises) { self.promises = promises }

    /// Everything that breaks a promise; none: all is well. Blocks for at most a few seconds; needs the right to
    /// describe the topic and its configuration.
    public func findings(_ configuration: KafkaConfiguration) throws(KafkaError) -> [KafkaFinding] {
        findings(try TopicDescription.read(configuration), slots: configuration.slotCount)
    }

    func findings(_ topic: TopicDescription, slots: Int) -> [KafkaFinding] {
        partitions(topic, slots) + replication(topic) + retention(topic) + records(topic)
    }

    private func partitions(_ topic: TopicDescription, _ slots: Int) -> [KafkaFinding] {
        guard topic.replicas.count != slots else { return [] }
        return [
            KafkaFinding(
                name: "partitions", found: "\(topic.replicas.count)", wanted: "\(slots)",
                why: "a slot is a partition, and users would be looked for in the wrong ones")
        ]
    }

    private func replication(_ topic: TopicDescription) -> [KafkaFinding] {
        var findings: [KafkaFinding] = []
        let least = topic.replicas.min() ?? 0
        let inSync = topic.integer("min.insync.replicas")
        if least < promises.replication {
            findings.append(
                KafkaFinding(
                    name: "replication factor", found: "\(least)", wanted: "\(promises.replication) or more",
                    why: "fewer brokers than promised have each message"))
        }
        if inSync ?? 0 < Int64(promises.minInSyncReplicas) {
            findings.append(
                topic.finding(
                    "min.insync.replicas", wanted: "\(promises.minInSyncReplicas) or more",
                    why: "a message counts as accepted while fewer brokers than promised have it"))
        }
        if let inSync, inSync > Int64(least) || inSync == Int64(least) && least > 1 {
            findings.append(
                topic.finding(
                    "min.insync.replicas", wanted: "less than the replication factor, \(least)",
                    why: "nothing can be written as soon as one broker is away"))
        }
        if topic.values["unclean.leader.election.enable"] != "false" {
            findings.append(
                topic.finding(
                    "unclean.leader.election.enable", wanted: "false",
                    why: "a broker that lacks accepted messages could become the leader"))
        }
        return findings
    }

    private func retention(_ topic: TopicDescription) -> [KafkaFinding] {
        var findings: [KafkaFinding] = []
        let wanted = promises.retentionMilliseconds
        if let found = topic.integer("retention.ms"), found < 0 || found >= wanted {
        } else {
            findings.append(
                topic.finding(
                    "retention.ms", wanted: "\(wanted) or more",
                    why: "the log has to outlive the mailboxes by a day, or they could not be rebuilt from it"))
        }
        if topic.values["cleanup.policy"] != "delete" {
            findings.append(
                topic.finding("cleanup.policy", wanted: "delete", why: "compaction takes records out of the middle"))
        }
        if topic.generation == nil {
            findings.append(
                topic.finding(
                    LogGeneration.settingName, wanted: "2^62 and a random number below 2^62",
                    why: "it names the log's identity, and must not limit its size"))
        }
        return findings
    }

    private func records(_ topic: TopicDescription) -> [KafkaFinding] {
        var findings: [KafkaFinding] = []
        if topic.integer("max.message.bytes") ?? 0 < Int64(promises.maxMessageBytes) {
            findings.append(
                topic.finding(
                    "max.message.bytes", wanted: "\(promises.maxMessageBytes) or more",
                    why: "the largest records would be refused"))
        }
        if topic.values["message.timestamp.type"] != "LogAppendTime" {
            findings.append(
                topic.finding(
                    "message.timestamp.type", wanted: "LogAppendTime",
                    why: "records of a node whose clock is slow would be removed too early"))
        }
        return findings
    }
}
