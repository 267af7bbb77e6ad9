import CJose

/// A JSON object of a token, read with jansson: duplicate names, zero bytes and bad UTF-8 make it no object at all.
/// `@safe`: the pointer never leaves this file.
@safe final class TokenJSON {
    /// What stands under a name.
    enum Field<Value> {
        case absent
        case wrongType
        case value(Value)
    }

    /// Owned; what it holds lives as long.
    private let root: UnsafeMutablePointer<json_t>

    init?(_ bytes: [UInt8]) {
        let text = bytes.map { CChar(bitPattern: $0) }
        guard let root = unsafe json_loadb(text, text.count, Int(JSON_REJECT_DUPLICATES), nil) else { return nil }
        guard unsafe root.pointee.type == JSON_OBJECT else {
            unsafe json_decref(root)
            return nil
        }
        unsafe self.root = unsafe root
    }

    deinit { unsafe json_decref(root) }

    func has(_ name: String) -> Bool { unsafe json_object_get(root, name) != nil }

    func string(_ name: String) -> Field<String> { unsafe field(name) { unsafe TokenJSON.string($0) } }

    /// A number of seconds (RFC 7519, NumericDate), a fraction cut off.
    func seconds(_ name: String) -> Field<Int64> { unsafe field(name) { unsafe TokenJSON.seconds($0) } }

    /// One string, or an array of strings.
    func strings(_ name: String) -> Field<[String]> {
        unsafe field(name) { value in
            guard unsafe value.pointee.type == JSON_ARRAY else { return unsafe TokenJSON.string(value).map { [$0] } }
            let items = unsafe (0..<json_array_size(value)).map { index in
                unsafe json_array_get(value, index).flatMap { unsafe TokenJSON.string($0) }
            }
            return items.contains(nil) ? nil : items.compactMap(\.self)
        }
    }

    private func field<Value>(_ name: String, read: (UnsafeMutablePointer<json_t>) -> Value?) -> Field<Value> {
        guard let value = unsafe json_object_get(root, name) else { return .absent }
        return unsafe read(value).map { .value($0) } ?? .wrongType
    }

    private static func string(_ value: UnsafeMutablePointer<json_t>) -> String? {
        guard unsafe value.pointee.type == JSON_STRING, let text = unsafe json_string_value(value) else { return nil }
        return unsafe String(cString: text)
    }

    private static func seconds(_ value: UnsafeMutablePointer<json_t>) -> Int64? {
        switch unsafe value.pointee.type {
        case JSON_INTEGER: unsafe json_integer_value(value)
        case JSON_REAL: unsafe wholeSeconds(json_real_value(value))
        default: nil
        }
    }

    private static func wholeSeconds(_ seconds: Double) -> Int64? {
        Int64(exactly: seconds.rounded(.down))
    }
}
