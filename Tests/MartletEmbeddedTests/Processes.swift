import Glibc

/// Runs a program and waits for it; its exit status, -1 if there was none.
func run(_ arguments: [String]) -> Int32 {
    guard let process = spawn(arguments, output: nil) else { return -1 }
    return wait(for: process)
}

/// Starts a program; `output`: where its standard output goes.
func spawn(_ arguments: [String], output: Int32?) -> pid_t? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output, 1) }
    var strings = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe strings.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let error = unsafe posix_spawn(&process, arguments[0], &actions, nil, &strings, environ)
    return error == 0 ? process : nil
}

func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    guard unsafe waitpid(process, &status, 0) == process else { return -1 }
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
}
