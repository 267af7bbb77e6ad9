// What the engine's tests and measurements need a process of their own for.
//   EmbeddedHarness write FOLDER          writes until it is killed; prints what was completed
//   EmbeddedHarness bench FOLDER SECONDS [fsync]
import Glibc
import MartletCore
import MartletEmbedded

let arguments = CommandLine.arguments

func fail(_ message: String) -> Never {
    print(message)
    exit(1)
}

func openEngine(_ folder: String, fsync: Bool = false, slots: Int = 8) -> EmbeddedEngine {
    var configuration = EmbeddedConfiguration(folder: folder, slotCount: slots)
    configuration.fsync = fsync
    configuration.minimumFreeBytes = 0
    do throws(EmbeddedError) {
        return try EmbeddedEngine.open(configuration)
    } catch {
        fail("\(error)")
    }
}

guard arguments.count >= 3 else { fail("usage: EmbeddedHarness write|bench FOLDER …") }
switch arguments[1] {
case "write": CompletedWrites(openEngine(arguments[2])).run()
case "bench":
    let fsync = arguments.contains("fsync")
    let seconds = arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5
    Bench(openEngine(arguments[2], fsync: fsync, slots: 64)).run(seconds: seconds)
default: fail("no such mode: \(arguments[1])")
}
