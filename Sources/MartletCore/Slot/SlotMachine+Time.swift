/// What time alone brings.
extension SlotMachine {
    /// To be called every 10 to 100 ms, and more often only to no purpose.
    public mutating func tick(now: Now, into actions: inout [SlotAction]) {
        guard !isStopped else { return }
        startAgain(now, &actions)
        readAgain(now, &actions)
        guard isWorking else { return }
        if let due = fenceAgainAt, due <= now.monotonic { appendFence(now, &actions) }
        if loadBackoff.isDue(now) {
            isLoading = false
            load(&actions)
        }
        forgetOldWritten(now, &actions)
        owed.resend(now: now.monotonic)
        acknowledgements.repeatTold(now, every: tuning.acknowledgeMilliseconds)
        stepAgain(now, &actions)
        settle(now, &actions)
        look(now, &actions)
        checkpointIfDue(now, &actions)
    }

    private mutating func readAgain(_ now: Now, _ actions: inout [SlotAction]) {
        if readBackoff.isDue(now) { actions.append(.readLog(from: nextRead)) }
    }
}
