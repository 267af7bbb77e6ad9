import Glibc

/// A file of nothing that is deleted when the disk is full, so that opening the database has room for its memtables.
struct Ballast {
    private let path: String
    private let bytes: Int
    private let minimumFreeBytes: UInt64

    init(_ configuration: EmbeddedConfiguration) {
        path = configuration.folder + "/ballast"
        bytes = configuration.ballastBytes
        minimumFreeBytes = configuration.minimumFreeBytes
    }

    func release() { _ = unsafe unlink(path) }

    /// Best effort: where there is no room, there is none to keep.
    func restore() {
        guard bytes > 0 else { return }
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        if posix_fallocate(file, 0, bytes) != 0 { _ = unsafe unlink(path) }
    }
}
