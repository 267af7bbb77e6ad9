import MartletIO

/// What a client counts.
struct RedisCounters: Sendable {
    let commands: Counter
    let connects: Counter
    let resends: Counter
    let unknown: Counter
    let unavailable: Counter

    init(_ registry: MetricsRegistry) {
        commands = registry.counter("martlet_redis_commands_total", help: "Commands handed to the Redis client.")
        connects = registry.counter("martlet_redis_connects_total", help: "Connections to Redis that became ready.")
        resends = registry.counter(
            "martlet_redis_resends_total", help: "Commands sent again because a server did not carry them out.")
        unknown = registry.counter(
            "martlet_redis_unknown_total", help: "Commands whose answer is missing: carried out or not.")
        unavailable = registry.counter(
            "martlet_redis_unavailable_total", help: "Commands that were not carried out for want of a server.")
    }
}
