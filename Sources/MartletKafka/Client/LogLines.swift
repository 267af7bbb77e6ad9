internal import CRdKafka
import MartletIO
import Synchronization

/// librdkafka's own lines, on our log. A broker that is away makes each client complain again and again, so there are
/// at most so many a second; the rest is counted.
enum LogLines {
    static let logger = Logger(component: "kafka")
    private static let perSecond = 5

    private struct Window {
        var second: Int64 = 0
        var count = 0
        var dropped = 0
    }

    private static let window = Mutex(Window())

    static func write(level: Int32, facility: String, text: String) {
        // Each kind of client is told which of the operator's settings are for another kind.
        if facility == "CONFWARN" { return logger.debug("librdkafka: \(text)", [.name: .string(facility)]) }
        guard let dropped = admit(Clock.monotonicMilliseconds / 1_000) else { return }
        let message = "librdkafka: \(text)"
        let name = LogValue.string(facility)
        switch level {
        case ...4: logger.warning(message, [.name: name, .count: LogValue(dropped)])
        case 5, 6: logger.info(message, [.name: name, .count: LogValue(dropped)])
        default: logger.debug(message, [.name: name])
        }
    }

    /// How many lines were left out before this one; nil: it is left out too.
    private static func admit(_ second: Int64) -> Int? {
        window.withLock { window in
            if window.second != second {
                window.second = second
                window.count = 0
            }
            window.count += 1
            guard window.count <= perSecond else {
                window.dropped += 1
                return nil
            }
            defer { window.dropped = 0 }
            return window.dropped
        }
    }
}

func onLog(
    _ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?
) {
    LogLines.write(level: level, facility: unsafe CText.string(facility) ?? "", text: unsafe CText.string(text) ?? "")
}
