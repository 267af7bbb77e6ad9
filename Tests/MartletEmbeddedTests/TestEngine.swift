import Glibc
import MartletCore
import PortConformance
import Synchronization

@testable import MartletEmbedded

/// An engine in a folder of its own, with a clock, a disk and faults that the test commands.
final class TestEngine: ConformanceSubject, Sendable {
    let folder: String
    let engine: EmbeddedEngine
    let faults: FaultInjector
    let clock: TestClock
    private let ownsFolder: Bool

    init(
        folder: String? = nil, clock: TestClock = TestClock(), bootID: String = "boot",
        disk: TestDisk? = nil, _ configure: (inout EmbeddedConfiguration) -> Void = { _ in }
    ) throws {
        self.folder = try folder ?? TestEngine.makeFolder()
        self.clock = clock
        ownsFolder = folder == nil
        var configuration = EmbeddedConfiguration(folder: self.folder, slotCount: 8)
        configuration.ballastBytes = 1 << 20
        configuration.minimumFreeBytes = 0
        configuration.logMilliseconds = 1_000
        configuration.readerThreads = 1
        configure(&configuration)
        var environment = EngineEnvironment()
        environment.now = { clock.now }
        environment.bootID = bootID
        environment.retryMilliseconds = 1
        if let disk { environment.freeBytes = { _ in disk.freeBytes() } }
        faults = environment.faults
        engine = try EmbeddedEngine.open(configuration, environment)
    }

    deinit {
        engine.close()
        if ownsFolder { TestEngine.removeFolder(folder) }
    }

    var log: any LogPort { engine.log }
    var mailboxes: any MailboxStore { engine.mailboxes }
    var presence: any PresenceStore { engine.presence }
    var cluster: any ClusterStore { engine.cluster }

    func onAppends(_ faults: [ConformanceFault?]) { self.faults.onAppends(faults.map { $0.map(WriteFault.init) }) }
    func onSteps(_ faults: [ConformanceFault?]) { self.faults.onSteps(faults.map { $0.map(WriteFault.init) }) }
    func advance(milliseconds: Int64) { clock.advance(milliseconds) }

    func emptyStore(_ slot: Slot) async {
        await withCheckedContinuation { wait in engine.emptyStore(slot) { _ in wait.resume() } }
    }

    func trimNow() async {
        await withCheckedContinuation { wait in engine.housekeep { wait.resume() } }
    }

    static func makeFolder() throws -> String {
        var template = Array("/tmp/martlet-embedded-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw EmbeddedError.failed("mkdtemp") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func removeFolder(_ folder: String) {
        guard let directory = unsafe opendir(folder) else { return }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) {
                unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name != ".", name != ".." { unsafe unlink(folder + "/" + name) }
        }
        unsafe closedir(directory)
        unsafe rmdir(folder)
    }
}

/// What the engine is told about the disk's room.
struct TestDisk: Sendable {
    let freeBytes: @Sendable () -> UInt64?
}

final class TestClock: Sendable {
    private let time = Mutex(Now(wall: 1_800_000_000_000, monotonic: 1_000))

    var now: Now { time.withLock { $0 } }

    func advance(_ milliseconds: Int64) {
        time.withLock {
            $0.wall += milliseconds
            $0.monotonic += milliseconds
        }
    }
}

extension WriteFault {
    init(_ fault: ConformanceFault) {
        self =
            switch fault {
            case .fail: .fail
            case .drop: .drop
            case .unknownLanded: .unknownLanded
            case .unknownLost: .unknownLost
            }
    }
}
