/// The log's identity, kept where it lives and dies with the topic: in a setting of the topic itself.
///
/// A topic that is deleted takes its settings along, so whatever bears its name later has another generation or none.
/// `retention.bytes` is that setting: Martlet needs it to be without effect, and every value from 2^62 on is. Its lower
/// 62 bits are random.
enum LogGeneration {
    static let settingName = "retention.bytes"
    private static let mark: UInt64 = 1 << 62

    static func make(random: UInt64) -> UInt64 { mark | random & (mark - 1) }

    /// Nil: not a generation.
    static func parse(_ text: String) -> UInt64? {
        guard let value = UInt64(text), value >= mark, value <= UInt64(Int64.max) else { return nil }
        return value
    }
}
