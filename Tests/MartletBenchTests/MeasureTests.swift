import Testing

@testable import MartletBench

@Suite struct MeasureTests {
    @Test func quantilesAreWithinABucket() {
        var histogram = LatencyHistogram()
        for value in 1...100_000 { histogram.record(UInt64(value) * 100) }
        for (fraction, exact) in [(0.5, 5_000_000.0), (0.9, 9_000_000), (0.99, 9_900_000)] {
            let measured = Double(histogram.quantile(fraction))
            #expect(measured >= exact && measured <= exact * 1.017)
        }
        #expect(histogram.quantile(1) == 10_000_000)
        #expect(histogram.max == 10_000_000)
        #expect(histogram.count == 100_000)
    }

    @Test(arguments: [0, 1, 63, 64, 65, 127, 128, 1 << 20, 1 << 47, UInt64.max])
    func anyValueHasABucket(_ value: UInt64) {
        var histogram = LatencyHistogram()
        histogram.record(value)
        #expect(histogram.quantile(0.5) <= value)
        if value < 1 << 47 { #expect(Double(histogram.quantile(0.5)) >= Double(value) * 0.98) }
    }

    @Test func histogramsAddUp() {
        var one = LatencyHistogram()
        var other = LatencyHistogram()
        #expect(one.quantile(0.5) == 0)
        one.record(10)
        other.record(30)
        one.add(other)
        #expect(one.count == 2)
        #expect(one.quantile(0.5) == 10)
        #expect(one.quantile(1) == 30)
    }

    @Test func theKernelsTextsAreRead() throws {
        let stat = "12 (a (b) c) S 1 1 1 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 1 0 5 6 7"
        #expect(ProcessSample.cpuSeconds(stat) == 2)
        #expect(ProcessSample.cpuSeconds("nonsense") == nil)
        #expect(ProcessSample.anonymousBytes("Name:\tx\nRssAnon:\t     120 kB\nRssFile:\t 4 kB\n") == 122_880)
        #expect(ProcessSample.anonymousBytes("Name:\tx\n") == nil)
        #expect(throws: BenchError.self) { try ProcessSample(-1) }
    }

    @Test func aPayloadIsFoundWhereItIs() {
        let payload = Payload(sender: 7, number: 1 << 40)
        let bytes = [0xFF, 0xFF, 0xFF] + payload.bytes(count: 20)
        #expect(Payload(unsafe bytes.span.bytes, at: 3) == payload)
        #expect(Payload(unsafe bytes.span.bytes, at: 2) == nil)
        #expect(Payload(unsafe bytes.span.bytes, at: 8) == nil)
        #expect(Payload(unsafe bytes.span.bytes, at: -1) == nil)
    }

    @Test func pacingIsEven() {
        var pacer = Pacer(rate: 1000)
        pacer.start(0)
        let due = (1...1000).map { pacer.due(UInt64($0) * 1_500_000) }
        #expect(due.reduce(0, +) == 1500)
        #expect(due.allSatisfy { (1...2).contains($0) })
        #expect(pacer.due(0) == 0, "time that does not go on makes nothing due")
        #expect(!Pacer(rate: nil).isPaced)
    }

    @Test func numbersForPeople() {
        #expect(grouped(1_234_567) == "1,234,567")
        #expect(grouped(-12) == "-12")
        #expect(grouped(999) == "999")
        #expect(fixed(1.005, 2) == "1.00" || fixed(1.005, 2) == "1.01")
        #expect(fixed(-0.04, 1) == "0.0")
        #expect(fixed(12.5, 0) == "13")
        #expect(fixed(0.07, 2) == "0.07")
    }
}
