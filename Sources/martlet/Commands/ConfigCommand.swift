import MartletCommand
import MartletConfiguration
import MartletGateway
import MartletKafka

/// `martlet config`: what a process would be configured with.
enum ConfigCommand {
    enum Process: String, CaseIterable, Sendable {
        case gateway, coordinator, setup = "cluster-init", log = "log-cat"

        var users: SettingUsers {
            switch self {
            case .gateway: .gateway
            case .coordinator: .coordinator
            case .setup: .setup
            case .log: .log
            }
        }
    }

    static let process = Option.choice(
        "for", default: Process.gateway, unit: "PROCESS", help: "The process whose settings are meant.")

    static let declaration = Command(
        "config", "checks a configuration, and explains the settings", subcommands: [check, reference])

    private static let check = Command(
        "check", "prints every setting with its value and source, and all that is wrong",
        discussion: """
            Looks at the file, the environment and the options as the process itself would, opens the files with \
            secrets and certificates, and starts nothing. Secrets are masked. Ends with 0 if the process could start, else with 78.
            """,
        options: [process] + ConfigurationLoader.options(for: .all),
        examples: [
            .init("martlet config check --config martlet.yaml", "what a gateway would run with"),
            .init("martlet config check --for coordinator --config martlet.yaml", "what a coordinator would"),
        ]
    ) { invocation in
        let configuration = try ConfigurationLoader.read(invocation)
        let users = invocation[process].users
        Console.print(EffectiveText(configuration, for: users).text, terminator: "")
        let (problems, warnings) = configuration.check(for: users)
        for warning in warnings { Console.error("warning: \(warning)") }
        guard problems.isEmpty else { throw ConfigurationLoader.failure(problems) }
        if users != .coordinator { try kafka(configuration) }
        if invocation[process] == .gateway { try GatewayConfiguration.check(configuration) }
        return .success
    }

    /// What librdkafka says of its settings, and of the files that they name.
    private static func kafka(_ configuration: Configuration) throws {
        do {
            try KafkaConfiguration(configuration).check()
        } catch let error as ConfigurationError {
            throw ConfigurationLoader.failure(error.problems)
        } catch let error as KafkaError {
            throw CommandFailure(error)
        }
    }

    private static let reference = Command(
        "reference", "prints the reference page of all settings, in Markdown",
        examples: [.init("martlet config reference > Docs/Configuration.md", "as `make reference` does")]
    ) { _ in
        Console.print(ReferencePage.text, terminator: "")
        return .success
    }
}
