/// Says how many messages are due, at an even rate from its start.
struct Pacer {
    /// A second; nil: not paced.
    private let rate: Double?
    private var start: UInt64 = 0
    private var issued = 0
    private var user = 0

    init(rate: Double?) { self.rate = rate }

    var isPaced: Bool { rate != nil }

    mutating func start(_ time: UInt64) {
        start = time
        issued = 0
    }

    /// Those that became due since the last call.
    mutating func due(_ time: UInt64) -> Int {
        guard let rate else { return 0 }
        let all = Int(Double(time - start) / 1e9 * rate)
        defer { issued = max(issued, all) }
        return max(0, all - issued)
    }

    mutating func nextUser(of count: Int) -> Int {
        user = user + 1 < count ? user + 1 : 0
        return user
    }
}
