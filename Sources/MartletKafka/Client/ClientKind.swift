internal import CRdKafka

/// The clients of librdkafka that a log is made of.
enum ClientKind {
    /// Idempotent, acks=all: a share of the partitions.
    case producer
    /// Fetches partitions that were started by hand; in no group.
    case consumer
    /// Metadata, watermarks, admin requests: on connections of its own, where no fetch is in the way.
    case control

    var type: rd_kafka_type_t { self == .producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER }
}
