import CRocksDB

/// Bytes as the C API wants them. `body` must not keep the pointer.
@inline(__always)
func withCBytes<R>(_ bytes: [UInt8], _ body: (UnsafePointer<CChar>?, Int) -> R) -> R {
    unsafe bytes.withUnsafeBytes { buffer in
        unsafe body(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
    }
}

/// Copies what the C API points to.
@inline(__always)
func copyBytes(_ pointer: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
    guard let pointer = unsafe pointer, count > 0 else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: pointer, count: count))
}

/// Calls a function that reports errors by `char** errptr`.
@inline(__always)
func throwing<R>(
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) throws(DatabaseError) -> R {
    var message: UnsafeMutablePointer<CChar>? = nil
    let result = unsafe withUnsafeMutablePointer(to: &message) { unsafe body($0) }
    if let text = unsafe message {
        let error = unsafe DatabaseError(String(cString: text))
        unsafe rocksdb_free(text)
        throw error
    }
    return result
}
