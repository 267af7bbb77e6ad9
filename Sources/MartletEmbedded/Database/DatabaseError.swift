/// What RocksDB said, in its words.
struct DatabaseError: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// Another database object has the LOCK file.
    var isHeld: Bool {
        description.contains("While lock file") || description.contains("lock hold by current process")
    }
    var isCorruption: Bool { description.hasPrefix("Corruption") }
}
