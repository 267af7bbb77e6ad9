/// A pointer into libmicrohttpd: a daemon, or a connection.
///
/// `@unchecked Sendable`: what is called with it from other threads (resume, stop) takes libmicrohttpd's own locks.
/// `@safe`: whoever keeps one says how long it is good for.
@safe struct MHDPointer: @unchecked Sendable {
    let raw: OpaquePointer
}
