internal import Synchronization

/// All metrics of a node, and their text for Prometheus.
///
/// Each call that makes a metric gives a new cell; cells with one name and one set of labels are added up when they
/// are written out. One name has one kind, one help text and one scale.
public final class MetricsRegistry: Sendable {
    private struct Family {
        let kind: MetricKind
        let help: String
        /// In the order in which they were first asked for.
        var series: [(labels: MetricLabels, cells: [MetricCell])] = []

        mutating func add(_ labels: MetricLabels, _ cell: MetricCell) {
            if let index = series.firstIndex(where: { $0.labels == labels }) {
                series[index].cells.append(cell)
            } else {
                series.append((labels, [cell]))
            }
        }
    }

    private struct State {
        var names: [String] = []
        var families: [String: Family] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    public func counter(_ name: String, help: String, labels: MetricLabels = [:]) -> Counter {
        let cell = Counter()
        add(name, .counter, help, labels, .counter { cell.current })
        return cell
    }

    public func gauge(_ name: String, help: String, labels: MetricLabels = [:]) -> Gauge {
        let cell = Gauge()
        add(name, .gauge, help, labels, .gauge { cell.current })
        return cell
    }

    public func histogram(
        _ name: String, help: String, scale: HistogramScale = .latency, labels: MetricLabels = [:]
    ) -> Histogram {
        let cell = Histogram(scale: scale)
        add(name, .histogram(scale), help, labels, .histogram(cell))
        return cell
    }

    /// A count that is kept elsewhere and looked at when metrics are written out; `read` runs on the asker's thread.
    public func counter(
        _ name: String, help: String, labels: MetricLabels = [:], read: @escaping @Sendable () -> UInt64
    ) {
        add(name, .counter, help, labels, .counter(read))
    }

    public func gauge(
        _ name: String, help: String, labels: MetricLabels = [:], read: @escaping @Sendable () -> Int64
    ) {
        add(name, .gauge, help, labels, .gauge(read))
    }

    /// All metrics in Prometheus' text format 0.0.4, names in the order of their making.
    public func prometheusText() -> String {
        let (names, families) = state.withLock { ($0.names, $0.families) }
        var text = PrometheusText()
        for name in names {
            guard let family = families[name] else { continue }
            text.begin(name, family.kind, help: family.help)
            for series in family.series { text.append(name, family.kind, series.labels, series.cells) }
        }
        return text.text
    }

    private func add(_ name: String, _ kind: MetricKind, _ help: String, _ labels: MetricLabels, _ cell: MetricCell) {
        precondition(isMetricName(name), "a metric's name is letters, digits and _: \(name)")
        state.withLock { state in
            if state.families[name] == nil {
                state.names.append(name)
                state.families[name] = Family(kind: kind, help: help)
            }
            precondition(state.families[name]?.kind == kind, "the metric \(name) has two kinds")
            state.families[name]?.add(labels, cell)
        }
    }
}

enum MetricKind: Sendable, Equatable {
    case counter, gauge
    case histogram(HistogramScale)
}

enum MetricCell: Sendable {
    case counter(@Sendable () -> UInt64)
    case gauge(@Sendable () -> Int64)
    case histogram(Histogram)
}
