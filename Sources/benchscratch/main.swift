import MartletBench
let a = CommandLine.arguments
var options = BenchOptions(kind: .relay, endpoints: [.init(host: "127.0.0.1", port: UInt16(a[1])!)]) { _ in "" }
options.server = .floor
options.processID = Int32(a[2])!
options.users = Int(a[3])!
options.seconds = Int(a[4])!
options.progress = { print($0) }
if a.count > 5 { options.rate = Int(a[5])! }
let report = try runBench(options)
print(report.table)
print(report.json)
