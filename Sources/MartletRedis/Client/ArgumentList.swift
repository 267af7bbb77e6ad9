/// Arguments of a command, one behind the other: two allocations however many there are.
struct ArgumentList: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var lengths: [Int] = []

    init() {}

    init(_ arguments: [String]) {
        for argument in arguments { append(argument) }
    }

    mutating func append(_ argument: [UInt8]) {
        bytes.append(contentsOf: argument)
        lengths.append(argument.count)
    }

    mutating func append(_ argument: String) {
        let before = bytes.count
        bytes.append(contentsOf: argument.utf8)
        lengths.append(bytes.count - before)
    }

    mutating func reserve(bytes count: Int, arguments: Int) {
        bytes.reserveCapacity(count)
        lengths.reserveCapacity(arguments)
    }
}
