/// A Lua script that a server knows by its digest, once it has seen it. Made once and kept.
public final class RedisScript: Sendable {
    public let source: String
    /// SHA-1 in hexadecimal digits.
    public let digest: String
    /// What stands in front of the number of keys, for a server that knows the script and for one that does not.
    let byDigest: ArgumentList
    let bySource: ArgumentList

    public init(_ source: String) {
        self.source = source
        digest = SHA1.hexadecimal(of: Array(source.utf8))
        byDigest = ArgumentList(["EVALSHA", digest])
        bySource = ArgumentList(["EVAL", source])
    }
}
