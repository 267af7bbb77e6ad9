import MartletCore

extension Configuration {
    /// What is wrong with settings taken together, and with the secrets that they name, for one kind of process; and
    /// what is only worth a warning. Nothing is printed of a secret.
    public func check(
        for users: SettingUsers
    ) -> (problems: [ConfigurationProblem], warnings: [ConfigurationProblem]) {
        var check = ConfigurationCheck(configuration: self)
        check.names()
        if !users.isDisjoint(with: [.gateway, .coordinator]) {
            check.lease()
            check.redis()
            check.admin()
        }
        if !users.isDisjoint(with: [.gateway, .setup, .log]) { check.kafka() }
        if !users.isDisjoint(with: [.gateway, .setup]) { check.replication() }
        if users.contains(.gateway) { check.gateway() }
        return (check.problems, warnings + check.warnings)
    }
}

/// The rules between settings, each with the names of those that break it.
private struct ConfigurationCheck {
    let configuration: Configuration
    private(set) var problems: [ConfigurationProblem] = []
    private(set) var warnings: [ConfigurationProblem] = []

    init(configuration: Configuration) { self.configuration = configuration }

    mutating func names() {
        let name = configuration[Settings.clusterName]
        if !isTopicName(name) { report(Settings.clusterName, "is `\(name)`: expected \(Settings.clusterName.domain).") }
        if let id = configuration[Settings.nodeID], NodeID(id) == nil {
            report(Settings.nodeID, "is no node id: expected \(Settings.nodeID.domain).")
        }
    }

    /// What Kafka takes as a topic's name, with room for `-log`.
    private func isTopicName(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || [0x2D, 0x2E, 0x5F].contains($0)
        }
        return isPlain && name.utf8.count <= 64 && name != "." && name != ".."
    }

    mutating func lease() {
        let (ttl, renew) = (configuration[Settings.leaseTTL], configuration[Settings.leaseRenew])
        if renew * 3 > ttl {
            report(Settings.leaseRenew, "is more than a third of `lease.ttl`: one late answer would end a node.")
        }
    }

    mutating func redis() {
        let addresses = configuration[Settings.redisAddress]
        if addresses.isEmpty { report(Settings.redisAddress, "is empty: expected at least one.") }
        if configuration[Settings.redisLayout] == .single, addresses.count > 1 {
            report(
                Settings.redisAddress,
                "has \(addresses.count) servers, and `redis.layout` is `single`: did you mean `cluster` or `sentinel`?")
        }
        secret(Settings.redisPassword)
        secret(Settings.sentinelPassword)
        if configuration[Settings.redisUser] != nil, isMissing(Settings.redisPassword) {
            report(Settings.redisUser, "is given without `redis.passwordFile`.")
        }
    }

    mutating func admin() {
        secret(Settings.adminToken, atLeast: 16)
        if !configuration[Settings.adminListen].isLoopback, isMissing(Settings.adminToken) {
            report(Settings.adminListen, "is open to other machines: that needs `admin.tokenFile`.")
        }
    }

    mutating func kafka() {
        if configuration[Settings.kafkaBootstrap].isEmpty {
            report(Settings.kafkaBootstrap, "is empty: expected at least one.")
        }
        secret(Settings.kafkaPassword)
    }

    mutating func replication() {
        let replication = configuration[Settings.kafkaReplication]
        if configuration[Settings.kafkaMinInsyncReplicas] > replication {
            report(
                Settings.kafkaMinInsyncReplicas,
                "is more than `kafka.replication` (\(replication)): nothing could be written.")
        }
    }

    mutating func gateway() {
        if configuration[Settings.heartbeatDeadAfter] <= configuration[Settings.heartbeatInterval] {
            report(Settings.heartbeatDeadAfter, "must be longer than `heartbeat.interval`.")
        }
        let limits = configuration.limits
        if limits.linkWindowBytes < 2 * (limits.syncPageBytes + limits.maxFrameBytes) {
            reportLimit("limits.linkWindow", "must hold a page and a frame twice.")
        }
        if limits.maxContentBytes >= limits.maxFrameBytes {
            reportLimit("limits.content", "must be smaller than `limits.frame`, which it travels in.")
        }
        addresses()
        required(Settings.tokenSecret)
        required(Settings.linkSecret)
    }

    private mutating func addresses() {
        for (setting, listen) in [
            (Settings.clientAdvertise, Settings.clientListen), (Settings.linkAdvertise, Settings.linkListen),
        ] {
            if configuration[setting]?.isWildcard == true {
                report(setting, "is every address of a machine: nobody can connect to that.")
            } else if configuration[setting] == nil, configuration[listen].isWildcard {
                warnings.append(
                    ConfigurationProblem(
                        configuration.place(of: listen),
                        "`\(listen.name)` is every address, and `\(setting.name)` is not given: others are told "
                            + "this host's name"))
            }
        }
    }

    // MARK: secrets

    private mutating func required(_ secret: SecretSetting) {
        if isMissing(secret) {
            problems.append(
                ConfigurationProblem(secret.file.name, "`\(secret.file.name)` is missing: \(secret.file.help)"))
        } else {
            self.secret(secret, atLeast: 32)
        }
    }

    private func isMissing(_ secret: SecretSetting) -> Bool {
        configuration[secret.file] == nil && configuration[secret.value] == nil
    }

    private mutating func secret(_ secret: SecretSetting, atLeast count: Int = 1) {
        do {
            var heard: [ConfigurationProblem] = []
            let bytes = try configuration.bytes(of: secret) { heard.append($0) }
            warnings += heard
            if let bytes, bytes.count < count {
                report(secret.file, "is shorter than \(count) bytes.")
            }
        } catch {
            problems += error.problems
        }
    }

    private mutating func report(_ setting: any AnySetting, _ message: String) {
        problems.append(ConfigurationProblem(configuration.place(of: setting), "`\(setting.name)` \(message)"))
    }

    private mutating func reportLimit(_ name: String, _ message: String) {
        if let setting = Settings.named(name) { report(setting, message) }
    }
}
