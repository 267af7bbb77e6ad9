import MartletCore

/// Writes claims as JSON.
enum TokenPayload {
    static func json(_ claims: TokenClaims) -> [UInt8] {
        let fields: [(name: TokenError.Claim, value: String?)] = [
            (.sub, string(claims.user.description)), (.device, (claims.device?.description).map(string)),
            (.tier, string(claims.tier.rawValue)),
            (.scope, claims.scope.isEmpty ? nil : string(claims.scope.joined(separator: " "))),
            (.exp, claims.expiresAt.map { "\($0)" }), (.nbf, claims.notBefore.map { "\($0)" }),
            (.iat, claims.issuedAt.map { "\($0)" }), (.jti, claims.tokenID.map(string)),
            (.iss, claims.issuer.map(string)), (.aud, audience(claims.audience)),
        ]
        let members = fields.compactMap { field in field.value.map { "\"\(field.name.rawValue)\":\($0)" } }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    private static func audience(_ audience: [String]) -> String? {
        switch audience.count {
        case 0: nil
        case 1: string(audience[0])
        default: "[\(audience.map(string).joined(separator: ","))]"
        }
    }

    private static func string(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\0"..." ": quoted += "\\u00" + hex(scalar.value / 16) + hex(scalar.value % 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func hex(_ digit: UInt32) -> String { String(digit, radix: 16) }
}
