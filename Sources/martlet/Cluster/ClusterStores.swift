import MartletCommand
import MartletConfiguration
import MartletCore
import MartletIO
import MartletRedis

/// The stores of a cluster of processes: Redis.
final class ClusterStores: Sendable {
    /// How long a process waits at its start for a server that does not answer.
    static let startMilliseconds: Int64 = 15_000

    private let stores: RedisStores
    private let client: RedisClient
    /// Leases and the map: a renewal must not wait behind steps.
    private let clusterClient: RedisClient

    var mailboxes: any MailboxStore { stores.mailboxes }
    var cluster: any ClusterStore { stores.cluster }
    var presence: any PresenceStore { stores.presence }

    /// What they wait for, in words; empty: they work. On any thread.
    var waitsFor: [String] { client.isReady && clusterClient.isReady ? [] : ["Redis"] }

    /// Connects, and waits until a server answers that can be worked with.
    init(_ settings: Configuration) throws(CommandFailure) {
        client = try ClusterStores.connect(settings, name: "martlet")
        do {
            clusterClient = try ClusterStores.connect(settings, name: "martlet-cluster")
        } catch {
            client.stop()
            throw error
        }
        do {
            stores = try RedisStores(client, cluster: clusterClient, RedisStoresConfiguration(settings))
        } catch {
            client.stop()
            clusterClient.stop()
            throw CommandFailure("the stores in Redis cannot be opened: \(error)", code: .internalError)
        }
    }

    func close() {
        client.stop()
        clusterClient.stop()
        stores.close()
    }

    private static func connect(_ settings: Configuration, name: String) throws(CommandFailure) -> RedisClient {
        let client: RedisClient
        do {
            client = RedisClient(try RedisConfiguration(settings), name: name)
        } catch {
            throw ConfigurationLoader.failure(error.problems)
        }
        do throws(SocketError) {
            try client.start()
        } catch {
            throw CommandFailure("the Redis client cannot start: \(error)", code: .internalError)
        }
        do throws(RedisError) {
            try client.awaitReady(milliseconds: startMilliseconds)
        } catch {
            client.stop()
            throw CommandFailure(error, settings.text(of: Settings.redisAddress))
        }
        return client
    }
}

extension RedisStoresConfiguration {
    init(_ settings: Configuration) {
        self.init(prefix: "martlet:\(settings[Settings.clusterName]):", slotCount: settings[Settings.slots])
        limits = settings.limits
        leaseMilliseconds = settings[Settings.leaseTTL]
    }
}
