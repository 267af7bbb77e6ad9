/// The first part of a token, read as data before anything is believed.
struct TokenHeader {
    let algorithm: TokenAlgorithm
    let keyID: String?

    init(_ token: [UInt8], maxBytes: Int) throws(TokenError) {
        guard !token.isEmpty else { throw .missing }
        guard token.count <= maxBytes else { throw .tooLong }
        let json = try TokenHeader.json(of: token)
        guard !json.has("crit") else { throw .criticalHeader }
        algorithm = try TokenHeader.algorithm(of: json)
        keyID = try TokenHeader.keyID(of: json)
    }

    private static func json(of token: [UInt8]) throws(TokenError) -> TokenJSON {
        let parts = token.split(separator: UInt8(ascii: "."), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty,
            let header = Base64URL.decode(parts[0]), Base64URL.decode(parts[1]) != nil,
            Base64URL.decode(parts[2]) != nil, let json = TokenJSON(header)
        else { throw .malformed }
        return json
    }

    private static func algorithm(of json: TokenJSON) throws(TokenError) -> TokenAlgorithm {
        switch json.string("alg") {
        case .value(let name):
            guard let algorithm = TokenAlgorithm(rawValue: name) else { throw .unsupportedAlgorithm }
            return algorithm
        case .absent, .wrongType: throw .malformed
        }
    }

    private static func keyID(of json: TokenJSON) throws(TokenError) -> String? {
        switch json.string("kid") {
        case .value(let id): id
        case .absent: nil
        case .wrongType: throw .malformed
        }
    }
}
