import MartletConfiguration
import MartletCore
import MartletGateway
import MartletProtocol

extension GatewayConfiguration {
    /// What the settings say; secrets are read from their files.
    init(_ settings: Configuration, generation: UInt64, hostName: String) throws(ConfigurationError) {
        guard let id = NodeID(settings[Settings.nodeID] ?? hostName) else {
            throw ConfigurationError([
                ConfigurationProblem("node", "the host's name is no node id: give `--node`")
            ])
        }
        self.init(
            id: id, linkSecret: try settings.bytes(of: Settings.linkSecret) ?? [],
            tokenSecret: try settings.bytes(of: Settings.tokenSecret) ?? [])
        cluster = settings[Settings.clusterName]
        slots = settings[Settings.slots]
        weight = settings[Settings.weight]
        loops = settings[Settings.loops]
        limits = settings.limits
        allowedOrigins = settings[Settings.allowedOrigins]
        freeRate = RateLimit(rate: settings[Settings.freeRate], burst: settings[Settings.freeBurst])
        paidRate = RateLimit(rate: settings[Settings.paidRate], burst: settings[Settings.paidBurst])
        appendGatherMilliseconds = settings[Settings.kafkaLinger]
        drainReconnectsPerSecond = settings[Settings.drainReconnectsPerSecond]
        leaseMilliseconds = settings[Settings.leaseTTL]
        renewMilliseconds = settings[Settings.leaseRenew]
        takeAddresses(settings, hostName)
        agreed = settings.agreed(with: [
            AgreedSetting("protocol", "\(LinkHello.currentVersion)"), AgreedSetting("log.generation", "\(generation)"),
        ])
        configurationHash = AgreedSetting.hash(agreed)
    }

    /// Whether a gateway would start with these settings, before anything is opened.
    static func check(_ settings: Configuration) throws(CommandFailure) {
        do throws(ConfigurationError) {
            let configuration = try GatewayConfiguration(
                settings, generation: 0, hostName: ConfigurationLoader.hostName())
            do throws(GatewayError) {
                try configuration.check()
            } catch {
                throw ConfigurationError([ConfigurationProblem("gateway", error.description)])
            }
        } catch {
            throw ConfigurationLoader.failure(error.problems)
        }
    }

    private mutating func takeAddresses(_ settings: Configuration, _ hostName: String) {
        let (clients, links) = (settings[Settings.clientListen], settings[Settings.linkListen])
        (clientHost, clientPort) = (clients.listeningHost, clients.port)
        (linkHost, linkPort) = (links.listeningHost, links.port)
        let client = settings.advertised(
            Settings.clientAdvertise, listening: Settings.clientListen, hostName: hostName)
        let link = settings.advertised(Settings.linkAdvertise, listening: Settings.linkListen, hostName: hostName)
        advertisedClient = (client.host, client.port)
        advertisedLink = (link.host, link.port)
    }
}

extension Endpoint {
    /// A listener wants an address in numbers.
    var listeningHost: String {
        switch host {
        case "*": "0.0.0.0"
        case "localhost": "127.0.0.1"
        default: host
        }
    }
}

extension CoordinatorConfiguration {
    init(_ settings: Configuration) {
        self.init(slots: settings[Settings.slots])
        leaseTTLMilliseconds = settings[Settings.leaseTTL]
        renewMilliseconds = settings[Settings.leaseRenew]
        maxMoving = settings[Settings.maxMoving]
        releaseTimeoutMilliseconds = settings[Settings.releaseTimeout]
    }
}
