import Glibc
import MartletCommand
import MartletCore
import MartletGateway

/// `martlet token`: makes a development token.
enum TokenCommand {
    static let user = Option.required("user", unit: "NAME", help: "Whose token it is.")
    static let device = Option.optional("device", unit: "NAME", help: "The only device that may use it.")
    static let tier = Option.choice("tier", default: Tier.free, unit: "TIER", help: "Which rate limits apply.")
    static let scope = Option.optional("scope", unit: "WORDS", help: "Scopes, with spaces between them.")
    static let expires = Option.duration(
        "expires", in: 1000...(10 * 365 * 86_400_000), default: 86_400_000, help: "How long it is good for.")
    static let secret = Option.optional(
        "secret", unit: "TEXT",
        help: "What signs it; without it, the secret that `martlet dev` keeps in the data folder.")
    static let data = Option.text("data", default: "Data", unit: "FOLDER", help: "The data folder of `martlet dev`.")

    static let declaration = Command(
        "token", "makes a development token",
        discussion: """
            Prints a JSON Web Token, signed with HS256, that the gateways of `martlet dev` take. In production an \
            identity provider makes the tokens, and no secret of theirs is here.
            """,
        options: [user, device, tier, scope, expires, secret, data],
        examples: [
            .init("martlet token --user alice", "for the cluster whose data is in ./Data"),
            .init("martlet token --user bob --tier paid --expires 1h", "an hour with a paying user's limits"),
        ],
        run: run)

    private static func run(_ invocation: Invocation) throws -> ExitCode {
        let claims = try claims(invocation)
        let secret = try secretBytes(invocation)
        do {
            Console.print(try TokenMinter(secret: secret, requireStrongSecret: false).mint(claims))
            return .success
        } catch {
            throw CommandFailure(error.reason)
        }
    }

    private static func claims(_ invocation: Invocation) throws(UsageError) -> TokenClaims {
        let now = Int64(time(nil))
        var claims = TokenClaims(
            user: try user(invocation), tier: invocation[tier], expiresAt: now + invocation[expires] / 1000,
            issuedAt: now)
        claims.scope = invocation[scope]?.split(separator: " ").map(String.init) ?? []
        claims.device = try device(invocation)
        return claims
    }

    private static func user(_ invocation: Invocation) throws(UsageError) -> Key {
        let name = invocation[user]
        guard let key = Key(name), !key.isReserved else {
            throw UsageError(
                "`--user \(name)`: expected 1 to \(Key.maxBytes) bytes without control characters and `/`, and not "
                    + "`martlet:…`.", path: invocation.path)
        }
        return key
    }

    private static func device(_ invocation: Invocation) throws(UsageError) -> DeviceID? {
        guard let name = invocation[device] else { return nil }
        guard let id = DeviceID(name) else {
            throw UsageError(
                "`--device \(name)`: expected 1 to \(DeviceID.maxBytes) bytes without control characters and `/`.",
                path: invocation.path)
        }
        return id
    }

    private static func secretBytes(_ invocation: Invocation) throws(CommandFailure) -> [UInt8] {
        if let text = invocation[secret] { return Array(text.utf8) }
        let folder = invocation[data]
        guard let secret = DevelopmentSecret.load(from: folder) else {
            throw CommandFailure(
                "there is no \(DevelopmentSecret.path(in: folder)): start `martlet dev` first, or give --secret")
        }
        return secret
    }
}
