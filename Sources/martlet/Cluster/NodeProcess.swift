import MartletCore
import MartletGateway
import MartletIO
import Synchronization

/// The gateway of a process. One that lost its lease is followed by another, with the same name, ports and engine.
final class NodeProcess: Sendable {
    private struct State {
        var configuration: GatewayConfiguration
        var gateway: Gateway?
        /// Counts the gateways, so that news of an old one is known as such.
        var life = 0
    }

    let metrics = GatewayMetrics()
    let engine: GatewayEngine
    private let events: ProcessEvents
    private let state: Mutex<State>

    init(_ configuration: GatewayConfiguration, engine: GatewayEngine, events: ProcessEvents) {
        self.engine = engine
        self.events = events
        state = Mutex(State(configuration: configuration))
    }

    /// Nil between two lives.
    var gateway: Gateway? { state.withLock { $0.gateway } }

    func isCurrent(life: Int) -> Bool { state.withLock { $0.life == life } }

    /// Listens, and begins to join the cluster.
    func start() throws {
        let (configuration, life) = state.withLock { state in
            state.life += 1
            return (state.configuration, state.life)
        }
        let events = events
        let gateway = try Gateway(configuration, engine: engine, metrics: metrics) {
            events.post(.gatewayEnded($0, life: life))
        }
        try gateway.start()
        state.withLock { state in
            state.gateway = gateway
            // A later life listens where this one does, also where the system chose the ports.
            (state.configuration.clientPort, state.configuration.linkPort) = gateway.listeningPorts
        }
    }

    /// Closes connections with "reconnect", leaves the cluster, and waits until the store knows.
    func stop() {
        let gateway = state.withLock { state in
            defer { state.gateway = nil }
            return state.gateway
        }
        guard let gateway else { return }
        gateway.stop()
        let left = Answer<Bool>()
        engine.cluster.leave(gateway.id, incarnation: gateway.incarnation) { _ in left.set(true) }
        _ = left.value(waitingAtMost: 2_000)
    }

    /// As a new incarnation, which begins with nothing: who owns its slots now, the cluster says.
    func restart() throws {
        let gateway = state.withLock { state in
            defer { state.gateway = nil }
            return state.gateway
        }
        gateway?.stop()
        try start()
    }
}
