import MartletCommand
import Testing

@Suite struct HelpTextTests {
    @Test func helpTellsEverythingThatIsDeclared() {
        let command = Command(
            "greet", "greets somebody", discussion: "First a line that is\n  indented, which stays.",
            options: [
                Option.required("user", unit: "NAME", help: "Whom."),
                Option.integer("times", in: 1...9, default: 2, help: "How often."),
                Option.flag("loud", help: "Louder."),
            ], arguments: "[WORD]…", examples: [.init("tool greet --user bob", "greets bob")]
        ) { _ in .success }
        #expect(
            HelpText(command, path: ["tool", "greet"]).text == """
                tool greet: greets somebody

                USAGE
                  tool greet --user NAME [OPTIONS] [WORD]…

                First a line that is
                  indented, which stays.

                OPTIONS
                  --user NAME  Whom. (required)
                  --times N    How often. (a whole number from 1 to 9; default 2)
                  --loud       Louder.

                EXAMPLES
                  tool greet --user bob
                      greets bob

                """)
    }

    @Test func groupsListTheirCommands() {
        let group = Command(
            "tool", "a tool",
            subcommands: [
                Command("run", "runs") { _ in .success }, Command("simulate", "simulates") { _ in .success },
            ])
        #expect(
            HelpText(group, path: ["tool"]).text == """
                tool: a tool

                USAGE
                  tool COMMAND

                COMMANDS
                  run       runs
                  simulate  simulates

                `tool COMMAND --help` tells more about a command.

                """)
    }

    @Test func longHelpIsWrappedUnderItself() {
        let words = Array(repeating: "word", count: 40).joined(separator: " ")
        let command = Command("x", "y", options: [Option.flag("long", help: words)]) { _ in .success }
        let lines = HelpText(command, path: ["x"]).text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 96 })
        #expect(lines.filter { $0.hasPrefix("          word") }.count == 2)
    }
}
