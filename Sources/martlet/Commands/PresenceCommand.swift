import FoundationEssentials
import MartletCommand
import MartletCore

/// `martlet presence USER…`: who is online, and on what that rests.
enum PresenceCommand {
    static let declaration = Command(
        "presence", "tells who is online, where, and on what evidence",
        discussion: """
            Any node answers for every user of the cluster. Where the evidence is stale, or the store is away, the \
            answer is `unknown`. The admin API and its token are named as for `martlet cluster`.
            """,
        options: AdminOptions.all, arguments: "USER…",
        examples: [.init("martlet presence alice bob", "two users, with one request")]
    ) { invocation in
        let users = try users(invocation)
        let body = try JSONEncoder().encode(["users": users])
        let asked = try AdminOptions.client(invocation)
            .post("/admin/v1/presence", body: Array(body), as: UsersAnswer.self)
        if invocation[AdminOptions.json] {
            Console.print(asked.json, terminator: "")
        } else {
            Console.print(asked.value.users.map(\.text).joined(separator: "\n"))
        }
        return .success
    }

    private static func users(_ invocation: Invocation) throws(UsageError) -> [String] {
        guard !invocation.arguments.isEmpty else { throw UsageError("Whose presence?", path: invocation.path) }
        for name in invocation.arguments where Key(name) == nil {
            throw UsageError("`\(name)` is not the id of a user.", path: invocation.path)
        }
        return invocation.arguments
    }
}
