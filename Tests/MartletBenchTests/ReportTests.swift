import Testing

@testable import MartletBench

@Suite struct ReportTests {
    private func report(_ change: (inout Tally) -> Void) -> BenchReport {
        var tally = Tally()
        change(&tally)
        var report = BenchReport(kind: .durable, users: 1000)
        report.seconds = 2
        report.messages = 20_000
        report.serverCPUSeconds = 1
        report.check = BenchCheck(tally)
        return report
    }

    @Test func aSoundRunSaysSo() {
        let report = report { tally in
            tally.total.sent = 5
            tally.total.arrived = 5
            tally.total.deferred = 3
        }
        #expect(report.check.holds)
        #expect(report.messagesPerSecond == 10_000)
        #expect(report.cpuMicrosecondsPerMessage == 50)
        #expect(report.table.contains("messages a second           10,000\n"))
        #expect(report.table.contains("server CPU a message        50.00 µs"))
        #expect(report.table.contains("holds"))
        #expect(report.json.contains("\"messagesPerSecond\":10000.0"))
        #expect(report.json.contains("\"holds\":true"))
    }

    private static var faults: [WritableKeyPath<Tally, Int>] {
        [
            \.total.duplicates, \.total.missing, \.total.failures, \.total.refused, \.total.lost, \.open,
        ]
    }

    @Test(arguments: 0..<6)
    func anythingWrongFailsTheRun(_ fault: Int) {
        let report = report { tally in
            tally[keyPath: ReportTests.faults[fault]] = 1
            tally.complaint = "because"
        }
        #expect(!report.check.holds)
        #expect(report.table.contains("FAILED"))
        #expect(report.table.contains("because"))
        #expect(report.json.contains("\"holds\":false"))
    }

    @Test func talliesOfLoopsAddUp() {
        var one = Tally()
        var other = Tally()
        one.total.sent = 2
        other.total.sent = 3
        other.total.lost = 1
        other.open = 4
        other.windowDuration = 9
        other.complaint = "first"
        one.add(other)
        #expect(one.total.sent == 5)
        #expect(one.total.lost == 1)
        #expect(one.open == 4)
        #expect(one.windowDuration == 9)
        #expect(one.complaint == "first")
    }
}
