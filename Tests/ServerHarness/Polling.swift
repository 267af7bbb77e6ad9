import Foundation

/// Looks every few milliseconds until `condition` holds.
public func poll(
    until what: String, seconds: Double = 60, _ condition: () throws -> Bool
) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while try !condition() {
        guard Date() < deadline else { throw HarnessError.timedOut(what) }
        usleep(10_000)
    }
}
