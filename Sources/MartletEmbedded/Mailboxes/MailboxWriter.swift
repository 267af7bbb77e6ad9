import MartletCore

/// The writer's side of the mailbox store: applies steps to memory and gathers the rows that they change. On the
/// writer's thread.
///
/// A message puts two rows into a mailbox: the entry (14 bytes of key) and the conversation's row (about 40), and with
/// every 64th entry of a conversation a signpost (14). Rows that change, a conversation's, a user's, a cursor's and the
/// slot's (about 30 bytes), are written once a round, however often they changed in it; so are those of the decision
/// state, because a slot has one step at a time.
final class MailboxWriter {
    /// The slot's row as of the last step in the round, written or not.
    final class SlotState {
        let slot: Slot
        var row: SlotRow
        var isChanged = false
        /// What the database has of it is removed by this round.
        var isEmptied = false

        init(_ slot: Slot, _ row: SlotRow) {
            self.slot = slot
            self.row = row
        }
    }

    let database: Database
    let batch: WriteBatch
    let limits: Limits
    var slots: [SlotState]
    var cache: MailboxCache
    var changedMailboxes: [Mailbox] = []
    private var changedConversations: [(Mailbox, Conversation)] = []
    private var changedSlots: [SlotState] = []
    private var changedCursors: [[UInt8]: CursorRow] = [:]

    init(_ database: Database, _ batch: WriteBatch, _ configuration: EmbeddedConfiguration) throws(DatabaseError) {
        self.database = database
        self.batch = batch
        limits = configuration.limits
        cache = MailboxCache(capacity: configuration.cachedMailboxes)
        slots = try MailboxWriter.load(database, configuration.slotCount)
    }

    private static func load(_ database: Database, _ count: Int) throws(DatabaseError) -> [SlotState] {
        var slots: [SlotState] = []
        for index in 0..<count { slots.append(SlotState(Slot(index), try SlotRow.load(database, Slot(index)))) }
        return slots
    }

    // MARK: Steps

    func claim(_ slot: Slot, epoch: Epoch) -> StepOutcome {
        let state = slots[slot.index]
        guard epoch > state.row.epoch else { return .deposed(by: state.row.epoch) }
        state.row.epoch = epoch
        changed(state)
        return .applied
    }

    func apply(_ step: StoreStep) throws(DatabaseError) -> StepOutcome {
        let state = slots[step.slot.index]
        guard step.epoch >= state.row.epoch else { return .deposed(by: state.row.epoch) }
        guard step.epoch == state.row.epoch, step.expectedOffset == state.row.offset,
            step.expectedForwarded == state.row.forwarded
        else { return .unexpected(offset: state.row.offset, forwarded: state.row.forwarded) }
        if step.installsCheckpoint { replaceState(state, removesMailboxes: step.offset > state.row.offset) }
        for operation in step.operations { try apply(operation, state) }
        for change in step.state { apply(change, state) }
        state.row.offset = step.offset
        state.row.forwarded = step.forwarded
        changed(state)
        return .applied
    }

    private func changed(_ state: SlotState) {
        if !state.isChanged { changedSlots.append(state) }
        state.isChanged = true
    }

    // MARK: Decision state

    private func apply(_ change: StateChange, _ state: SlotState) {
        let slot = state.slot
        switch change {
        case .fence(let epoch, let rules):
            state.row.fence = epoch
            state.row.rules = rules
        case .device(let device, _): put(StateKeys.device(slot, device), change)
        case .forgotten(let device): batch.delete(.state, StateKeys.device(slot, device))
        case .incoming(let other, _): put(StateKeys.counted(slot, StateKeys.incomingTag, other), change)
        case .outgoing(let other, _): put(StateKeys.counted(slot, StateKeys.outgoingTag, other), change)
        case .setting(let user, let name, let value):
            let key = StateKeys.named(slot, StateKeys.settingTag, user, name.bytes)
            if value.isEmpty { batch.delete(.state, key) } else { put(key, change) }
        case .revoked(let user, let tokenID, _):
            put(StateKeys.named(slot, StateKeys.revokedTag, user, tokenID?.bytes ?? []), change)
        }
    }

