import Glibc
package import MartletCore
import Synchronization

/// What the engine's parts share.
final class EngineContext: Sendable {
    enum Health: Sendable, Equatable {
        case running
        /// The database cannot be written; the writer tries to open it again.
        case failed
        /// It lost what was reported as written: only a person can say what is right.
        case corrupt(String)

        var refusal: PortError? {
            switch self {
            case .running: nil
            case .failed: .unavailable
            case .corrupt(let what): .corrupt(what)
            }
        }
    }

    let configuration: EmbeddedConfiguration
    let environment: EngineEnvironment
    let gate: DatabaseGate
    let pool: ReaderPool
    let queue: WriteQueue
    let tails: [SlotTail]
    let health = Mutex(Health.running)
    let isDiskFull = Atomic(false)

    init(
        _ configuration: EmbeddedConfiguration, _ environment: EngineEnvironment, _ database: Database,
        _ tails: [SlotTail]
    ) {
        self.configuration = configuration
        self.environment = environment
        self.tails = tails
        gate = DatabaseGate(database)
        pool = ReaderPool(threads: configuration.readerThreads)
        queue = WriteQueue(maxBytes: configuration.queuedBytes, pool: pool)
    }

    /// Reads on a thread of the pool; what cannot be read is `unavailable` or, where it is damaged, `corrupt`.
    func read<R: Sendable>(
        _ body: @escaping @Sendable (Database) throws(DatabaseError) -> R,
        done: @escaping @Sendable (Result<R, PortError>) -> Void
    ) {
        pool.submit { [self] in
            do throws(DatabaseError) {
                guard let answer = try gate.read(body) else { return done(.failure(.unavailable)) }
                done(.success(answer))
            } catch {
                done(.failure(error.isCorruption ? .corrupt(error.description) : .unavailable))
            }
        }
    }
}

/// What the engine asks of the world; tests bring their own.
package struct EngineEnvironment: Sendable {
    package var now: @Sendable () -> Now
    /// Free bytes of the data folder's file system; nil: not known.
    package var freeBytes: @Sendable (String) -> UInt64?
    package var random: @Sendable () -> UInt64
    /// Names this run of the kernel; empty: not known.
    package var bootID: String
    package var faults: FaultInjector
    /// The first wait before the database is opened again, doubled up to 64 times.
    package var retryMilliseconds: Int64

    package init() {
        now = { Now(wall: milliseconds(CLOCK_REALTIME), monotonic: milliseconds(CLOCK_MONOTONIC)) }
        freeBytes = freeBytesOfFileSystem
        random = { UInt64.random(in: .min ... .max) }
        bootID = readSmallFile("/proc/sys/kernel/random/boot_id")
        faults = FaultInjector()
        retryMilliseconds = 100
    }
}

private func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

private func freeBytesOfFileSystem(_ folder: String) -> UInt64? {
    var status = statvfs()
    guard unsafe statvfs(folder, &status) == 0 else { return nil }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize)
}

private func readSmallFile(_ path: String) -> String {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = unsafe read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count, 0)).filter { $0 > 0x20 }, as: UTF8.self)
}
