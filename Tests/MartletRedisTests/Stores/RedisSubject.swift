import Foundation
import MartletCore
import MartletEmbedded
import MartletRedis
import PortConformance
import Synchronization

/// The stores under the conformance checks. The log is the embedded engine's: its own suite checks that one.
final class RedisSubject: ConformanceSubject {
    private let fixture: StoresFixture
    private let engine: EmbeddedEngine
    private let folder: String
    private let faulty: FaultyMailboxes

    init(_ kind: ServerKind) throws {
        // Entries of the checks are from 1970.
        fixture = try StoresFixture(try StoreServers.mode(kind)) { $0.limits.mailboxMilliseconds = 1 << 50 }
        folder = NSTemporaryDirectory() + "martlet-redis-subject-" + UUID().uuidString
        engine = try EmbeddedEngine.open(EmbeddedConfiguration(folder: folder, slotCount: 8))
        faulty = FaultyMailboxes(fixture.stores.mailboxes)
    }

    deinit {
        engine.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    var log: any LogPort { engine.log }
    var mailboxes: any MailboxStore { faulty }
    var presence: any PresenceStore { fixture.stores.presence }
    var cluster: any ClusterStore { fixture.stores.cluster }

    func onAppends(_ faults: [ConformanceFault?]) {}
    func onSteps(_ faults: [ConformanceFault?]) { faulty.onSteps(faults) }
    func emptyStore(_ slot: Slot) async { try? await fixture.removeAll(fixture.key(slot)) }
    func advance(milliseconds: Int64) { fixture.advance(milliseconds: milliseconds) }
    func trimNow() async {}
}

/// A mailbox store whose next steps go wrong as a test says.
final class FaultyMailboxes: MailboxStore {
    private let store: any MailboxStore
    private let faults = Mutex<[ConformanceFault?]>([])

    init(_ store: any MailboxStore) { self.store = store }

    func onSteps(_ faults: [ConformanceFault?]) { self.faults.withLock { $0 += faults } }

    func head(of slot: Slot, done: @escaping @Sendable (Result<StoredSlot, PortError>) -> Void) {
        store.head(of: slot, done: done)
    }

    func claim(_ slot: Slot, epoch: Epoch, done: @escaping @Sendable (StepOutcome) -> Void) {
        store.claim(slot, epoch: epoch, done: done)
    }

    func apply(_ step: StoreStep, done: @escaping @Sendable (StepOutcome) -> Void) {
        let fault = faults.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        switch fault {
        case nil: store.apply(step, done: done)
        case .fail: answer(step) { done(.failed(.unavailable)) }
        case .drop: answer(step) { done(.applied) }
        case .unknownLost: answer(step) { done(.unknown) }
        case .unknownLanded: store.apply(step) { _ in done(.unknown) }
        }
    }

    /// Answers behind what went before, and not before the call returns.
    private func answer(_ step: StoreStep, _ job: @escaping @Sendable () -> Void) {
        store.head(of: step.slot) { _ in job() }
    }

    func read(
        _ query: MailboxQuery, in slot: Slot, done: @escaping @Sendable (Result<MailboxAnswer, PortError>) -> Void
    ) {
        store.read(query, in: slot, done: done)
    }
}
