import Glibc
import MartletCore
import Testing

@testable import MartletEmbedded

/// `kill -9` loses nothing that was completed, with neither an fsync nor a goodbye.
@Suite struct KillTests {
    private struct Completed {
        var log: [Int: [Offset: String]] = [:]
        var steps: [Int: Offset] = [:]
    }

    @Test func aKilledProcessLosesNothingThatWasCompleted() async throws {
        let folder = try TestEngine.makeFolder()
        defer { TestEngine.removeFolder(folder) }
        let completed = parse(try outputUntilKilled(["\(harness())", "write", folder], bytes: 200_000))
        #expect(completed.log.count == 4 && completed.steps.count == 4)
        let engine = try TestEngine(folder: folder)
        for slot in 0..<4 {
            guard case .records(let found, _) = await records(engine, Slot(slot)) else {
                throw EmbeddedError.failed("no records")
            }
            for (offset, number) in completed.log[slot] ?? [:] {
                #expect(String(decoding: found[Int(offset)].bytes, as: UTF8.self) == number)
            }
            #expect(found.map(\.offset) == (0..<Offset(found.count)).map { $0 })
            try await checkMailbox(engine, Slot(slot), upTo: completed.steps[slot] ?? 0)
        }
    }

    private func checkMailbox(_ engine: TestEngine, _ slot: Slot, upTo offset: Offset) async throws {
        let alice = Key(trusted: Array("alice".utf8))
        guard
            case .page(let page)? = await read(
                engine, .page(user: alice, after: 0, maxEntries: 1_000_000, maxBytes: 1 << 30), slot)
        else { throw EmbeddedError.failed("no page") }
        #expect(page.asOf >= offset)
        #expect(page.entries.map(\.seq) == (0...page.asOf).map { $0 + 1 }, "a step is whole or not there")
        #expect(page.entries.map(\.prev) == (0...page.asOf).map { $0 })
    }

    private func harness() throws -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return 0 }
            return unsafe readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        let path = String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
        let built = path.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/EmbeddedHarness"
        if unsafe access(built, X_OK) == 0 { return built }
        // The tests run in a helper of the toolchain: the bundle's path is among the arguments.
        for argument in CommandLine.arguments where argument.contains(".xctest") {
            let folder = argument.split(separator: "/").dropLast().map { "/" + $0 }.joined()
            let beside = folder + "/EmbeddedHarness"
            if unsafe access(beside, X_OK) == 0 { return beside }
        }
        throw EmbeddedError.failed("EmbeddedHarness is not built beside \(path)")
    }

    /// What the process wrote until it was killed, in the middle of its work.
    private func outputUntilKilled(_ arguments: [String], bytes wanted: Int) throws -> [UInt8] {
        var ends: [Int32] = [0, 0]
        let isMade = unsafe pipe(&ends) == 0
        #expect(isMade)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        let process = try #require(spawn(arguments, output: ends[1]))
        close(ends[1])
        defer { close(ends[0]) }
        var output: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 65_536), isKilled = false
        while true {
            let count = unsafe Glibc.read(ends[0], &buffer, buffer.count)
            if count <= 0 { break }
            output += buffer.prefix(count)
            if output.count >= wanted, !isKilled {
                kill(process, SIGKILL)
                isKilled = true
            }
        }
        #expect(isKilled, "it ended by itself: \(String(decoding: output.prefix(500), as: UTF8.self))")
        _ = wait(for: process)
        return output
    }

    /// Whole lines only: the last one may be cut.
    private func parse(_ output: [UInt8]) -> Completed {
        var completed = Completed()
        for line in output.split(separator: 10).dropLast() {
            let words = line.split(separator: 32).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 4, let slot = Int(words[1]), let offset = Offset(words[2]) else { continue }
            if words[0] == "log" {
                completed.log[slot, default: [:]][offset] = words[3]
            } else {
                completed.steps[slot] = max(completed.steps[slot] ?? 0, offset)
            }
        }
        return completed
    }
}
