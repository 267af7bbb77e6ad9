import Glibc

/// The way to the database for everybody but the writer: many may be inside, and closing waits until nobody is.
@safe final class DatabaseGate: @unchecked Sendable {
    // Protected by `lock`.
    private var database: Database?
    private let lock: UnsafeMutablePointer<pthread_rwlock_t>

    init(_ database: Database?) {
        self.database = database
        unsafe lock = .allocate(capacity: 1)
        unsafe pthread_rwlock_init(lock, nil)
    }

    deinit {
        unsafe pthread_rwlock_destroy(lock)
        unsafe lock.deallocate()
    }

    /// For the writer, who is the only one to replace it. Nil while there is no open database.
    var current: Database? {
        unsafe pthread_rwlock_rdlock(lock)
        defer { unsafe pthread_rwlock_unlock(lock) }
        return database
    }

    /// Nil while there is no open database.
    func read<R>(_ body: (Database) throws(DatabaseError) -> R) throws(DatabaseError) -> R? {
        unsafe pthread_rwlock_rdlock(lock)
        defer { unsafe pthread_rwlock_unlock(lock) }
        guard let database else { return nil }
        return try body(database)
    }

    /// Waits for the readers inside. Setting nil closes the database, if the caller has let go of it too.
    func replace(with database: Database?) {
        unsafe pthread_rwlock_wrlock(lock)
        defer { unsafe pthread_rwlock_unlock(lock) }
        self.database = database
    }
}
