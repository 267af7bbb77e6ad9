/// Makes tokens signed by HS256, for development and tests; in production an identity provider makes them.
///
/// Not `Sendable`, as `TokenVerifier`.
public final class TokenMinter {
    private let key: TokenKey

    public init(secret: [UInt8], keyID: String? = nil, requireStrongSecret: Bool = true) throws(TokenKeyError) {
        key = try TokenKey(secret: secret, id: keyID, requireStrong: requireStrongSecret)
    }

    public func mint(_ claims: TokenClaims) -> String {
        guard let token = TokenSignature.sign(TokenPayload.json(claims), with: key) else {
            preconditionFailure("cjose refused to sign with a secret that it had taken")
        }
        return String(decoding: token, as: UTF8.self)
    }
}
