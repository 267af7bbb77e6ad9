internal import CRdKafka

/// Text that librdkafka writes, as values.
enum CText {
    static let errorBytes = 512

    /// Calls `body` with a buffer for an error's text; the text is what it left there.
    @safe static func withErrorBuffer<Result>(
        _ body: (UnsafeMutablePointer<CChar>, Int) -> Result
    ) -> (Result, String) {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: errorBytes) { buffer in
            unsafe buffer.initialize(repeating: 0)
            let result = unsafe body(buffer.baseAddress!, errorBytes)
            return unsafe (result, String(cString: buffer.baseAddress!))
        }
    }

    static func string(_ text: UnsafePointer<CChar>?) -> String? { unsafe text.map { unsafe String(cString: $0) } }

    static func describe(_ code: rd_kafka_resp_err_t) -> String { unsafe String(cString: rd_kafka_err2str(code)) }
}
