/// The mailbox entries that decided records mean.
extension Posted {
    /// The sender's own copy.
    func ownCopy(at offset: Offset, time: Int64) -> Entry {
        Entry(
            seq: offset, id: id, from: sender.user, actor: actor,
            origin: Entry.Origin(device: sender.device, clientSequence: clientSequence), conversation: to,
            content: content, time: time)
    }

    /// The recipient's, where it lives in the same slot.
    func received(at offset: Offset, time: Int64) -> Entry {
        Entry(
            seq: offset, id: id, from: sender.user, actor: actor, conversation: Peer(.user, sender.user),
            content: contentAtRecipient, time: time, sourceSeq: offset)
    }

    /// What is owed to the recipient's slot.
    func incoming(from slot: Slot, at offset: Offset, m: UInt64, time: Int64) -> Incoming {
        Incoming(
            source: slot, sourceOffset: offset, m: m, to: to.key, from: sender.user, actor: actor, id: id,
            content: contentAtRecipient, time: time)
    }

    /// Seqs are of one mailbox: the target's is replaced by what the recipient calls it.
    private var contentAtRecipient: MessageContent {
        guard let target = content.target else { return content }
        var content = content
        content.target = Target(id: target.id, seq: targetSeqAtRecipient)
        return content
    }
}

extension Incoming {
    func received(at offset: Offset) -> Entry {
        Entry(
            seq: offset, id: id, from: from, actor: actor, conversation: Peer(.user, from), content: content,
            time: time, sourceSeq: sourceOffset)
    }
}
