import COpenSSL

/// Bytes that nobody can guess, for secrets, nonces and incarnations.
public enum SecureRandom {
    public static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let outcome = unsafe RAND_bytes(&bytes, Int32(count))
        precondition(outcome == 1, "the system's random generator gave no \(count) bytes")
        return bytes
    }
}
