import MartletCore

/// What a consumer brought of one partition.
enum FetchedMessage {
    case record(LoggedRecord)
    /// The offset that was asked for is not in the log.
    case outOfRange
    case failed(String)
}
