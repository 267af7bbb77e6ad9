/// What the operator promised to users, in the topic's terms.
public struct KafkaPromises: Hashable, Sendable {
    /// Brokers that have each record.
    public var replication: Int
    /// Brokers that have a record before it counts as written.
    public var minInSyncReplicas: Int
    /// How long mailboxes keep messages; the log keeps them a day longer.
    public var mailboxMilliseconds: Int64
    /// The largest record that has to fit.
    public var maxRecordBytes: Int

    public init(
        replication: Int = 3, minInSyncReplicas: Int = 2, mailboxMilliseconds: Int64 = 30 * 86_400_000,
        maxRecordBytes: Int = 1 << 20
    ) {
        self.replication = replication
        self.minInSyncReplicas = minInSyncReplicas
        self.mailboxMilliseconds = mailboxMilliseconds
        self.maxRecordBytes = maxRecordBytes
    }

    static let dayMilliseconds: Int64 = 86_400_000
    var retentionMilliseconds: Int64 { mailboxMilliseconds + KafkaPromises.dayMilliseconds }
    /// A record with the frame that Kafka puts around it.
    var maxMessageBytes: Int { maxRecordBytes + 4_096 }
}
