import MartletConfiguration
import MartletRedis

extension RedisConfiguration {
    init(_ settings: Configuration) throws(ConfigurationError) {
        let addresses = settings[Settings.redisAddress].map {
            RedisEndpoint(host: $0.host, port: UInt16(clamping: $0.port))
        }
        let user = settings[Settings.redisUser]
        let password = try settings.text(of: Settings.redisPassword)
        let sentinels = try settings.text(of: Settings.sentinelPassword)
        let mode: RedisMode =
            switch settings[Settings.redisLayout] {
            // The configuration was checked: there is one.
            case .single: .single(addresses.first ?? RedisEndpoint(host: "127.0.0.1", port: 6379))
            case .cluster: .cluster(seeds: addresses)
            case .sentinel:
                .sentinel(
                    addresses, master: settings[Settings.redisMaster],
                    credentials: sentinels.map { RedisCredentials(password: $0) })
            }
        self.init(mode: mode, credentials: password.map { RedisCredentials(user: user, password: $0) })
        limits.commandTimeoutMilliseconds = settings[Settings.redisTimeout]
        limits.connectTimeoutMilliseconds = settings[Settings.redisConnectTimeout]
    }
}
