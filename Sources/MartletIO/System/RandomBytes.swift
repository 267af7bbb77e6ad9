internal import CUV

/// `count` bytes from the kernel's generator (getrandom), fit for keys.
public func randomBytes(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        while filled < count {
            let added = unsafe getrandom(buffer.baseAddress! + filled, count - filled, 0)
            // EINTR is the only error of a valid call without flags.
            if added > 0 { filled += added }
        }
    }
}
