import MartletCommand
import Testing

private let nodes = Option.integer("nodes", in: 1...64, default: 3, help: "How many.")
private let fresh = Option.flag("fresh", help: "Begin with nothing.")
private let wait = Option.duration("wait", in: 100...60_000, default: 1000, help: "How long.")
private let user = Option.required("user", unit: "NAME", help: "Who.")
private let note = Option.optional("note", unit: "TEXT", help: "What.")
private let folder = Option.text("folder", default: "Data", unit: "FOLDER", help: "Where.")
private let sizes = Option.range("sizes", in: 1...64, default: 1...30, help: "Which.")

private enum Color: String, CaseIterable, Sendable { case red, green }
private let color = Option.choice("color", default: Color.red, help: "Tint.")

private let root = Command(
    "tool", "a tool",
    subcommands: [
        Command("run", "runs", options: [nodes, fresh, wait, note, folder, sizes, color]) { _ in .success },
        Command("greet", "greets", options: [user], arguments: "[WORD]…") { _ in .success },
        Command(
            "ring", "rings", subcommands: [Command("simulate", "simulates", options: [nodes]) { _ in ExitCode(7) }]),
    ])

private func invocation(_ line: String) throws -> Invocation {
    let outcome = try CommandParser(root).parse(words(line))
    guard case .run(let invocation) = outcome else { throw Unexpected(outcome: "\(outcome)") }
    return invocation
}

private func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

private struct Unexpected: Error { let outcome: String }

private func message(_ line: String) -> String? {
    do {
        _ = try CommandParser(root).parse(words(line))
        return nil
    } catch {
        return error.message
    }
}

@Suite struct CommandParserTests {
    @Test func optionsHaveTheirDefaults() throws {
        let run = try invocation("run")
        #expect(run[nodes] == 3)
        #expect(!run[fresh])
        #expect(run[wait] == 1000)
        #expect(run[note] == nil)
        #expect(run[folder] == "Data")
        #expect(run[sizes] == 1...30)
        #expect(run[color] == .red)
        #expect(!run.wasGiven(nodes))
    }

    @Test func bothSpellingsOfAValueAreRead() throws {
        for line in ["run --nodes 5 --fresh --note a=b", "run --nodes=5 --note=a=b --fresh"] {
            let run = try invocation(line)
            #expect(run[nodes] == 5)
            #expect(run[fresh])
            #expect(run[note] == "a=b")
            #expect(run.wasGiven(nodes))
        }
    }

    @Test(arguments: [("500ms", Int64(500)), ("2s", 2000), ("1m", 60_000)])
    func timesHaveUnits(text: String, milliseconds: Int64) throws {
        #expect(try invocation("run --wait \(text)")[wait] == milliseconds)
    }

    @Test(arguments: [("8", 8...8), ("3-30", 3...30)])
    func rangesAreOneNumberOrTwo(text: String, range: ClosedRange<Int>) throws {
        #expect(try invocation("run --sizes \(text)")[sizes] == range)
    }

