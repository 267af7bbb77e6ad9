/// `?seconds=` of a pause: a decimal number, more than 0 and at most 600.
enum PauseSeconds {
    private static let longest = 600.0

    static func milliseconds(_ text: String?) throws(AdminError) -> Int64 {
        guard let text, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
            let seconds = Double(text), seconds >= 0.001, seconds <= longest
        else { throw AdminError(.invalid, "`seconds` is a number from 0.001 to \(Int(longest))") }
        return Int64(seconds * 1000)
    }
}
