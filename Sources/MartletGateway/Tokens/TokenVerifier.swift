import MartletCore

/// What a token must satisfy besides its signature.
public struct TokenPolicy: Sendable, Equatable {
    /// `iss` must be this; nil: not looked at.
    public var issuer: String?
    /// `aud` must hold this; nil: not looked at.
    public var audience: String?
    /// Refuses tokens that never expire.
    public var requiresExpiry = true
    /// How far `nbf` may lie ahead, for clocks that differ. `exp` has no leeway: sessions have a grace of their own.
    public var notBeforeLeewaySeconds: Int64 = 30
    public var maxTokenBytes = Limits().maxTokenBytes

    public init(issuer: String? = nil, audience: String? = nil) {
        self.issuer = issuer
        self.audience = audience
    }
}

/// Verifies JSON Web Tokens (RFC 7519, with the advice of RFC 8725).
///
/// The order is the point: limits and structure; then the header's `alg`, read as data, against the keys that are
/// configured; then the signature; only then a claim. Key headers (`jku`, `x5u`, `jwk`, `x5c`) are never looked at.
///
/// Not `Sendable`: each loop makes one of its own.
public final class TokenVerifier {
    private let keys: [TokenKey]
    private let policy: TokenPolicy

    /// Verifies HS256 with one secret. `requireStrongSecret` is off in `dev` only.
    public convenience init(
        secret: [UInt8], keyID: String? = nil, policy: TokenPolicy = TokenPolicy(), requireStrongSecret: Bool = true
    ) throws(TokenKeyError) {
        let key = try TokenKey(secret: secret, id: keyID, requireStrong: requireStrongSecret)
        self.init(keys: [key], policy: policy)
    }

    /// Where keys of other kinds, from a key set, come in. A `kid` stands once among them.
    init(keys: [TokenKey], policy: TokenPolicy) {
        self.keys = keys
        self.policy = policy
    }

    /// `now` in seconds since 1970.
    public func verify(_ token: String, now: Int64) -> Result<TokenClaims, TokenError> {
        verify(Array(token.utf8), now: now)
    }

    /// `now` in seconds since 1970. Any bytes may come in; no outcome but a `Result` comes out.
    public func verify(_ token: [UInt8], now: Int64) -> Result<TokenClaims, TokenError> {
        Result { () throws(TokenError) in
            let header = try TokenHeader(token, maxBytes: policy.maxTokenBytes)
            let key = try key(for: header)
            let payload = try TokenSignature.verifiedPayload(of: token, by: key)
            let claims = try TokenClaims(payload)
            try check(claims, now: now)
            return claims
        }
    }

    private func key(for header: TokenHeader) throws(TokenError) -> TokenKey {
        let candidates = keys.filter { $0.algorithm == header.algorithm }
        guard !candidates.isEmpty else { throw .unsupportedAlgorithm }
        let named = candidates.filter { $0.id == nil || header.keyID == nil || $0.id == header.keyID }
        // A token without `kid` is for the only key there is, never for one of several.
        guard let key = named.first, named.count == 1 || header.keyID != nil else { throw .unknownKey }
        return key
    }

    private func check(_ claims: TokenClaims, now: Int64) throws(TokenError) {
        if let issuer = policy.issuer, claims.issuer != issuer { throw .wrongIssuer }
        if let audience = policy.audience, !claims.audience.contains(audience) { throw .wrongAudience }
        if policy.requiresExpiry, claims.expiresAt == nil { throw .missingClaim(.exp) }
        if let expiresAt = claims.expiresAt, expiresAt <= now { throw .expired }
        if let notBefore = claims.notBefore, notBefore > now.addingClamped(policy.notBeforeLeewaySeconds) {
            throw .notYetValid
        }
    }
}

extension Int64 {
    fileprivate func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
