/// Which devices' states are in memory. A state that the store has as of `forwarded` F is the state now if no record
/// above F that was decided names the device, and that is so for each device that is not in memory, as long as F is
/// neither before `deviceFloor` nor behind what is decided.
extension SlotMachine {
    /// Asks for the devices that the waiting records name.
    mutating func load(_ actions: inout [SlotAction]) {
        guard !isLoading, !isStopped, !backlog.isEmpty else { return }
        var missing: [DeviceKey] = []
        var seen: Set<DeviceKey> = []
        for index in 0..<min(backlog.count, 1_024) {
            guard case .record(let record) = codec.decode(backlog[index].bytes),
                let device = state.missingDevice(record, at: backlog[index].offset), seen.insert(device).inserted
            else { continue }
            missing.append(device)
        }
        isLoading = true
        actions.append(.loadDevices(missing))
    }

    /// Answers `loadDevices`: the states as of the stored `forwarded`, nil where the store does not know the device.
    public mutating func devicesLoaded(
        forwarded: Offset, _ devices: [(DeviceKey, DeviceState?)], now: Now, into actions: inout [SlotAction]
    ) {
        guard isLoading, !isStopped else { return }
        if !policy.contains(.takesAnyDeviceState) {
            // Behind what is decided: another owner has moved the store.
            guard forwarded <= decidedOffset else { return stop(.restart, &actions) }
            // The read is too old, or the store lost its tail, which the next step will tell.
            guard forwarded >= deviceFloor else { return askAgain(now) }
        }
        for (device, deviceState) in devices where state.devices.row(of: device) == nil {
            let row = state.devices.insert(device, deviceState ?? DeviceState())
            leave(row)
        }
        isLoading = false
        loadBackoff.succeeded()
        decideBacklog(now, &actions)
    }

    /// Answers `loadDevices` when the store cannot say. It is asked again.
    public mutating func devicesNotLoaded(_ error: PortError, now: Now) {
        if isLoading { askAgain(now) }
    }

    private mutating func askAgain(_ now: Now) { loadBackoff.failed(now) }

    /// An attach read a device's state as of the stored `forwarded`. Ignored if it is known or too old to be sure;
    /// false: `deviceState` has no answer still, and the attach has to read again.
    @discardableResult
    public mutating func deviceAttached(
        _ device: DeviceKey, _ deviceState: DeviceState?, asOfForwarded forwarded: Offset, now: Now,
        into actions: inout [SlotAction]
    ) -> Bool {
        if let row = state.devices.row(of: device) {
            state.devices[row].isLeaving = false
            return true
        }
        let isCurrent = forwarded >= deviceFloor && forwarded <= decidedOffset
        guard isWorking, isCurrent || policy.contains(.takesAnyDeviceState) else { return false }
        _ = state.devices.insert(device, deviceState ?? DeviceState())
        return true
    }

    /// No session of the device is left: its state may leave memory.
    public mutating func forgetDevice(_ device: DeviceKey) {
        guard let row = state.devices.row(of: device), !state.devices[row].isLeaving else { return }
        leave(row)
    }

    private mutating func leave(_ row: Int) {
        state.devices[row].isLeaving = true
        leaving.append(row)
    }

    /// Rows without a session go once the store has all of them.
    mutating func dropLeaving() {
        guard !leaving.isEmpty else { return }
        var kept: [Int] = []
        for row in leaving where state.devices[row].isLeaving {
            let device = state.devices[row]
            // A row that lost its name belongs to the history.
            guard state.devices.row(of: device.key) == row else { continue }
            let isSettled = device.changedAt <= stored.forwarded && device.written <= device.last
            guard isSettled, backlog.isEmpty else {
                kept.append(row)
                continue
            }
            state.devices.release(row)
            deviceFloor = max(deviceFloor, stored.forwarded)
        }
        leaving = kept
    }
}
