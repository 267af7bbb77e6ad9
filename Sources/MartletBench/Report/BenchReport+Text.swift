extension BenchReport {
    /// For people.
    public var table: String {
        rows.map { name, value in name + String(repeating: " ", count: max(1, 28 - name.count)) + value }
            .joined(separator: "\n") + "\n"
    }

    private var rows: [(String, String)] {
        var rows = [("\(kind.rawValue), users", grouped(users))]
        if kind != .idle { rows += messageRows }
        if let serverCPUSeconds, seconds > 0 {
            rows.append(("server CPU", "\(fixed(serverCPUSeconds / seconds * 100, 0)) % of a core"))
        }
        if let cpu = cpuMicrosecondsPerMessage { rows.append(("server CPU a message", "\(fixed(cpu, 2)) µs")) }
        if let memory = serverMemoryBytes { rows.append(("server anonymous memory", "\(grouped(memory / 1024)) KiB")) }
        if let slope = bytesPerConnection { rows.append(("memory a connection", "\(grouped(Int(slope))) bytes")) }
        rows.append(("check", check.holds ? "holds: all once and in order" : "FAILED"))
        if !check.holds { rows.append(("", check.failure)) }
        return rows
    }

    private var messageRows: [(String, String)] {
        var rows = [("messages a second", grouped(Int(messagesPerSecond)))]
        rows.append(("delivery p50 p90 p99 max", milliseconds(delivery)))
        if kind == .durable { rows.append(("accepted p50 p90 p99 max", milliseconds(acceptance))) }
        rows.append(("sent, arrived", "\(grouped(check.sent)), \(grouped(check.arrived))"))
        if check.deferred > 0 { rows.append(("rejected for a time", grouped(check.deferred))) }
        if check.skipped > 0 { rows.append(("not sent (64 under way)", grouped(check.skipped))) }
        return rows
    }

    private func milliseconds(_ histogram: LatencyHistogram) -> String {
        [0.5, 0.9, 0.99, 1].map { fixed(Double(histogram.quantile($0)) / 1e6, 3) }.joined(separator: "  ") + " ms"
    }

    /// For programs: one object, latencies in microseconds.
    public var json: String {
        var fields = [
            ("kind", "\"\(kind.rawValue)\""), ("users", "\(users)"), ("seconds", fixed(seconds, 3)),
            ("messages", "\(messages)"), ("messagesPerSecond", fixed(messagesPerSecond, 1)),
            ("delivery", latencies(delivery)), ("acceptance", latencies(acceptance)), ("check", check.json),
        ]
        if let serverCPUSeconds { fields.append(("serverCPUSeconds", fixed(serverCPUSeconds, 3))) }
        if let cpu = cpuMicrosecondsPerMessage { fields.append(("cpuMicrosecondsPerMessage", fixed(cpu, 3))) }
        if let serverMemoryBytes { fields.append(("serverMemoryBytes", "\(serverMemoryBytes)")) }
        if let bytesPerConnection { fields.append(("bytesPerConnection", fixed(bytesPerConnection, 1))) }
        return object(fields) + "\n"
    }

    private func latencies(_ histogram: LatencyHistogram) -> String {
        let points = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999), ("max", 1)]
        return object([("count", "\(histogram.count)")] + points.map { ($0.0, "\(histogram.quantile($0.1) / 1000)") })
    }
}

extension BenchCheck {
    fileprivate var failure: String {
        let counts = [
            ("duplicates", duplicates), ("missing", missing), ("never arrived", open), ("failures", failures),
            ("refused connections", refused), ("lost connections", lostConnections),
        ]
        let named = counts.filter { $0.1 > 0 }.map { "\(grouped($0.1)) \($0.0)" }.joined(separator: ", ")
        return complaint.map { "\(named); first: \($0)" } ?? named
    }

    fileprivate var json: String {
        object([
            ("holds", "\(holds)"), ("sent", "\(sent)"), ("accepted", "\(accepted)"), ("arrived", "\(arrived)"),
            ("duplicates", "\(duplicates)"), ("missing", "\(missing)"), ("open", "\(open)"),
            ("deferred", "\(deferred)"), ("skipped", "\(skipped)"), ("failures", "\(failures)"),
            ("refused", "\(refused)"), ("lostConnections", "\(lostConnections)"),
        ])
    }
}

private func object(_ fields: [(String, String)]) -> String {
    "{" + fields.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
}

/// 1234567 as 1,234,567.
func grouped(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    for index in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: index) }
    return (number < 0 ? "-" : "") + String(digits)
}

/// With so many digits behind the point.
func fixed(_ value: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
    let scaled = Int((value.magnitude * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    return "\(sign)\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
}
