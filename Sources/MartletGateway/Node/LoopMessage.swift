import MartletCore
import MartletProtocol
import Synchronization

/// What reaches a loop from other loops of its node and from the ports, in batches.
enum LoopMessage: Sendable {
    /// A newer cluster map, with leases.
    case routing(RoutingTable)
    /// For a slot of this loop.
    case slot(Slot, SlotMessage)
    /// For sessions whose connections are on this loop, and which node says it.
    case edge(EdgeMessage, from: NodeID)
    /// To be written to the link to that node, if it is in that life (0: in any); links are on loop 0.
    case link(NodeID, incarnation: UInt64, LinkFrame)
    case linkUp(NodeID, incarnation: UInt64)
    case linkDown(NodeID)
    /// Whether what goes to that node and back takes so long that edges take no more messages for it.
    case linkBusy(NodeID, Bool)
    /// A port's answer to a slot runtime; dropped if that runtime is gone.
    case completion(Slot, instance: UInt64, SlotCompletion)
    case presence(token: UInt64, Slot, instance: UInt64, [Key], Result<[[PresenceRecord]], PortError>)
    /// From outside the cluster's message path: the admin endpoint asks who is online.
    case presenceQuestion(PresenceQuestion)
    case presenceAnswer(PresenceQuestion, Result<[[PresenceRecord]], PortError>)
    /// The cluster store heard this loop's reports, or not.
    case reported(PortError?)
    case membership(MembershipEvent)
    /// All loops listen: join the cluster.
    case join
    case closeAll(ErrorCode, reason: String)
}

extension LoopMessage {
    /// Whether it may be dropped without anybody waiting for it.
    var isSignal: Bool {
        switch self {
        case .slot(_, .signal), .link(_, _, .slot(_, .signal)): true
        default: false
        }
    }
}

/// The outcome of what a slot runtime asked of the log or the mailbox store.
enum SlotCompletion: Sendable {
    case opened(Result<(StoredSlot, LogBounds), PortError>)
    case claimed(StepOutcome)
    /// `reader` tells it from what an earlier reader was still giving.
    case read(LogRead, reader: UInt64)
    case appended(tokens: [UInt64], outcomes: [AppendOutcome])
    case devices([DeviceKey], Result<MailboxAnswer, PortError>)
    /// The state of a device that was too old when its attach read it.
    case attachedDevice(DeviceKey, Result<MailboxAnswer, PortError>)
    case stepped(StepOutcome)
    case checkpoint(Result<MailboxAnswer, PortError>)
    case answered(token: UInt64, Result<MailboxAnswer, PortError>)
    /// The presence store heard a batch, or not.
    case presenceTold(PortError?)
}

/// A question of the admin endpoint, answered on whichever loop takes it. A node that is killed drops what it was
/// asked; so what is dropped without an answer says so itself.
final class PresenceQuestion: Sendable {
    typealias Answer = @Sendable (Result<[UserPresence], PortError>) -> Void

    let users: [Key]
    private let done: Mutex<Answer?>

    init(users: [Key], answer: @escaping Answer) {
        self.users = users
        done = Mutex(answer)
    }

    deinit { answer(.failure(.closed)) }

    /// The first answer counts.
    func answer(_ result: Result<[UserPresence], PortError>) {
        let done = done.withLock { $0.take() }
        done?(result)
    }
}

extension SlotMessage {
    /// The slots that it speaks of, besides the one that it is for.
    var namedSlots: [Slot] {
        switch self {
        case .acknowledged(let slot, _), .receipts(let slot, _), .receiptsStored(let slot, _): [slot]
        case .attach, .request, .detach, .signal: []
        }
    }
}
