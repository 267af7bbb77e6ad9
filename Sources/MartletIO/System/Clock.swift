internal import Glibc
public import MartletCore

/// The machine's clocks.
public enum Clock {
    /// Nanoseconds since some start; never goes back.
    public static var monotonicNanoseconds: UInt64 { nanoseconds(of: CLOCK_MONOTONIC) }
    public static var monotonicMilliseconds: Int64 { Int64(monotonicNanoseconds / 1_000_000) }
    /// Milliseconds since 1970; may step.
    public static var wallMilliseconds: Int64 { Int64(nanoseconds(of: CLOCK_REALTIME) / 1_000_000) }
    public static var now: Now { Now(wall: wallMilliseconds, monotonic: monotonicMilliseconds) }

    private static func nanoseconds(of clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
