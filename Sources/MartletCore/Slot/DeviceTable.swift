/// One device in memory: its part of the decision state, and how far its sends are on their way.
struct DeviceRow: Sendable {
    let key: DeviceKey
    /// Another device's row may take the place: a token that was made for this one has this version.
    let version: UInt32
    /// The last client sequence that was decided, and the last as of the stored `forwarded`.
    var last: ClientSequence
    var forwardedLast: ClientSequence
    /// Outcomes of `last - outcomes.count + 1 ... last`: of the window as of `forwarded`, and all above.
    var outcomes: [Outcome]
    /// Offset of the last record that changed it.
    var changedAt: Offset = -1
    /// Rule 5: the highest number that was appended and not decided (0: none), and when (monotonic).
    var written: ClientSequence = 0
    var writtenAt: Int64 = 0
    /// No session needs it: it leaves memory once nothing of it is above `forwarded`.
    var isLeaving = false

    init(key: DeviceKey, version: UInt32, state: DeviceState) {
        self.key = key
        self.version = version
        last = state.last
        forwardedLast = state.last
        outcomes = state.outcomes
    }

    /// The outcome of `n`, if it is among the last `window`.
    func outcome(of n: ClientSequence, window: UInt64) -> Outcome? {
        guard n <= last, last - n < window, last - n < UInt64(outcomes.count) else { return nil }
        return outcomes[outcomes.count - 1 - Int(last - n)]
    }

    mutating func decide(_ n: ClientSequence, _ outcome: Outcome, at offset: Offset, window: UInt64) {
        last = max(last, n)
        outcomes.append(outcome)
        changedAt = offset
        let kept = Int(window) + Int(last - min(forwardedLast, last))
        if outcomes.count > kept + Int(window) { outcomes.removeFirst(outcomes.count - kept) }
    }

    /// The state as it was when `last` was the last number.
    func state(at last: ClientSequence, window: UInt64) -> DeviceState {
        let end = outcomes.count - min(Int(self.last - min(last, self.last)), outcomes.count)
        return DeviceState(last: last, outcomes: Array(outcomes[max(0, end - Int(window))..<end]))
    }
}

/// The devices whose states are in memory, by row number.
struct DeviceTable: Sendable {
    private(set) var index: [DeviceKey: Int] = [:]
    private var rows: [DeviceRow] = []
    private var free: [Int] = []
    private var nextVersion: UInt32 = 0

    subscript(row: Int) -> DeviceRow {
        _read { yield rows[row] }
        _modify { yield &rows[row] }
    }

    func row(of device: DeviceKey) -> Int? { index[device] }

    /// The row that a token means, if that device still has it.
    func row(_ row: Int, version: UInt32) -> Int? {
        rows.indices.contains(row) && rows[row].version == version && index[rows[row].key] == row ? row : nil
    }

    mutating func insert(_ device: DeviceKey, _ state: DeviceState) -> Int {
        nextVersion &+= 1
        let new = DeviceRow(key: device, version: nextVersion & 0xFF_FFFF, state: state)
        let row = free.popLast() ?? rows.count
        if row == rows.count { rows.append(new) } else { rows[row] = new }
        index[device] = row
        return row
    }

    /// Takes the name from the row, which stays until `release`.
    mutating func detach(_ row: Int) { index[rows[row].key] = nil }

    mutating func release(_ row: Int) {
        if index[rows[row].key] == row { index[rows[row].key] = nil }
        rows[row].outcomes = []
        free.append(row)
    }
}
