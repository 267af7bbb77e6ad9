/// The Prometheus text format, version 0.0.4.
enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func text(_ families: [MetricFamily]) -> String { families.map(text).joined() }

    private static func text(_ family: MetricFamily) -> String {
        let head = """
            # HELP \(family.name) \(escaped(family.help, quotes: false))
            # TYPE \(family.name) \(family.kind.rawValue)

            """
        return head + family.samples.map { "\(family.name)\(line($0))\n" }.joined()
    }

    private static func line(_ sample: MetricFamily.Sample) -> String {
        let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
        return sample.suffix + (labels.isEmpty ? "" : "{\(labels)}") + " " + number(sample.value)
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? String(value)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
