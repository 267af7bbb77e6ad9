import MartletCore

extension TokenClaims {
    /// Reads what a verified token signs. Claims that are not known are skipped.
    init(_ payload: [UInt8]) throws(TokenError) {
        guard let json = TokenJSON(payload) else { throw .malformedClaims }
        // Reserved: it will be part of the key, and a node that ignored it would open another user's mailbox.
        guard !json.has(TokenError.Claim.tenant.rawValue) else { throw .invalidClaim(.tenant) }
        self.init(user: try TokenClaims.user(json))
        device = try TokenClaims.device(json)
        tier = try TokenClaims.tier(json)
        scope = try json.optional(.scope, json.string)?.split(separator: " ").map(String.init) ?? []
        expiresAt = try json.optional(.exp, json.seconds)
        notBefore = try json.optional(.nbf, json.seconds)
        issuedAt = try json.optional(.iat, json.seconds)
        tokenID = try json.optional(.jti, json.string)
        issuer = try json.optional(.iss, json.string)
        audience = try json.optional(.aud, json.strings) ?? []
    }

    private static func user(_ json: TokenJSON) throws(TokenError) -> Key {
        guard let text = try json.optional(.sub, json.string) else { throw .missingClaim(.sub) }
        guard let user = Key(text), !user.isReserved else { throw .invalidClaim(.sub) }
        return user
    }

    private static func device(_ json: TokenJSON) throws(TokenError) -> DeviceID? {
        guard let text = try json.optional(.device, json.string) else { return nil }
        guard let device = DeviceID(text) else { throw .invalidClaim(.device) }
        return device
    }

    private static func tier(_ json: TokenJSON) throws(TokenError) -> Tier {
        guard let text = try json.optional(.tier, json.string) else { return .free }
        guard let tier = Tier(rawValue: text) else { throw .invalidClaim(.tier) }
        return tier
    }
}

extension TokenJSON {
    /// The claim, nil if the token has none; a claim of a wrong type is an error and never "none".
    fileprivate func optional<Value>(
        _ claim: TokenError.Claim, _ read: (String) -> Field<Value>
    ) throws(TokenError) -> Value? {
        switch read(claim.rawValue) {
        case .absent: nil
        case .value(let value): value
        case .wrongType: throw .invalidClaim(claim)
        }
    }
}
