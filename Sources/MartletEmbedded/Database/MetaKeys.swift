/// Keys of the family `meta`.
enum MetaKeys {
    static let format = Array("format".utf8)
    static let slots = Array("slots".utf8)
    static let generation = Array("generation".utf8)
    /// Boot id of the kernel under which the database was last open, and whether that run synced its writes.
    static let boot = Array("boot".utf8)
    static let wasSynced = Array("synced".utf8)
    /// Present while the database is not open.
    static let clean = Array("clean".utf8)
    static let probe = Array("probe".utf8)
}
