// What the engine's tests and measurements need a process of their own for.
//   EmbeddedHarness write FOLDER          writes until it is killed; prints what was completed
//   EmbeddedHarness bench FOLDER SECONDS [fsync]
//   EmbeddedHarness count FOLDER MESSAGES [MEMTABLE-MIB]   a fixed amount of work, for counting instructions
import Glibc
import MartletCore
import MartletEmbedded

let arguments = CommandLine.arguments

func fail(_ message: String) -> Never {
    print(message)
    exit(1)
}

func openEngine(
    _ folder: String, fsync: Bool = false, slots: Int = 8, housekeeping: Int64? = nil, memtables: Int? = nil
) -> EmbeddedEngine {
    var configuration = EmbeddedConfiguration(folder: folder, slotCount: slots)
    configuration.fsync = fsync
    configuration.minimumFreeBytes = 0
    if let memtables { configuration.memtableBytes = memtables << 20 }
    if let housekeeping { configuration.housekeepingMilliseconds = housekeeping }
    do throws(EmbeddedError) {
        return try EmbeddedEngine.open(configuration)
    } catch {
        fail("\(error)")
    }
}

guard arguments.count >= 3 else { fail("usage: EmbeddedHarness write|bench|count FOLDER …") }
switch arguments[1] {
case "write": CompletedWrites(openEngine(arguments[2])).run()
case "bench":
    let fsync = arguments.contains("fsync")
    let seconds = arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5
    Bench(openEngine(arguments[2], fsync: fsync, slots: 64)).run(seconds: seconds)
case "count":
    let messages = arguments.count > 3 ? Int(arguments[3]) ?? 3_200 : 3_200
    let memtables = arguments.count > 4 ? Int(arguments[4]) : nil
    Count(openEngine(arguments[2], slots: 64, housekeeping: 1 << 40, memtables: memtables)).run(messages: messages)
default: fail("no such mode: \(arguments[1])")
}
