/// Receipts on their way to the senders' homes: the newest per pair of users, said again until the other home has
/// confirmed that they are stored.
struct ReceiptOutbox {
    /// What is not confirmed in this time is said again.
    static let repeatMilliseconds: Int64 = 2_000

    private struct Pair: Hashable {
        var to: Key
        var from: Key
    }

    private struct Row {
        var note: ReceiptNote
        /// When it is to be said, for the first time or again.
        var dueAt: Int64
    }

    /// How far a user's received receipts are on their way.
    private struct Duty {
        var open = 0
        var upTo: Offset = 0
    }

    private var rows: [Row] = []
    private var index: [Pair: Int] = [:]
    private var duties: [Key: Duty] = [:]
    /// Users all of whose receipts are confirmed; the list may name one twice.
    private var settled: [Key] = []
    /// No row is due before this.
    private var nextDue: Int64 = .max

    var isEmpty: Bool { rows.isEmpty && settled.isEmpty }

    /// It is to be said at `dueAt`, if it is news.
    mutating func add(_ note: ReceiptNote, dueAt: Int64) {
        let pair = Pair(to: note.to, from: note.from)
        if let row = index[pair] {
            guard note.received > rows[row].note.received || note.read > rows[row].note.read else { return }
            rows[row].note.received = max(rows[row].note.received, note.received)
            rows[row].note.read = max(rows[row].note.read, note.read)
            rows[row].dueAt = min(rows[row].dueAt, dueAt)
        } else {
            index[pair] = rows.count
            rows.append(Row(note: note, dueAt: dueAt))
            duties[note.from, default: Duty()].open += 1
        }
        nextDue = min(nextDue, dueAt)
    }

    /// Everything that `user` received up to here was added.
    mutating func covered(_ user: Key, upTo seq: Offset) {
        duties[user, default: Duty()].upTo = max(duties[user]?.upTo ?? 0, seq)
        if duties[user]?.open == 0 { settled.append(user) }
    }

    mutating func confirm(_ note: ReceiptNote) {
        let pair = Pair(to: note.to, from: note.from)
        guard let row = index[pair], rows[row].note.received <= note.received, rows[row].note.read <= note.read else {
            return
        }
        remove(row, pair)
        duties[note.from]?.open -= 1
        if duties[note.from]?.open == 0 { settled.append(note.from) }
    }

    /// What is to be said now, in the order in which it came up.
    mutating func takeDue(_ now: Now) -> [ReceiptNote] {
        guard nextDue <= now.monotonic else { return [] }
        nextDue = .max
        var due: [ReceiptNote] = []
        for row in rows.indices {
            if rows[row].dueAt <= now.monotonic {
                rows[row].dueAt = now.monotonic + Self.repeatMilliseconds
                due.append(rows[row].note)
            }
            nextDue = min(nextDue, rows[row].dueAt)
        }
        return due
    }

    /// Users whose receipts up to a seq are all confirmed.
    mutating func takeSettled() -> [(user: Key, seq: Offset)] {
        var result: [(user: Key, seq: Offset)] = []
        for user in settled where duties[user]?.open == 0 {
            let upTo = duties.removeValue(forKey: user)?.upTo ?? 0
            if upTo > 0 { result.append((user, upTo)) }
        }
        settled = []
        return result
    }

    private mutating func remove(_ row: Int, _ pair: Pair) {
        index[pair] = nil
        let last = rows.removeLast()
        guard row < rows.count else { return }
        rows[row] = last
        index[Pair(to: last.note.to, from: last.note.from)] = row
    }
}
