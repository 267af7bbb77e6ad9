import CJose
import _StringProcessing

/// A key, the one algorithm that it may be used with, and its name.
///
/// That a key belongs to an algorithm, and not to whatever a token's header asks for, is what refuses a token that is
/// signed by HMAC with an RSA public key. Not `Sendable`: cjose counts references without a lock.
/// `@safe`: the key is released when nobody can use it any more.
@safe final class TokenKey {
    static let minimumSecretBytes = 32

    let algorithm: TokenAlgorithm
    /// What a token's `kid` must be, if it has one; nil: any.
    let id: String?
    /// Owned; released with this object.
    let jwk: OpaquePointer

    /// An HMAC secret. `requireStrong` refuses secrets that are guessed.
    init(secret: [UInt8], id: String?, requireStrong: Bool) throws(TokenKeyError) {
        guard !secret.isEmpty else { throw .emptySecret }
        if requireStrong { try TokenKey.checkStrength(of: secret) }
        guard let jwk = unsafe cjose_jwk_create_oct_spec(secret, secret.count, nil) else { throw .unusable }
        unsafe self.jwk = unsafe jwk
        self.algorithm = .hs256
        self.id = id
    }

    /// One JSON Web Key, such as one member of a key set.
    init(jwk json: [UInt8], algorithm: TokenAlgorithm, id: String?) throws(TokenKeyError) {
        let text = json.map { CChar(bitPattern: $0) }
        guard let jwk = unsafe cjose_jwk_import(text, text.count, nil) else { throw .unusable }
        guard unsafe cjose_jwk_get_kty(jwk, nil) == algorithm.keyType else {
            _ = unsafe cjose_jwk_release(jwk)
            throw .unusable
        }
        unsafe self.jwk = unsafe jwk
        self.algorithm = algorithm
        self.id = id
    }

    deinit { _ = unsafe cjose_jwk_release(jwk) }

    private static let exampleWords = [
        "secret", "changeme", "change-me", "password", "example", "default", "development",
    ]

    static func checkStrength(of secret: [UInt8]) throws(TokenKeyError) {
        let text = String(decoding: secret, as: UTF8.self).lowercased()
        // "secretsecretsecretsecretsecretsecret" has the length and nothing else.
        let rest = exampleWords.reduce(text) { $0.replacing($1, with: "") }
        let isExample = rest != text && !rest.contains { $0.isLetter }
        if isExample || Set(secret).count < 4 { throw .defaultSecret }
        guard secret.count >= minimumSecretBytes else { throw .shortSecret }
    }
}

extension TokenAlgorithm {
    fileprivate var keyType: cjose_jwk_kty_t {
        switch self {
        case .hs256: CJOSE_JWK_KTY_OCT
        case .es256: CJOSE_JWK_KTY_EC
        case .rs256, .ps256: CJOSE_JWK_KTY_RSA
        }
    }
}
