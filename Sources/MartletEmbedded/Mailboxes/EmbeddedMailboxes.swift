import MartletCore

/// Mailboxes and decision states on the engine's database.
final class EmbeddedMailboxes: MailboxStore {
    private let context: EngineContext

    init(_ context: EngineContext) { self.context = context }

    func head(of slot: Slot, done: @escaping @Sendable (Result<StoredSlot, PortError>) -> Void) {
        context.read(
            { database throws(DatabaseError) in
                try MailboxReader(database, slot).storedSlot()
            }, done: done)
    }

    func claim(_ slot: Slot, epoch: Epoch, done: @escaping @Sendable (StepOutcome) -> Void) {
        context.queue.submit(.claim(slot, epoch, done: done))
    }

    func apply(_ step: StoreStep, done: @escaping @Sendable (StepOutcome) -> Void) {
        context.queue.submit(.step(step, done: done))
    }

    func read(
        _ query: MailboxQuery, in slot: Slot, done: @escaping @Sendable (Result<MailboxAnswer, PortError>) -> Void
    ) {
        context.read(
            { database throws(DatabaseError) in
                try MailboxReader(database, slot).answer(query)
            }, done: done)
    }
}
