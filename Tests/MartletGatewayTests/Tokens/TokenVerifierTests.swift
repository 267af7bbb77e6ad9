import MartletCore
import Testing

@testable import MartletGateway

private let secret = GoldenToken.key("secret")
private let now = GoldenToken.now

private func outcome(_ result: Result<TokenClaims, TokenError>) -> String {
    switch result {
    case .success: "ok"
    case .failure(let error): error.reason
    }
}

private func claims(_ token: String, _ policy: TokenPolicy = TokenPolicy(), keyID: String? = nil) throws -> TokenClaims
{
    try TokenVerifier(secret: secret, keyID: keyID, policy: policy).verify(token, now: now).get()
}

private func golden(_ what: String) throws -> String { try #require(GoldenToken.named(what)).token }

@Suite struct TokenVerifierTests {
    @Test func goldenTokensAreThere() { #expect(GoldenToken.all.count > 80) }

    @Test(arguments: GoldenToken.all.filter { !$0.outcome.contains(":") })
    func goldenTokens(row: GoldenToken) throws {
        let verifier = try TokenVerifier(secret: secret)
        #expect(outcome(verifier.verify(row.token, now: now)) == row.outcome)
    }

    /// The verifier holds an RSA public key, which an attacker knows too.
    @Test(arguments: GoldenToken.all.filter { $0.outcome.hasPrefix("rsa:") })
    func confusionOfHMACAndRSA(row: GoldenToken) throws {
        let key = try TokenKey(jwk: GoldenToken.key("rsa"), algorithm: .rs256, id: nil)
        let verifier = TokenVerifier(keys: [key], policy: TokenPolicy())
        #expect("rsa:" + outcome(verifier.verify(row.token, now: now)) == row.outcome)
    }

    @Test func aKeyServesOneAlgorithm() throws {
        let rsa = GoldenToken.key("rsa")
        #expect(throws: TokenKeyError.unusable) { try TokenKey(jwk: rsa, algorithm: .hs256, id: nil) }
        #expect(throws: TokenKeyError.unusable) { try TokenKey(jwk: rsa, algorithm: .es256, id: nil) }
        #expect(throws: TokenKeyError.unusable) { try TokenKey(jwk: Array("{}".utf8), algorithm: .rs256, id: nil) }
        #expect(throws: TokenKeyError.unusable) { try TokenKey(jwk: [], algorithm: .rs256, id: nil) }
        let verifier = TokenVerifier(
            keys: [try TokenKey(jwk: rsa, algorithm: .ps256, id: nil)], policy: TokenPolicy())
        #expect(verifier.verify(try golden("RS256"), now: now) == .failure(.unsupportedAlgorithm))
    }

    @Test func everyClaimIsRead() throws {
        let claims = try claims(try golden("every claim"))
        #expect(claims.user == Key("alice"))
        #expect(claims.device == DeviceID("tab-1"))
        #expect(claims.tier == .paid)
        #expect(claims.scope == ["send", "service"])
        #expect(claims.expiresAt == now + 3600)
        #expect(claims.notBefore == now - 5)
        #expect(claims.issuedAt == now - 10)
        #expect(claims.tokenID == "t1")
        #expect(claims.issuer == "issuer")
        #expect(claims.audience == ["martlet", "other"])
    }

    @Test func absentClaimsHaveDefaults() throws {
        #expect(try claims(try golden("plain")) == TokenClaims(user: #require(Key("alice")), expiresAt: now + 3600))
        #expect(try claims(try golden("fraction of a second")).expiresAt == now + 60)
        #expect(try claims(try golden("one audience")).audience == ["martlet"])
    }

    @Test func audienceAndIssuerAreCheckedWhereConfigured() throws {
        let whole = try golden("every claim")
        let plain = try golden("plain")
        #expect(throws: Never.self) { try claims(whole, TokenPolicy(issuer: "issuer", audience: "martlet")) }
        #expect(throws: Never.self) { try claims(golden("one audience"), TokenPolicy(audience: "martlet")) }
        #expect(throws: TokenError.wrongAudience) { try claims(whole, TokenPolicy(audience: "elsewhere")) }
        #expect(throws: TokenError.wrongAudience) { try claims(plain, TokenPolicy(audience: "martlet")) }
        #expect(throws: TokenError.wrongIssuer) { try claims(whole, TokenPolicy(issuer: "other")) }
        #expect(throws: TokenError.wrongIssuer) { try claims(plain, TokenPolicy(issuer: "issuer")) }
    }

    @Test func leewayIsForNotBeforeOnly() throws {
        var strict = TokenPolicy()
        strict.notBeforeLeewaySeconds = 0
        let early = try golden("not before within the leeway")
        #expect(throws: TokenError.notYetValid) { try claims(early, strict) }
        var generous = TokenPolicy()
        generous.notBeforeLeewaySeconds = .max
        #expect(throws: Never.self) { try claims(early, generous) }
        #expect(throws: TokenError.expired) { try claims(golden("expires now"), generous) }
    }

    @Test func tokensWithoutEndAreForPoliciesThatAllowThem() throws {
        var policy = TokenPolicy()
        policy.requiresExpiry = false
        #expect(try claims(try golden("never expires"), policy).expiresAt == nil)
    }

    @Test func aForeignKeyIDIsRefused() throws {
        let minter = try TokenMinter(secret: secret, keyID: "k2")
        let token = minter.mint(TokenClaims(user: try #require(Key("alice")), expiresAt: now + 1))
        #expect(throws: Never.self) { try claims(token, keyID: "k2") }
        #expect(throws: TokenError.unknownKey) { try claims(token, keyID: "k1") }
        #expect(throws: Never.self) { try claims(golden("plain"), keyID: "k1") }
    }

    @Test func ofSeveralKeysTheNamedOneIsUsed() throws {
        let other = Array("another secret of thirty-two bytes or so".utf8)
        let keys = [
            try TokenKey(secret: secret, id: "k1", requireStrong: true),
            try TokenKey(secret: other, id: "k2", requireStrong: true),
        ]
        let verifier = TokenVerifier(keys: keys, policy: TokenPolicy())
        let claims = TokenClaims(user: try #require(Key("alice")), expiresAt: now + 1)
        #expect(verifier.verify(try TokenMinter(secret: other, keyID: "k2").mint(claims), now: now) == .success(claims))
        #expect(
            verifier.verify(try TokenMinter(secret: other, keyID: "k1").mint(claims), now: now)
                == .failure(.badSignature))
        #expect(verifier.verify(try TokenMinter(secret: other).mint(claims), now: now) == .failure(.unknownKey))
    }

    @Test func anExpiredForgeryIsAForgery() throws {
        let other = try TokenMinter(secret: Array("another secret of thirty-two bytes or so".utf8))
        let token = other.mint(TokenClaims(user: try #require(Key("alice")), expiresAt: 1))
        #expect(throws: TokenError.badSignature) { try claims(token) }
    }

    @Test func reasonsNeverHoldTheToken() {
        let reasons = GoldenToken.all.map(\.outcome)
        #expect(!GoldenToken.all.contains { row in row.token.count > 8 && reasons.contains { $0.contains(row.token) } })
    }

    /// Flips, cuts, doubles and replaces bytes of golden tokens, with a fixed seed: an answer each time, never "ok".
    @Test func mutatedTokensAreRefused() throws {
        let verifier = try TokenVerifier(secret: secret)
        let bases = try ["plain", "every claim", "unknown claims"].map { Array(try golden($0).utf8) }
        var random = SplitMix(state: 7)
        var accepted = 0
        for _ in 0..<20_000 {
            let base = bases[Int(random.next() % UInt64(bases.count))]
            let mutant = random.mutate(base)
            if case .success = verifier.verify(mutant, now: now), mutant != base { accepted += 1 }
        }
        #expect(accepted == 0)
    }

    @Test func noiseIsRefused() throws {
        let verifier = try TokenVerifier(secret: secret)
        var random = SplitMix(state: 11)
        for length in 0..<300 {
            let noise = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(throws: TokenError.self) { try verifier.verify(noise, now: now).get() }
        }
    }
}

/// A small reproducible generator.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func mutate(_ base: [UInt8]) -> [UInt8] {
        var bytes = base
        for _ in 0...Int(next() % 3) where !bytes.isEmpty {
            let index = Int(next() % UInt64(bytes.count))
            switch next() % 5 {
            case 0: bytes[index] ^= 1 << UInt8(next() % 8)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(UInt8(truncatingIfNeeded: next()), at: index)
            case 3: bytes.removeLast(bytes.count - index)
            default: bytes[index] = Array(".-_=Aa0z".utf8)[Int(next() % 8)]
            }
        }
        return bytes
    }
}
