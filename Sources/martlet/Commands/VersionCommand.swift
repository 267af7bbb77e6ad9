import MartletCommand

/// `martlet version`
enum VersionCommand {
    static let declaration = Command("version", "prints the version") { _ in
        Console.print("martlet \(Program.version)")
        return .success
    }
}