    @Test func choicesAreWordsOfTheList() throws { #expect(try invocation("run --color green")[color] == .green) }

    @Test func subcommandsAreFound() throws {
        let simulate = try invocation("ring simulate --nodes 9")
        #expect(simulate.path == ["tool", "ring", "simulate"])
        #expect(simulate[nodes] == 9)
        #expect(try simulate.command.run?(simulate) == ExitCode(7))
    }

    @Test func argumentsAreKeptInOrder() throws {
        #expect(try invocation("greet hello --user bob world").arguments == ["hello", "world"])
        #expect(try invocation("greet --user bob -- --user -x").arguments == ["--user", "-x"])
        #expect(try invocation("greet --user=-bob -").arguments == ["-"])
    }

    @Test(arguments: [
        ("", ["tool"]), ("--help", ["tool"]), ("-h", ["tool"]), ("ring", ["tool", "ring"]),
        ("ring --help", ["tool", "ring"]), ("run --nodes x --help", ["tool", "run"]), ("run -h", ["tool", "run"]),
    ])
    func helpIsForTheCommandThatWasNamed(line: String, path: [String]) throws {
        guard case .help(_, path) = try CommandParser(root).parse(words(line)) else {
            Issue.record("no help for \(line)")
            return
        }
    }

    @Test func helpBehindTheEndOfOptionsIsAnArgument() throws {
        #expect(try invocation("greet --user a -- --help").arguments == ["--help"])
    }

    @Test(arguments: [
        ("rum", "`tool` knows no command `rum`: did you mean `run`?"),
        ("xyzzy", "`tool` knows no command `xyzzy`: there are run, greet, ring."),
        ("--version", "`tool` knows no option `--version`: there are run, greet, ring."),
        ("ring simulte", "`tool ring` knows no command `simulte`: did you mean `simulate`?"),
        ("ring sim", "`tool ring` knows no command `sim`: did you mean `simulate`?"),
        ("run --node 3", "unknown option `--node`: did you mean `--nodes`?"),
        ("run --ndoes=3", "unknown option `--ndoes`: did you mean `--nodes`?"),
        ("run -nodes 3", "unknown option `-nodes`: did you mean `--nodes`?"),
        ("run --hepl", "unknown option `--hepl`: did you mean `--help`?"),
        ("run --zzzzzz", "unknown option `--zzzzzz`."),
        ("run nodes", "unexpected `nodes`: did you mean `--nodes`?"),
        ("run 7", "unexpected `7`."),
        ("run --nodes", "`--nodes` needs a value: `--nodes N`."),
        ("run --nodes --fresh", "`--nodes` needs a value: `--nodes N`."),
        ("run --nodes 0", "`--nodes 0`: expected a whole number from 1 to 64."),
        ("run --nodes 65", "`--nodes 65`: expected a whole number from 1 to 64."),
        ("run --nodes 99999999999999999999", "`--nodes 99999999999999999999`: expected a whole number from 1 to 64."),
        ("run --nodes three", "`--nodes three`: expected a whole number from 1 to 64."),
        ("run --nodes=", "`--nodes `: expected a whole number from 1 to 64."),
        ("run --folder=", "`--folder `: expected a text that is not empty."),
        ("run --fresh=yes", "`--fresh` takes no value."),
        ("run --fresh --fresh", "`--fresh` stands twice."),
        ("run --wait 30", "`--wait 30`: expected a time from 100ms to 1m, such as 500ms, 30s, 5m, 12h or 30d."),
        ("run --wait 99ms", "`--wait 99ms`: expected a time from 100ms to 1m, such as 500ms, 30s, 5m, 12h or 30d."),
        (
            "run --wait 9223372036854775807d",
            "`--wait 9223372036854775807d`: expected a time from 100ms to 1m, such as 500ms, 30s, 5m, 12h or 30d."
        ),
        ("run --sizes 30-3", "`--sizes 30-3`: expected a number or a range such as 3-30, from 1 to 64."),
        ("run --sizes 1-2-3", "`--sizes 1-2-3`: expected a number or a range such as 3-30, from 1 to 64."),
        ("run --sizes -", "`--sizes -`: expected a number or a range such as 3-30, from 1 to 64."),
        ("run --color gren", "`--color gren`: expected one of red, green (did you mean green?)."),
        ("run --color x", "`--color x`: expected one of red, green."),
        ("greet", "`--user NAME` is missing: Who."),
    ])
    func whatIsWrongIsNamed(line: String, expected: String) { #expect(message(line) == expected) }

    @Test func findNamesACommandForHelp() throws {
        #expect(try CommandParser(root).find(["ring", "simulate"]).path == ["tool", "ring", "simulate"])
        #expect(try CommandParser(root).find([]).path == ["tool"])
        #expect(throws: UsageError.self) { try CommandParser(root).find(["run", "deeper"]) }
    }
}
