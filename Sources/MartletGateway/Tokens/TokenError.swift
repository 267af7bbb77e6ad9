/// Why a token was not taken. Its `reason` is stable, fit for the wire and the log: it never holds a part of the token.
public enum TokenError: Error, Hashable, Sendable {
    /// A claim that is looked at.
    public enum Claim: String, Sendable, CaseIterable {
        case sub, device, tier, scope, exp, nbf, iat, jti, iss, aud, tenant
    }

    case missing
    case tooLong
    /// Not three parts of base64url with a JSON object as header.
    case malformed
    /// The header asks for an extension that must be understood (`crit`).
    case criticalHeader
    /// `none`, one that is not on the list, or one that no configured key is for.
    case unsupportedAlgorithm
    /// The header's `kid` names none of the keys.
    case unknownKey
    case badSignature
    /// The signature is right, and what it signs is not a JSON object.
    case malformedClaims
    case missingClaim(Claim)
    case invalidClaim(Claim)
    case expired
    case notYetValid
    case wrongIssuer
    case wrongAudience

    public var reason: String {
        switch self {
        case .missing: "no token"
        case .tooLong: "token too long"
        case .malformed: "malformed token"
        case .criticalHeader: "token asks for an unknown extension"
        case .unsupportedAlgorithm: "token algorithm not allowed"
        case .unknownKey: "token key not known"
        case .badSignature: "token signature wrong"
        case .malformedClaims: "malformed token claims"
        case .missingClaim(let claim): "token has no \(claim.rawValue)"
        case .invalidClaim(let claim): "token has an invalid \(claim.rawValue)"
        case .expired: "token expired"
        case .notYetValid: "token not yet valid"
        case .wrongIssuer: "token of another issuer"
        case .wrongAudience: "token for another audience"
        }
    }
}

/// Why a key cannot be used to verify or make tokens.
public enum TokenKeyError: Error, Hashable, Sendable {
    case emptySecret
    /// Shorter than 32 bytes: HS256 is no stronger than its key (RFC 7518, section 3.2).
    case shortSecret
    /// One that stands in examples.
    case defaultSecret
    /// Not a JSON Web Key of the kind that its algorithm needs.
    case unusable

    public var reason: String {
        switch self {
        case .emptySecret: "the token secret is empty"
        case .shortSecret: "the token secret is shorter than \(TokenKey.minimumSecretBytes) bytes"
        case .defaultSecret: "the token secret is one that stands in examples"
        case .unusable: "the token key is not usable with its algorithm"
        }
    }
}
