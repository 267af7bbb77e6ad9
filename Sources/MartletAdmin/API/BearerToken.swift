/// The secret that the admin API asks for.
struct BearerToken: Sendable {
    private static let scheme = "bearer "
    private let expected: [UInt8]

    init(_ token: String) { expected = Array(token.utf8) }

    /// Whether an `Authorization` header holds it. The scheme's case does not matter (RFC 9110, section 11.1).
    func matches(_ header: String?) -> Bool {
        guard let header, header.lowercased().hasPrefix(BearerToken.scheme) else { return false }
        return matches(Array(header.utf8.dropFirst(BearerToken.scheme.utf8.count)))
    }

    /// Takes a time that depends on what was given, never on how much of it is right.
    private func matches(_ given: [UInt8]) -> Bool {
        var difference = given.count ^ expected.count
        for index in given.indices { difference |= Int(given[index] ^ expected[index % expected.count]) }
        return difference == 0
    }
}
