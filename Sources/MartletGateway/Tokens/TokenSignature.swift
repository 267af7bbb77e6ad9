import CJose

/// The signature of a token, by cjose. Everything that cjose gives is given back on every path.
enum TokenSignature {
    /// What the token signs, if `key` signed it.
    static func verifiedPayload(of token: [UInt8], by key: TokenKey) throws(TokenError) -> [UInt8] {
        let text = token.map { CChar(bitPattern: $0) }
        guard let jws = unsafe cjose_jws_import(text, text.count, nil) else { throw .malformed }
        defer { unsafe cjose_jws_release(jws) }
        guard unsafe cjose_jws_verify(jws, key.jwk, nil) else { throw .badSignature }
        guard let payload = unsafe payload(of: jws) else { throw .malformed }
        return payload
    }

    /// `payload` signed with `key`, in compact form; nil if cjose refuses.
    static func sign(_ payload: [UInt8], with key: TokenKey) -> [UInt8]? {
        guard let header = unsafe cjose_header_new(nil) else { return nil }
        defer { unsafe cjose_header_release(header) }
        guard unsafe cjose_header_set(header, "alg", key.algorithm.rawValue, nil),
            unsafe cjose_header_set(header, "typ", "JWT", nil),
            key.id.map({ unsafe cjose_header_set(header, "kid", $0, nil) }) ?? true,
            let jws = unsafe cjose_jws_sign(key.jwk, header, payload, payload.count, nil)
        else { return nil }
        defer { unsafe cjose_jws_release(jws) }
        return unsafe compact(jws)
    }

    /// A copy: cjose's own bytes live as long as `jws`.
    private static func payload(of jws: OpaquePointer) -> [UInt8]? {
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard unsafe cjose_jws_get_plaintext(jws, &bytes, &count, nil), let bytes = unsafe bytes else { return nil }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    private static func compact(_ jws: OpaquePointer) -> [UInt8]? {
        var text: UnsafePointer<CChar>?
        guard unsafe cjose_jws_export(jws, &text, nil), let text = unsafe text else { return nil }
        return unsafe Array(String(cString: text).utf8)
    }
}
