public import MartletIO

/// What the gateways of a process count. Labels come from small closed sets, never from ids.
public final class GatewayMetrics: Sendable {
    public let registry: MetricsRegistry
    let connections: Gauge
    let badFrames: Counter
    let refusedTokens: Counter
    let deadConnections: Counter
    let droppedSignals: Counter
    let relayedSignals: Counter
    let linkDropped: Counter
    let linkOverflows: Counter
    let busyLinks: Gauge
    let refusedStrangers: Counter
    let loopsFull: Counter
    let slotStops: Counter
    let presenceFailures: Counter

    public init(registry: MetricsRegistry = MetricsRegistry()) {
        self.registry = registry
        connections = registry.gauge("martlet_connections", help: "Connections of clients")
        badFrames = registry.counter("martlet_bad_frames_total", help: "Frames that could not be read")
        refusedTokens = registry.counter("martlet_refused_tokens_total", help: "Tokens that were refused")
        deadConnections = registry.counter(
            "martlet_dead_connections_total", help: "Connections reset after too long a silence")
        droppedSignals = registry.counter(
            "martlet_dropped_signals_total", help: "Signals not passed on: client does not read, or rate limit")
        relayedSignals = registry.counter("martlet_relayed_signals_total", help: "Signals written to a session")
        linkDropped = registry.counter(
            "martlet_link_dropped_total", help: "Messages for a node without a link; their senders repeat them")
        linkOverflows = registry.counter(
            "martlet_link_overflows_total", help: "Links reset because their window was full")
        busyLinks = registry.gauge(
            "martlet_links_busy", help: "Peers that do not keep up: senders whose home is there get `busy`")
        refusedStrangers = registry.counter(
            "martlet_link_strangers_refused_total", help: "Connections to the link port beyond what may be unproved")
        loopsFull = registry.counter(
            "martlet_loops_full_total", help: "Times that a loop had no room for what another had for it")
        slotStops = registry.counter("martlet_slot_stops_total", help: "Slot machines that stopped by themselves")
        presenceFailures = registry.counter(
            "martlet_presence_failures_total", help: "Presence changes that the store refused")
    }
}
