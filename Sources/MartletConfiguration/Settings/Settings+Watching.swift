/// How loud the log is.
public enum LogLevelName: String, CaseIterable, Sendable {
    case debug, info, warning, error
}

public enum LogFormatName: String, CaseIterable, Sendable {
    case text, json
}

// What an operator sees.
extension Settings {
    public static let adminListen = Setting(
        "admin.listen", .listen, default: Endpoint(host: "127.0.0.1", port: 9600), for: [.gateway, .coordinator],
        help: "Where the admin API, probes and metrics are. It has no TLS: beyond loopback, keep it in a closed "
            + "network. Port 0: any free one.")
    public static let adminToken = SecretSetting(
        "admin.token", for: [.gateway, .coordinator],
        help: "What admin requests must show, at least 16 bytes. Without it a random one, which nobody knows, so that "
            + "only the probes answer.")
    static let admin: [any AnySetting] = [adminListen] + adminToken.both

    public static let logLevel = Setting(
        "log.level", .choice, default: LogLevelName.info, for: [.gateway, .coordinator],
        help: "Lines below it are not written.")
    public static let logFormat = Setting(
        "log.format", .choice, default: LogFormatName.text, for: [.gateway, .coordinator],
        help: "A line for people, or one JSON object a line.")
    static let logging: [any AnySetting] = [logLevel, logFormat]
}
