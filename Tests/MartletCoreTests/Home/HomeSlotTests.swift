import Testing

@testable import MartletCore

/// What the two halves of a slot have to wait for.
@Suite struct HomeSlotTests {
    private let device = DeviceKey(user: Key("alice")!, device: DeviceID("phone")!)

    private func makeSlot() -> HomeSlot {
        let machine = SlotMachine(
            slot: Slot(3), slotCount: 8, generation: 99, tuning: SlotTuning(), slotOf: HomeWorld.settings.slotOf)
        let sessions = HomeSessions(slot: Slot(3), settings: HomeWorld.settings)
        return HomeSlot(machine: machine, sessions: sessions, makeID: { _ in nil })
    }

    /// Times at which the slot asks for the device, ticked every 10 ms for 20 s.
    private func asked(_ home: inout HomeSlot, _ answer: (inout HomeSlot, Now) -> Void) -> [Int64] {
        var times: [Int64] = []
        for time in stride(from: Int64(0), to: 20_000, by: 10) {
            let now = Now(wall: 1_800_000_000_000 + time, monotonic: time)
            home.tick(now: now)
            var (slotActions, homeActions): ([SlotAction], [HomeAction]) = ([], [])
            home.takeActions(&slotActions, &homeActions)
            for case .readDevice in homeActions {
                times.append(time)
                answer(&home, now)
            }
        }
        return times
    }

    /// With a store that is away, and with one whose answers are too old.
    @Test(arguments: [false, true]) func aDeviceIsAskedForLessAndLessOften(answers: Bool) {
        var home = makeSlot()
        home.deviceUnread(device, now: Now(wall: 1_800_000_000_000, monotonic: 0))
        let times = asked(&home) { [device] home, now in
            if answers {
                home.deviceRead(device, nil, forwarded: -1, now: now)
            } else {
                home.deviceUnread(device, now: now)
            }
        }
        #expect(times.count >= 4 && times.count < 25, "asked \(times.count) times in 20 s")
        let pauses = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(zip(pauses.dropFirst(), pauses).allSatisfy { $0 >= $1 })
    }

    /// Many at once count as one failure.
    @Test func allThatWaitAreAskedForTogether() {
        var home = makeSlot()
        for _ in 0..<100 { home.deviceUnread(device, now: Now(wall: 1_800_000_000_000, monotonic: 0)) }
        let times = asked(&home) { _, _ in }
        #expect(times == Array(repeating: 50, count: 100))
    }
}
