/// The answer to one client sequence of one device.
public enum SendAnswer: Hashable, Sendable {
    /// `isRetry`: it was decided before, so its place in the mailbox is no news.
    case accepted(id: MessageID, seq: Offset, time: Int64, isRetry: Bool)
    case rejected(ErrorCode)
    case outOfOrder(expected: ClientSequence)
    /// Consumed no number: `busy` or `unavailable`.
    case temporary(ErrorCode, retryAfterMilliseconds: Int64)
}

/// A send that a home wants to be written: validated, with its id.
public struct TakenSend: Hashable, Sendable {
    public var posted: Posted
    /// Set: it is refused for good, and a Rejected is written in place of the Posted.
    public var rejection: ErrorCode?

    public init(posted: Posted, rejection: ErrorCode? = nil) {
        self.posted = posted
        self.rejection = rejection
    }
}

public enum SlotStopReason: Hashable, Sendable {
    /// A fence or a store step of a higher epoch was seen.
    case deposed(by: Epoch)
    /// Asked for, and all that was decided is stored.
    case released
    /// Its own start again is needed (trimmed under it, store not as expected): the shell makes a new machine.
    case restart
    /// A record that must be understood is not.
    case cannotUnderstand(kind: UInt8, offset: Offset)
    /// The log and the store do not fit together: an operator has to look. The text says how.
    case unusable(String)
}

/// What a slot machine tells its shell to do. The shell obeys in order.
public enum SlotAction: Equatable, Sendable {
    /// Read the store's head and the log's bounds; answer with `opened`.
    case open
    /// Raise the stored epoch; answer with `claimed`.
    case claim(Epoch)
    /// Read the log from here on; answer with `read`, until the next `readLog` or the stop.
    case readLog(from: Offset)
    /// Append to this or another slot's log, in order per slot; answer with `appended(token:)`.
    case append(to: Slot, Record, token: UInt64)
    /// Read these devices' states; answer with `devicesLoaded`. Decisions wait.
    case loadDevices([DeviceKey])
    /// Answer with `stepped`.
    case step(StoreStep)
    /// Read `MailboxQuery.checkpoint`; answer with `checkpointRows`.
    case readCheckpoint
    /// Its fence was read back: it takes sends and answers from here on.
    case ready(Epoch)
    /// An entry was decided, in log order: for the push. Prev fields are nil.
    case decided(user: Key, Entry)
    /// A read mark was decided.
    case readDecided(ReadMark, at: Offset)
    case answer(DeviceKey, ClientSequence, SendAnswer)
    /// Tell the owner of `source` how far this slot has decided of what it derived. May be coalesced.
    case acknowledge(source: Slot, upTo: UInt64)
    case allowTrim(before: Offset)
    case stop(SlotStopReason)

    /// Moves it out of its place: a copy would retain all that it holds.
    public mutating func take() -> SlotAction {
        var taken = SlotAction.open
        swap(&self, &taken)
        return taken
    }
}
