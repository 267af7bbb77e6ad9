import COpenSSL

/// Keyed hashes and the comparison that goes with them.
public enum HMAC {
    public static let sha256Bytes = 32

    /// HMAC-SHA-256 (RFC 2104, FIPS 198-1) over `data`; 32 bytes. Any length of key is taken, even an empty one.
    public static func sha256(key: [UInt8], data: [UInt8]) -> [UInt8] {
        // OpenSSL takes a null key for "the key of the call before", so an empty key stands on a byte of its own.
        let keyBytes = key.isEmpty ? [0] : key
        var digest = [UInt8](repeating: 0, count: sha256Bytes)
        var length = UInt32(0)
        let done = unsafe COpenSSL.HMAC(
            EVP_sha256(), keyBytes, Int32(key.count), data, data.count, &digest, &length)
        precondition(unsafe done != nil && length == sha256Bytes, "HMAC-SHA-256 failed: OpenSSL gave \(length) bytes")
        return digest
    }

    /// Whether two byte strings are equal, in a time that depends on their length only.
    public static func constantTimeEquals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe CRYPTO_memcmp(a, b, a.count) == 0
    }
}
