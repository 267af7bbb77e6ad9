public import MartletCore

/// What a verified token says. Times are seconds since 1970.
public struct TokenClaims: Equatable, Sendable {
    /// `sub`: whose token it is.
    public var user: Key
    /// `device`: the only device that may use it; nil: any.
    public var device: DeviceID?
    public var tier: Tier
    /// `scope`: words with spaces between them (RFC 8693, section 4.2).
    public var scope: [String]
    /// `exp`: the session closes after it, unless it was renewed; nil: never.
    public var expiresAt: Int64?
    /// `nbf`
    public var notBefore: Int64?
    /// `iat`: revocation of "all before" goes by it.
    public var issuedAt: Int64?
    /// `jti`: revocation of one token goes by it.
    public var tokenID: String?
    public var issuer: String?
    /// `aud`, one or several.
    public var audience: [String]

    public init(
        user: Key, device: DeviceID? = nil, tier: Tier = .free, scope: [String] = [], expiresAt: Int64? = nil,
        notBefore: Int64? = nil, issuedAt: Int64? = nil, tokenID: String? = nil, issuer: String? = nil,
        audience: [String] = []
    ) {
        self.user = user
        self.device = device
        self.tier = tier
        self.scope = scope
        self.expiresAt = expiresAt
        self.notBefore = notBefore
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.issuer = issuer
        self.audience = audience
    }
}
