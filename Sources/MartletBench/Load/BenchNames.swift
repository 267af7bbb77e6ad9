internal import MartletCore

/// The users' keys. Each run has its own, so that no mailbox of an earlier one is in its way.
struct BenchNames: Sendable {
    let prefix: String

    func key(_ number: Int) -> Key { Key(trusted: Array(text(number).utf8)) }
    func text(_ number: Int) -> String { "\(prefix)\(number)" }
}
