import Glibc
import Testing

@testable import MartletIO

@Suite struct LoggerTests {
    private let line = LogLine(
        wall: 1_735_689_600_123, level: .warning, component: "edge", message: "say \"hi\"\n",
        values: [.node: "g 1", .port: 80, .reason: "plain", .state: "", .code: .bool(true)])

    @Test func textIsOneLine() {
        #expect(
            line.text == "2025-01-01T00:00:00.123Z warning edge \"say \\\"hi\\\"\\n\" "
                + "node=\"g 1\" port=80 reason=plain state=\"\" code=true\n")
    }

    @Test func jsonIsOneObject() {
        #expect(
            line.json == "{\"time\":\"2025-01-01T00:00:00.123Z\",\"level\":\"warning\",\"component\":\"edge\","
                + "\"message\":\"say \\\"hi\\\"\\n\",\"node\":\"g 1\",\"port\":80,\"reason\":\"plain\",\"state\":\"\",\"code\":true}\n"
        )
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ])
    func times(_ milliseconds: Int64, _ text: String) { #expect(isoTime(milliseconds) == text) }

    @Test func linesArriveInOrderAndSlowReadersDelayNobody() throws {
        var ends: [Int32] = [0, 0]
        unsafe _ = pipe(&ends)
        let sink = LogSink(descriptor: ends[1])
        let logger = Logger(component: "test", sink: sink)
        // Four megabytes and nobody reads: the pipe and the queue fill, the rest is dropped and counted.
        for number in 0..<4000 { logger.info(String(repeating: "x", count: 1000), [.count: LogValue(number)]) }
        let reader = TestPipe(ends[0])
        let text = reader.read { $0.contains("log lines dropped: the reader is slow") }
        #expect(text.hasPrefix("20"))
        let counts = text.split(separator: "\n").compactMap { $0.split(separator: "count=").last.flatMap { Int($0) } }
        #expect(counts == Array(0..<counts.count), "what was taken came in order and whole")
        sink.flush()
        logger.debug("not made")
        logger.error("made")
        #expect(reader.read { $0.contains("\n") }.contains("error test \"made\""))
    }
}

/// The reading end of a pipe.
private final class TestPipe {
    private let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    func read(until isEnough: (String) -> Bool) -> String {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count <= 0 { break }
            all += buffer.prefix(count)
            if isEnough(String(decoding: all.suffix(100), as: UTF8.self)) { break }
        }
        return String(decoding: all, as: UTF8.self)
    }
}
