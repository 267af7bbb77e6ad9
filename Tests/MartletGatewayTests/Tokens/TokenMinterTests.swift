import MartletCore
import Testing

@testable import MartletGateway

@Suite struct TokenMinterTests {
    private let secret = Array("a development secret of no strength!".utf8)

    @Test func whatIsMintedIsVerified() throws {
        let claims = TokenClaims(
            user: try #require(Key("Äléa \"☂\" \\ 雨燕")), device: DeviceID("tab \"1\""), tier: .paid,
            scope: ["send", "service"], expiresAt: 2_000_000_000, notBefore: 5, issuedAt: 6, tokenID: "a\u{1}\tb",
            issuer: "issuer", audience: ["one", "two"])
        let token = try TokenMinter(secret: secret, keyID: "k").mint(claims)
        let verifier = try TokenVerifier(secret: secret, keyID: "k")
        #expect(verifier.verify(token, now: 1_900_000_000) == .success(claims))
    }

    @Test func theFormatStands() throws {
        let claims = TokenClaims(user: try #require(Key("alice")), expiresAt: 1_800_003_600)
        let token = try TokenMinter(secret: GoldenToken.key("secret")).mint(claims)
        let parts = token.split(separator: ".").map { Base64URL.decode(Array($0.utf8)[...]) ?? [] }
        #expect(String(decoding: parts[0], as: UTF8.self) == #"{"alg":"HS256","typ":"JWT"}"#)
        #expect(String(decoding: parts[1], as: UTF8.self) == #"{"sub":"alice","tier":"free","exp":1800003600}"#)
    }

    @Test(arguments: [
        ("", TokenKeyError.emptySecret), ("secret", .defaultSecret), ("Secret123", .defaultSecret),
        ("secretsecretsecretsecretsecretsecretsecret", .defaultSecret),
        ("change-me-change-me-change-me-change-me", .defaultSecret),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", .defaultSecret),
        ("8f1c7e29b4d05a6", .shortSecret), ("8f1c7e29b4d05a638f1c7e29b4d05a6", .shortSecret),
    ])
    func guessedSecretsAreRefused(text: String, error: TokenKeyError) {
        #expect(throws: error) { try TokenVerifier(secret: Array(text.utf8)) }
        #expect(throws: error) { try TokenMinter(secret: Array(text.utf8)) }
    }

    @Test func thirtyTwoBytesAreEnough() throws {
        #expect(throws: Never.self) { try TokenVerifier(secret: Array("8f1c7e29b4d05a638f1c7e29b4d05a63".utf8)) }
        #expect(throws: Never.self) { try TokenVerifier(secret: Array(0..<32)) }
    }

    @Test func developmentTakesAnySecretButNone() throws {
        #expect(throws: Never.self) { try TokenVerifier(secret: [7], requireStrongSecret: false) }
        #expect(throws: TokenKeyError.emptySecret) { try TokenVerifier(secret: [], requireStrongSecret: false) }
    }

    @Test func reasonsNameTheFault() {
        #expect(TokenKeyError.shortSecret.reason == "the token secret is shorter than 32 bytes")
    }
}
