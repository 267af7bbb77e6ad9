public import MartletCore
public import MartletIO

/// The mailbox, presence and cluster stores of one Martlet cluster on a Redis, a Redis Cluster, or a master that
/// sentinels watch.
///
/// Redis is a view: whatever it loses is rebuilt from the log, or from what the processes know. Answers come on the
/// client's thread and must not block.
public final class RedisStores: Sendable {
    public let mailboxes: any MailboxStore
    public let presence: any PresenceStore
    public let cluster: any ClusterStore

    private let store: StoreClient
    private let clusterStore: StoreClient
    private let redisCluster: RedisCluster

    /// The clients belong to the caller, who starts them, and stops them before it closes the stores. The cluster store
    /// may have one of its own, so that no lease waits behind the steps of busy mailboxes.
    public init(
        _ client: RedisClient, cluster clusterClient: RedisClient? = nil, _ configuration: RedisStoresConfiguration
    ) throws(RedisStoresError) {
        guard RedisStoresConfiguration.isValid(prefix: configuration.prefix) else {
            throw .invalidPrefix(configuration.prefix)
        }
        do throws(SocketError) {
            store = try StoreClient(client, configuration)
            clusterStore = if let clusterClient { try StoreClient(clusterClient, configuration) } else { store }
        } catch {
            throw .thread(error)
        }
        redisCluster = RedisCluster(clusterStore)
        mailboxes = RedisMailboxes(store)
        presence = RedisPresence(store)
        cluster = redisCluster
    }

    /// Ties a slot to a node; nil: to none.
    public func pin(_ slot: Slot, to node: NodeID?, done: @escaping @Sendable (PortError?) -> Void) {
        redisCluster.pin(slot, to: node, done: done)
    }

    public func close() {
        store.close()
        if clusterStore !== store { clusterStore.close() }
    }

    /// What leases and retention take for the time, milliseconds since 1970; 0: the server's. For tests.
    package func setClock(milliseconds: Int64) {
        store.clockMilliseconds = milliseconds
        clusterStore.clockMilliseconds = milliseconds
    }
}

public enum RedisStoresError: Error, Sendable {
    /// Empty, longer than 128 bytes, or with braces, blanks or control characters in it.
    case invalidPrefix(String)
    case thread(SocketError)
}
