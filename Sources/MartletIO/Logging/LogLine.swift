/// One event, as text or as JSON. Either way one line, whatever the values hold.
struct LogLine {
    let wall: Int64
    let level: LogLevel
    let component: String
    let message: String
    let values: KeyValuePairs<LogKey, LogValue>

    var text: String {
        var line = "\(isoTime(wall)) \(level) \(component) \(quoted(message))"
        for (key, value) in values { line += " \(key.rawValue)=\(value.text)" }
        return line + "\n"
    }

    var json: String {
        var line = "{\"time\":\"\(isoTime(wall))\",\"level\":\"\(level)\",\"component\":\(quoted(component))"
        line += ",\"message\":\(quoted(message))"
        for (key, value) in values { line += ",\"\(key.rawValue)\":\(value.json)" }
        return line + "}\n"
    }
}

extension LogValue {
    fileprivate var text: String {
        guard case .string(let value) = self else { return json }
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") }
        return isPlain ? value : quoted(value)
    }

    fileprivate var json: String {
        switch self {
        case .string(let value): quoted(value)
        case .int(let value): String(value)
        case .bool(let value): String(value)
        }
    }
}

/// A JSON string: control characters and quotes escaped, so no value can end a line or forge another.
private func quoted(_ value: String) -> String {
    var result = "\""
    for scalar in value.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case _
        where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value):
            let hex = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// `2025-01-31T23:59:59.123Z` for milliseconds since 1970. Days to dates as Howard Hinnant's `civil_from_days` does it.
func isoTime(_ milliseconds: Int64) -> String {
    let days = floorDivide(milliseconds, 86_400_000)
    let time = milliseconds - days * 86_400_000
    let (year, month, day) = civilDate(days)
    let clock = "\(padded(time / 3_600_000, 2)):\(padded(time / 60_000 % 60, 2)):\(padded(time / 1000 % 60, 2))"
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(clock).\(padded(time % 1000, 3))Z"
}

private func civilDate(_ daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let days = daysSince1970 + 719_468
    let era = floorDivide(days, 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    value >= 0 ? value / divisor : (value - divisor + 1) / divisor
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
