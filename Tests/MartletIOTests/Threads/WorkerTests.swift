import MartletIO
import Testing

@Suite struct WorkerTests {
    @Test func jobsRunInOrder() throws {
        let worker = try SerialWorker(name: "jobs")
        let seen = Recorder<Int>()
        for number in 0..<1000 { #expect(worker.submit { seen.record(number) } == .posted) }
        worker.stop()
        #expect(seen.events == Array(0..<1000), "stop runs what was submitted")
        #expect(worker.submit {} == .ended)
    }

    @Test func whatGathersWhileABatchRunsIsTheNextBatch() throws {
        let batches = Recorder<[Int]>()
        let go = Answer<Bool>()
        let worker = try BatchWorker<Int>(name: "batches", capacity: 5) { batch in
            batches.record(batch)
            _ = go.wait()
        }
        worker.submit(0)
        #expect(batches.wait(for: [0]))
        for number in 1...5 { #expect(worker.submit(number) == .posted) }
        #expect(worker.submit(6) == .full)
        #expect(worker.waiting == 5)
        go.set(true)
        worker.stop()
        #expect(batches.events == [[0], [1, 2, 3, 4, 5]])
    }

    @Test func killDropsWhatWaits() throws {
        let batches = Recorder<[Int]>()
        let go = Answer<Bool>()
        let worker = try BatchWorker<Int>(name: "killed") { batch in
            batches.record(batch)
            _ = go.wait()
        }
        worker.submit(0)
        #expect(batches.wait(for: [0]))
        worker.submit(1)
        let killed = Recorder<Int>()
        let killer = try SerialWorker(name: "killer")
        killer.submit {
            worker.kill()
            killed.record(1)
        }
        while worker.submit(2) != .ended {}
        go.set(true)
        #expect(killed.wait(for: 1))
        killer.stop()
        #expect(batches.events == [[0]])
    }

    @Test func randomBytesDiffer() {
        #expect(randomBytes(0).isEmpty)
        #expect(randomBytes(1000).count == 1000)
        #expect(randomBytes(16) != randomBytes(16))
    }

    @Test func signalsAreTold() async {
        await #expect(processExitsWith: .success) {
            let seen = Recorder<EndSignal>()
            let watcher = try SignalWatcher { seen.record($0) }
            raiseSignal(.terminate)
            try #require(seen.wait(for: .terminate))
            raiseSignal(.interrupt)
            try #require(seen.wait(for: .interrupt))
            withExtendedLifetime(watcher) {}
        }
    }
}
