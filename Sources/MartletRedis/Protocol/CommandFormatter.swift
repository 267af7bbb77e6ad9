import CHiredis

/// Writes commands as RESP, with hiredis's formatter. One a loop: it keeps its scratch space.
@safe final class CommandFormatter {
    private var pointers: [UnsafePointer<CChar>?] = unsafe []
    private var lengths: [Int] = []

    /// Appends one command: `prefix` and then `arguments`, together at least one.
    func append(_ prefix: ArgumentList?, _ arguments: ArgumentList, to output: inout [UInt8]) {
        guard let prefix else { return append(ArgumentList(), arguments, to: &output) }
        append(prefix, arguments, to: &output)
    }

    private func append(_ first: ArgumentList, _ second: ArgumentList, to output: inout [UInt8]) {
        unsafe pointers.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        unsafe first.bytes.withUnsafeBytes { firstBytes in
            unsafe second.bytes.withUnsafeBytes { secondBytes in
                unsafe collect(firstBytes, first.lengths)
                unsafe collect(secondBytes, second.lengths)
                format(into: &output)
            }
        }
    }

    private func collect(_ bytes: UnsafeRawBufferPointer, _ lengths: [Int]) {
        var next = bytes.baseAddress
        for length in lengths {
            unsafe pointers.append(next?.assumingMemoryBound(to: CChar.self))
            unsafe next = next.map { unsafe $0 + length }
        }
        self.lengths.append(contentsOf: lengths)
    }

    /// The pointers are valid for the call only.
    private func format(into output: inout [UInt8]) {
        var text: UnsafeMutablePointer<CChar>?
        let count = unsafe redisFormatCommandArgv(&text, Int32(lengths.count), &pointers, lengths)
        guard count >= 0, let text = unsafe text else { preconditionFailure("out of memory") }
        unsafe output.append(contentsOf: UnsafeRawBufferPointer(start: text, count: Int(count)))
        unsafe redisFreeCommand(text)
    }
}
