import MartletCore
import MartletIO
import Testing

@testable import MartletGateway

@Suite struct SessionIDTests {
    @Test(arguments: [
        (UInt32(0), UInt32(0), 0), (1, 2, 3), (0xFF_FFFF, UInt32.max, 255), (0xFF_FFFF, 0, 0), (0, UInt32.max, 0),
        (0, 0, 255),
    ])
    func partsComeBack(index: UInt32, generation: UInt32, loop: Int) {
        let id = SessionID(StreamID(index: index, generation: generation), loop: loop)
        #expect(id.index == Int(index))
        #expect(id.generation == generation)
        #expect(id.loop == loop)
        #expect(SessionID(id.rawValue) == id)
    }

    @Test func noTwoConnectionsShareOne() {
        var seen: Set<UInt64> = []
        for index: UInt32 in 0..<4 {
            for generation: UInt32 in 0..<4 {
                for loop in 0..<4 {
                    seen.insert(SessionID(StreamID(index: index, generation: generation), loop: loop).rawValue)
                }
            }
        }
        #expect(seen.count == 64)
    }
}

@Suite struct EdgeMessageSplitTests {
    private func id(_ loop: Int, _ index: UInt32) -> UInt64 {
        SessionID(StreamID(index: index, generation: 7), loop: loop).rawValue
    }

    private func deliver(_ sessions: [UInt64]) -> EdgeMessage {
        .deliver(sessions: sessions, frame: [1, 2], settles: .send(3), pushedUpTo: 4, live: true)
    }

    private func isSplit(_ message: EdgeMessage, _ loops: Int, _ parts: [(Int, EdgeMessage)]) -> Bool {
        message.split(loops: loops).elementsEqual(parts) { $0.loop == $1.0 && $0.1 == $1.1 }
    }

    @Test func messagesForOneSessionGoToItsLoop() {
        let attached = EdgeMessage.attached(
            session: id(2, 9),
            Attached(
                number: 1, generation: 2, cursor: 3, resync: false, head: 4, live: true, lastClientSequence: 5,
                rejectedClientSequences: []))
        for message in [
            attached, .notHome(session: id(2, 9)), deliver([id(2, 9)]),
            .close(sessions: [id(2, 9)], code: .replaced, reason: "r"),
        ] {
            #expect(isSplit(message, 3, [(2, message)]))
        }
    }

    @Test func sessionsOfSeveralLoopsArePartedInOrder() {
        let sessions = [id(1, 1), id(0, 2), id(1, 3), id(2, 4), id(0, 5)]
        #expect(
            isSplit(
                deliver(sessions), 3,
                [
                    (0, deliver([sessions[1], sessions[4]])), (1, deliver([sessions[0], sessions[2]])),
                    (2, deliver([sessions[3]])),
                ]))
        #expect(
            isSplit(
                .close(sessions: sessions, code: .busy, reason: "r"), 3,
                [
                    (0, .close(sessions: [sessions[1], sessions[4]], code: .busy, reason: "r")),
                    (1, .close(sessions: [sessions[0], sessions[2]], code: .busy, reason: "r")),
                    (2, .close(sessions: [sessions[3]], code: .busy, reason: "r")),
                ]))
    }

    @Test func aLoopWithoutSessionsGetsNothing() {
        #expect(isSplit(deliver([id(3, 1), id(3, 2)]), 4, [(3, deliver([id(3, 1), id(3, 2)]))]))
        #expect(isSplit(deliver([]), 4, []))
    }

    /// A peer may say any number; what names a loop that is not there reaches nobody.
    @Test func aLoopThatIsNotThereIsTold() {
        #expect(deliver([id(9, 1), id(8, 1)]).split(loops: 2).isEmpty)
    }
}
