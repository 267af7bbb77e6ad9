import MartletCommand
import MartletConfiguration

/// `martlet coordinator`: one of those who manage membership.
enum CoordinatorCommand {
    static let declaration = Command(
        "coordinator", "runs one coordinator of a cluster",
        discussion: """
            Two or more may run: one leads, by a lease in Redis, and the others stand by. It watches the gateways and \
            says which owns which slot. A cluster goes on without one; nobody joins then, and nothing moves.

            \(ConfigurationLoader.discussion)
            """,
        options: ConfigurationLoader.options(for: .coordinator) + [InfoFile.option],
        examples: [.init("martlet coordinator --config martlet.yaml", "with everything from a file")]
    ) { invocation in try CoordinatorRunner.run(invocation) }
}
