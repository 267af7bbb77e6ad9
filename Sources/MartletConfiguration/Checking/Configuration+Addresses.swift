extension Configuration {
    /// What others are told of a listener: what the operator says, else the host's name where the listener is on every
    /// address, else the listening address. Port 0 stands for the one that the listener gets.
    public func advertised(
        _ setting: Setting<Endpoint?>, listening: Setting<Endpoint>, hostName: String
    ) -> Endpoint {
        if let endpoint = self[setting] { return endpoint }
        let listen = self[listening]
        return listen.isWildcard ? Endpoint(host: hostName, port: listen.port) : listen
    }
}
