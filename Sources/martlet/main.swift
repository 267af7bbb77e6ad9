import Glibc
import MartletCommand

exit(Program.run(Array(CommandLine.arguments.dropFirst())).rawValue)
