import MartletConfiguration
import MartletCore
import MartletIO
import MartletRedis

/// The stores of a cluster of processes: Redis.
final class ClusterStores: Sendable {
    /// How long a process waits at its start for a server that does not answer.
    static let startMilliseconds = 15_000

    let client: RedisClient
    let cluster: any ClusterStore
    let mailboxes: any MailboxStore
    let presence: any PresenceStore

    init(_ settings: Configuration) throws {
        do {
            client = RedisClient(try RedisConfiguration(settings), name: "martlet")
        } catch {
            throw ConfigurationLoader.failure(error.problems)
        }
        throw CommandFailure("not yet")
    }

    func close() { client.stop() }
}