    private func put(_ key: [UInt8], _ change: StateChange) {
        var writer = ByteWriter(reserving: 64)
        StateChangeCodec.encode(change, into: &writer)
        batch.put(.state, key, writer.bytes)
    }

    private func replaceState(_ state: SlotState, removesMailboxes: Bool) {
        batch.deleteRange(
            .state, StateKeys.tagged(state.slot, StateKeys.firstDecision),
            StateKeys.tagged(state.slot, StateKeys.behindDecision))
        state.row.fence = 0
        state.row.rules = 0
        if removesMailboxes { self.removeMailboxes(state) }
    }

    private func removeMailboxes(_ state: SlotState) {
        let start = RowKey(state.slot).bytes
        var end = RowKey()
        end.add(tag: UInt8((state.slot.index + 1) >> 8 & 0xFF))
        end.add(tag: UInt8((state.slot.index + 1) & 0xFF))
        let behind = state.slot.index == 0xFFFF ? [0xFF, 0xFF, 0xFF] : end.bytes
        for family in [Family.entries, .signposts, .conversations, .users] {
            batch.deleteRange(family, start, behind)
        }
        state.isEmptied = true
        changed(state)
        cache.remove(state.slot)
        changedMailboxes.removeAll { $0.slot == state.slot }
        changedConversations.removeAll { $0.0.slot == state.slot }
        changedCursors = changedCursors.filter { !$0.key.starts(with: start) }
    }

    /// The store forgets the slot: what a restored or emptied store looks like to its owner.
    func empty(_ slot: Slot) {
        let state = slots[slot.index]
        replaceState(state, removesMailboxes: true)
        let next = state.row.nextNumber
        state.row = SlotRow()
        state.row.nextNumber = next
    }

    // MARK: The round's end

    /// Puts the rows of everything that changed into the batch.
    func finishRound() throws(DatabaseError) {
        for mailbox in changedMailboxes where mailbox.hasGrown { try trimIfNeeded(mailbox) }
        for (mailbox, conversation) in changedConversations { put(mailbox, conversation) }
        for mailbox in changedMailboxes { put(mailbox) }
        for (key, row) in changedCursors { batch.put(.users, key, row.bytes) }
        for state in changedSlots {
            batch.put(.state, StateKeys.tagged(state.slot, StateKeys.slotTag), state.row.bytes)
        }
    }

    /// After the batch was written.
    func roundWritten() {
        for (_, conversation) in changedConversations { conversation.unwritten.removeAll(keepingCapacity: true) }
        for state in changedSlots { (state.isChanged, state.isEmptied) = (false, false) }
        changedMailboxes.removeAll(keepingCapacity: true)
        changedConversations.removeAll(keepingCapacity: true)
        changedSlots.removeAll(keepingCapacity: true)
        changedCursors.removeAll(keepingCapacity: true)
        cache.age()
    }

    private func put(_ mailbox: Mailbox, _ conversation: Conversation) {
        batch.put(
            .conversations, MailboxKeys.conversation(mailbox.slot, mailbox.number, conversation.row.state.peer),
            conversation.row.bytes)
        conversation.isListed = false
    }

    private func put(_ mailbox: Mailbox) {
        if mailbox.isChanged {
            batch.put(.users, MailboxKeys.user(mailbox.slot, mailbox.user), mailbox.row.bytes)
        }
        (mailbox.isChanged, mailbox.isListed, mailbox.hasGrown) = (false, false, false)
    }

    func list(_ mailbox: Mailbox) {
        if !mailbox.isListed { changedMailboxes.append(mailbox) }
        mailbox.isListed = true
    }

    func list(_ mailbox: Mailbox, _ conversation: Conversation) {
        if !conversation.isListed { changedConversations.append((mailbox, conversation)) }
        conversation.isListed = true
    }

    func cursor(_ key: [UInt8], isEmptied: Bool) throws(DatabaseError) -> CursorRow {
        if let row = changedCursors[key] { return row }
        guard !isEmptied, let bytes = try database.get(.users, key) else { return CursorRow() }
        return try decoding("cursors") { () throws(ByteError) in try CursorRow(bytes) }
    }

    func setCursor(_ key: [UInt8], _ row: CursorRow) { changedCursors[key] = row }
}
