import MartletCore

/// One `next` that waits for its answer.
struct ReadRequest: Sendable {
    let maxRecords: Int
    let maxBytes: Int
    let done: @Sendable (LogRead) -> Void
}
