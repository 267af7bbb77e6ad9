import MartletIO

/// Looks every few milliseconds until `condition` holds; false after the time.
func waitUntil(milliseconds: Int64 = 60_000, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = Clock.monotonicMilliseconds + milliseconds
    while Clock.monotonicMilliseconds < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    // A busy machine may not have let it look in time.
    return try await condition()
}
