import MartletCoordinator
import MartletCore
import MartletGateway
import MartletIO

extension AdminSources {
    /// Adds how the process stands to its metrics; once a process.
    func registerMetrics() {
        gauge("martlet_members", "Gateways of this process that hold a lease") { $0.isMember ? 1 : 0 }
        gauge("martlet_store_unreached", "Gateways whose last renewal the cluster store did not answer") {
            $0.reachesStore ? 0 : 1
        }
        gauge("martlet_draining", "Gateways that are being emptied") { $0.isDraining ? 1 : 0 }
        gauge("martlet_slots", "Slots served here") { Int64($0.slots) }
        gauge("martlet_slots_starting", "Slots served here that take no sends yet") { Int64($0.startingSlots) }
        registry.gauge("martlet_engine_waiting", help: "Parts of the engine that do not work now") {
            Int64(engineWaitsFor().count)
        }
        guard let coordinator else { return }
        registry.gauge("martlet_coordinator_leads", help: "1: this coordinator leads") { coordinator.leads ? 1 : 0 }
        registry.gauge("martlet_coordinator_term", help: "Term of the leader that is known here; 0: none is") {
            Int64(clamping: coordinator.leadership?.term ?? 0)
        }
    }

    /// Added up over the gateways of the process.
    private func gauge(_ name: String, _ help: String, _ value: @escaping @Sendable (GatewayStatus) -> Int64) {
        registry.gauge(name, help: help) { gateways().reduce(0) { $0 + value($1.status) } }
    }
}
