/// What the sessions of a slot may ask of its slot machine. All of it is memory; nothing waits.
public protocol SlotView {
    var slot: Slot { get }
    /// How many slots the cluster has.
    var slotCount: Int { get }
    /// The epoch under which it owns the slot.
    var epoch: Epoch { get }
    /// Its fence was read back: sends are taken.
    var isReady: Bool { get }
    /// Everything up to here is decided.
    var decidedOffset: Offset { get }
    /// Everything up to here is known to be in the store.
    var storedOffset: Offset { get }
    /// Decided mailbox operations that are not known to be stored, of one user and above `offset`, in order.
    func pendingOperations(of user: Key, above offset: Offset) -> [MailboxOperation]
    /// The decision state of a device; nil if it was not loaded.
    func deviceState(_ device: DeviceKey) -> DeviceState?
}
