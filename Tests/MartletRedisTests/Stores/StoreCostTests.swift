import Foundation
import MartletCore
import MartletRedis
import ServerHarness
import Testing

/// What messages cost in Redis. Prints the tables of Docs/Performance.md when MARTLET_MEASURE is set.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["MARTLET_MEASURE"] != nil))
struct StoreCostTests {
    private typealias F = StoresFixture
    private static let slot = Slot(0)

    /// A message of 200 bytes between users of one slot: the own copy, and the entry of whoever receives it.
    private func message(_ seq: Offset, _ from: Key, _ to: Key) -> [MailboxOperation] {
        let content = MessageContent(type: .message, body: [UInt8](repeating: 7, count: 200))
        let id = MessageID(UInt64(seq) << 22 | UInt64(1) << 57), time = 1_800_000_000_000 + seq
        let own = Entry(
            seq: seq, id: id, from: from, origin: Entry.Origin(device: F.phone, clientSequence: UInt64(seq)),
            conversation: Peer(.user, to), content: content, time: time)
        let other = Entry(
            seq: seq, id: id, from: from, conversation: Peer(.user, from), content: content, time: time,
            sourceSeq: seq + 17)
        return [.append(user: from, own), .append(user: to, other)]
    }

    private func users(_ count: Int) -> [Key] {
        (0..<count).map { Key(trusted: Array("user-\(1_000_000 + $0)".utf8)) }
    }

    private func info(_ server: RedisServer, _ section: String, _ name: String) throws -> Double {
        for line in try server.command("INFO", section).split(whereSeparator: \.isNewline)
        where line.hasPrefix(name + ":") {
            return Double(line.dropFirst(name.count + 1)) ?? 0
        }
        return 0
    }

    private func processorTime(_ server: RedisServer) throws -> Double {
        try info(server, "cpu", "used_cpu_user") + info(server, "cpu", "used_cpu_sys")
    }

    @Test(arguments: [1, 10, 50, 250]) func aStepOf(messages: Int) async throws {
        let server = try RedisServer()
        defer { server.end() }
        let fixture = try StoresFixture(
            .single(RedisEndpoint(host: "127.0.0.1", port: server.port)), prefix: "cost")
        #expect(await fixture.claim(Self.slot, 1) == .applied)
        let users = users(1_000)
        var stored: Offset = -1
        func steps(_ count: Int) async {
            for _ in 0..<count {
                let last = stored + Offset(messages)
                let operations = (stored + 1...last).flatMap { seq in
                    let from = Int(seq) % users.count
                    return message(seq + 1, users[from], users[from ^ 1])
                }
                #expect(await fixture.apply(F.step(stored, to: last, slot: Self.slot, operations)) == .applied)
                stored = last
            }
        }
        await steps(max(1_000 / messages, 4))
        let count = max(4_000 / messages, 40)
        let before = try processorTime(server), began = ContinuousClock.now
        await steps(count)
        let spent = try processorTime(server) - before
        let each = spent * 1e6 / Double(count * messages)
        let took = ContinuousClock.now - began
        print(
            "| \(messages) | \(String(format: "%.1f", each)) | \(String(format: "%.0f", spent * 1e6 / Double(count))) |",
            "\(took / count)")
    }

    @Test(arguments: [1, 10, 100, 1_000]) func aMailboxOf(entries: Int) async throws {
        let server = try RedisServer()
        defer { server.end() }
        let fixture = try StoresFixture(
            .single(RedisEndpoint(host: "127.0.0.1", port: server.port)), prefix: "cost")
        #expect(await fixture.claim(Self.slot, 1) == .applied)
        let users = users(1_000)
        var stored: Offset = -1
        let before = try info(server, "memory", "used_memory")
        for _ in 0..<entries {
            let last = stored + 500
            let operations = (stored + 1...last).flatMap { seq in
                let from = Int(seq % 500) * 2
                return message(seq + 1, users[from], users[from + 1])
            }
            #expect(await fixture.apply(F.step(stored, to: last, slot: Self.slot, operations)) == .applied)
            stored = last
        }
        let bytes = try info(server, "memory", "used_memory") - before
        let element = try server.command("LINDEX", "cost:{s0}:0:e:user-1000001", "-1").utf8.count
        print("| \(entries) | \(Int(bytes / 1_000)) | \(Int(bytes / 1_000 / Double(entries))) |", element)
    }
}
