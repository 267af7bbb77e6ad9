/// A command with what to call with its answer.
public struct RedisRequest: Sendable {
    public var command: RedisCommand
    public var done: RedisClient.Completion

    public init(_ command: RedisCommand, done: @escaping RedisClient.Completion) {
        self.command = command
        self.done = done
    }
}
