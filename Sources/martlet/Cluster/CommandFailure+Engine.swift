import MartletCommand
import MartletKafka
import MartletRedis

extension CommandFailure {
    /// What Kafka says, and whether it is worth trying again.
    init(_ error: KafkaError) {
        switch error {
        case .unavailable: self.init(error.description, code: .unavailable)
        case .setting, .noTopic, .topicExists, .notInitialised, .otherSlotCount, .refused:
            self.init(error.description, code: .configuration)
        }
    }

    /// What Redis says at one of `addresses`.
    init(_ error: RedisError, _ addresses: String) {
        switch error {
        case .unavailable(.refused(let refusal)):
            self.init("Redis (\(addresses)) is not one to work with: \(refusal)", code: .configuration)
        case .server(let message): self.init("Redis (\(addresses)) refuses: \(message)", code: .configuration)
        case .unavailable, .unknown, .closed: self.init("Redis (\(addresses)) does not answer", code: .unavailable)
        }
    }
}
