import MartletBench
import MartletProtocol
import Testing

@Suite struct OptionsTests {
    private func options(_ kind: BenchOptions.Kind = .relay, _ change: (inout BenchOptions) -> Void) -> BenchOptions {
        var options = BenchOptions(kind: kind, endpoints: [.init(host: "127.0.0.1", port: 1)]) { _ in "" }
        change(&options)
        return options
    }

    @Test func badOptionsAreRefusedBeforeAnythingStarts() {
        let bad = [
            options { $0.endpoints = [] }, options { $0.users = 1 }, options { $0.messageBytes = 15 },
            options { $0.seconds = 0 }, options { $0.rate = 0 }, options { $0.loops = 0 },
            options { ($0.users, $0.loops) = (6, 4) }, options { ($0.server, $0.encoding) = (.floor, .json) },
            options(.durable) { $0.server = .floor }, options(.idle) { _ in },
            options(.idle) { ($0.processID, $0.idleBase) = (1, 1000) },
        ]
        for options in bad { #expect(throws: BenchError.self) { try runBench(options) } }
    }

    @Test func aServerThatIsNotThereIsAnError() throws {
        let error = #expect(throws: BenchError.self) { try runBench(options { $0.users = 2 }) }
        #expect(error?.description == "0 of 2 users connected; connect: connection refused")
    }
}
