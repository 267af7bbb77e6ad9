import Synchronization
import Testing

@testable import MartletIO

@Suite struct MailboxTests {
    @Test func messagesOfManyThreadsKeepEachThreadsOrder() throws {
        let server = try TestLoop()
        defer { server.loop.stop() }
        let seen = Recorder<[Int]>()
        let threads = try (0..<4).map { thread in
            try NamedThread(name: "poster") { [loop = server.loop] in
                for number in 0..<2000 { loop.post { _ in seen.record([thread, number]) } }
            }
        }
        threads.forEach { $0.join() }
        server.run { _ in }
        let events = seen.events
        #expect(events.count == 8000)
        for thread in 0..<4 {
            #expect(events.filter { $0[0] == thread }.map { $0[1] } == Array(0..<2000))
        }
    }

    @Test func whatWaitsComesInOneBatch() throws {
        let server = try TestLoop()
        defer { server.loop.stop() }
        let entered = Answer<Bool>()
        let go = Answer<Bool>()
        server.loop.post { _ in
            entered.set(true)
            _ = go.wait()
        }
        _ = entered.wait()
        server.loop.post(contentsOf: Array(repeating: { _ in }, count: 10))
        for _ in 0..<90 { server.loop.post { _ in } }
        go.set(true)
        #expect(server.recorder.wait(for: .batch(100)))
    }

    @Test func aFullMailboxTakesAllOrNothing() throws {
        let server = try TestLoop { $0.mailboxCapacity = 10 }
        defer { server.loop.stop() }
        let entered = Answer<Bool>()
        let go = Answer<Bool>()
        server.loop.post { _ in
            entered.set(true)
            _ = go.wait()
        }
        _ = entered.wait()
        #expect(server.loop.post(contentsOf: Array(repeating: { _ in }, count: 9)) == .posted)
        #expect(server.loop.post(contentsOf: Array(repeating: { _ in }, count: 2)) == .full)
        #expect(server.loop.post { _ in } == .posted)
        #expect(server.loop.post { _ in } == .full)
        #expect(server.loop.post(contentsOf: []) == .posted)
        go.set(true)
        #expect(server.recorder.wait(for: .batch(10)))
        #expect(server.loop.post { _ in } == .posted)
    }

    /// What passes the limit keeps its place behind what was there.
    @Test func answersPassAFullMailboxAndTheRestWaitsOutside() throws {
        let mailbox = Mailbox<Int>(capacity: 3)
        var waiting = [1, 2, 3, 4, 5]
        #expect(mailbox.move(from: &waiting) == .full)
        #expect(waiting == [4, 5])
        #expect(mailbox.move(from: &waiting) == .full)
        #expect(mailbox.post(9) == .full)
        #expect(mailbox.postAlways(10) == .posted)
        #expect(mailbox.post(9) == .full)
        var batch: [Int] = []
        _ = mailbox.take(&batch)
        #expect(batch == [1, 2, 3, 10])
        #expect(mailbox.move(from: &waiting) == .posted)
        #expect(waiting.isEmpty)
        #expect(mailbox.move(from: &waiting) == .posted)
        mailbox.end()
        waiting = [6]
        #expect(mailbox.move(from: &waiting) == .ended)
        #expect(mailbox.postAlways(7) == .ended)
    }

    @Test func whatIsPostedBeforeTheStartWaitsForIt() throws {
        let recorder = Recorder<ProbeEvent>()
        let loop = EventLoop(name: "late") { Probe(recorder: recorder, behaviour: ProbeBehaviour()) }
        #expect(loop.post { $0.recorder.record(.note("early")) } == .posted)
        try loop.start()
        defer { loop.stop() }
        #expect(recorder.wait(for: .note("early")))
    }
}
