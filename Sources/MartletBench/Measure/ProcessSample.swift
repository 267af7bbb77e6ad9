internal import Glibc

/// What the kernel tells about a process (proc(5)).
struct ProcessSample: Sendable {
    /// User and system time, seconds.
    var cpuSeconds: Double
    /// Anonymous memory, bytes.
    var anonymousBytes: Int

    init(_ processID: Int32) throws(BenchError) {
        guard let stat = readText("/proc/\(processID)/stat"), let status = readText("/proc/\(processID)/status"),
            let cpu = ProcessSample.cpuSeconds(stat), let memory = ProcessSample.anonymousBytes(status)
        else { throw BenchError("process \(processID) cannot be looked at") }
        cpuSeconds = cpu
        anonymousBytes = memory
    }

    /// Fields 14 and 15; the name before them is in brackets and may hold anything.
    static func cpuSeconds(_ stat: String) -> Double? {
        guard let end = stat.utf8.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = stat[stat.utf8.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    static func anonymousBytes(_ status: String) -> Int? {
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") }) else { return nil }
        return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }.map {
            $0 * 1024
        }
    }
}

/// A small file's text; nil if it cannot be read.
private func readText(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let count = unsafe read(descriptor, &buffer, buffer.count)
    return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
}
