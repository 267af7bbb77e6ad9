/// Prometheus' text exposition format, version 0.0.4.
struct PrometheusText {
    private(set) var text = ""

    mutating func begin(_ name: String, _ kind: MetricKind, help: String) {
        let help = help.split(separator: "\n").joined(separator: " ")
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.name)\n"
    }

    mutating func append(_ name: String, _ kind: MetricKind, _ labels: MetricLabels, _ cells: [MetricCell]) {
        switch kind {
        case .counter: line(name, labels, String(cells.reduce(0) { $0 &+ $1.count }))
        case .gauge: line(name, labels, String(cells.reduce(0) { $0 &+ $1.level }))
        case .histogram(let scale): appendHistogram(name, scale, labels, cells)
        }
    }

    private mutating func appendHistogram(
        _ name: String, _ scale: HistogramScale, _ labels: MetricLabels, _ cells: [MetricCell]
    ) {
        var counts = [UInt64](repeating: 0, count: scale.bounds.count + 1)
        var sum: UInt64 = 0
        for case .histogram(let histogram) in cells {
            for (index, count) in histogram.bucketCounts.enumerated() { counts[index] &+= count }
            sum &+= histogram.total
        }
        var cumulative: UInt64 = 0
        for (index, count) in counts.enumerated() {
            cumulative &+= count
            let bound = index < scale.bounds.count ? "\(Double(scale.bounds[index]) / scale.unitsPerWhole)" : "+Inf"
            line("\(name)_bucket", labels, String(cumulative), extra: "le=\"\(bound)\"")
        }
        line("\(name)_sum", labels, String(Double(sum) / scale.unitsPerWhole))
        line("\(name)_count", labels, String(cumulative))
    }

    private mutating func line(_ name: String, _ labels: MetricLabels, _ value: String, extra: String = "") {
        let all = [labels.text, extra].filter { !$0.isEmpty }.joined(separator: ",")
        text += all.isEmpty ? "\(name) \(value)\n" : "\(name){\(all)} \(value)\n"
    }
}

extension MetricKind {
    fileprivate var name: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

extension MetricCell {
    fileprivate var count: UInt64 { if case .counter(let read) = self { read() } else { 0 } }
    fileprivate var level: Int64 { if case .gauge(let read) = self { read() } else { 0 } }
}
