import MartletIO
import Testing

@Suite struct MetricsTests {
    @Test func textIsWhatPrometheusReads() {
        let metrics = MetricsRegistry()
        let first = metrics.counter("martlet_frames_total", help: "Frames by kind.", labels: ["kind": "send"])
        let second = metrics.counter("martlet_frames_total", help: "Frames by kind.", labels: ["kind": "send"])
        metrics.counter("martlet_frames_total", help: "Frames by kind.", labels: ["kind": "a\"b\\c\nd"]).add()
        metrics.gauge("martlet_open", help: "Open.\nNow.").set(-3)
        metrics.gauge("martlet_open", help: "", read: { 10 })
        first.add(2)
        second.add(5)
        #expect(
            metrics.prometheusText() == """
                # HELP martlet_frames_total Frames by kind.
                # TYPE martlet_frames_total counter
                martlet_frames_total{kind="send"} 7
                martlet_frames_total{kind="a\\"b\\\\c\\nd"} 1
                # HELP martlet_open Open. Now.
                # TYPE martlet_open gauge
                martlet_open 7

                """)
    }

    @Test func histogramsAreCumulative() {
        let metrics = MetricsRegistry()
        let scale = HistogramScale(bounds: [1_000_000, 10_000_000], unitsPerWhole: 1_000_000_000)
        let cells = (0..<2).map { _ in metrics.histogram("wait_seconds", help: "Wait.", scale: scale) }
        cells[0].observe(1_000_000)
        cells[1].observe(2_000_000)
        cells[1].observe(500_000_000)
        #expect(
            metrics.prometheusText() == """
                # HELP wait_seconds Wait.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{le="0.001"} 1
                wait_seconds_bucket{le="0.01"} 2
                wait_seconds_bucket{le="+Inf"} 3
                wait_seconds_sum 0.503
                wait_seconds_count 3

                """)
    }
}
