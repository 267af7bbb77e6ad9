import MartletCommand

/// `martlet help ring simulate`
enum HelpCommand {
    static let declaration: Command = .init("help", "explains a command", arguments: "[COMMAND]…") { invocation in
        let (command, path) = try CommandParser(Program.root).find(invocation.arguments)
        Console.print(HelpText(command, path: path).text, terminator: "")
        return .success
    }
}
