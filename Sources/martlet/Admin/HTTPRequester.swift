import CCurl

/// One HTTP request at a time, on libcurl: bounded in time and size, no redirects, no proxy (what it carries opens a
/// cluster, so it goes where it was told and nowhere else).
struct HTTPRequester {
    static let connectMilliseconds = 3_000
    static let maxAnswerBytes = 16 << 20

    struct Answer {
        var status: Int
        var body: [UInt8]
    }

    enum Failure: Error, Equatable {
        case badURL
        case cannotConnect
        case timedOut
        case tooLarge
        /// In libcurl's words.
        case other(String)
    }

    var timeoutMilliseconds: Int64

    /// `body`: makes it a POST. Headers are whole lines.
    func request(_ url: String, headers: [String], body: [UInt8]?) throws(Failure) -> Answer {
        _ = HTTPRequester.isReady
        guard let handle = unsafe curl_easy_init() else { throw .other("no memory") }
        defer { unsafe curl_easy_cleanup(handle) }
        let received = Received()
        try unsafe configure(handle, url, body)
        var list = unsafe headers.reduce(nil) { unsafe curl_slist_append($0, $1) }
        defer { unsafe curl_slist_free_all(list) }
        unsafe list = unsafe curl_slist_append(list, "Expect:")
        try unsafe check(martlet_curl_set_headers(handle, list))
        try unsafe check(martlet_curl_set_writer(handle, receive, Unmanaged.passUnretained(received).toOpaque()))
        let code = withExtendedLifetime(received) { unsafe curl_easy_perform(handle) }
        if received.isTooLarge { throw .tooLarge }
        try check(code)
        return Answer(status: Int(unsafe martlet_curl_status(handle)), body: received.bytes)
    }

    /// Once in a process's life, before the first request; commands have one thread.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    private func configure(_ handle: UnsafeMutableRawPointer, _ url: String, _ body: [UInt8]?) throws(Failure) {
        try unsafe check(martlet_curl_set_text(handle, CURLOPT_URL, url))
        try unsafe check(martlet_curl_set_text(handle, CURLOPT_PROXY, ""))
        let numbers: [(CURLoption, Int)] = [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_PROTOCOLS, HTTPRequester.protocols),
            (CURLOPT_CONNECTTIMEOUT_MS, HTTPRequester.connectMilliseconds),
            (CURLOPT_TIMEOUT_MS, Int(timeoutMilliseconds)),
        ]
        for (option, value) in numbers { try unsafe check(martlet_curl_set_number(handle, option, value)) }
        if let body { try unsafe check(martlet_curl_set_body(handle, body, body.count)) }
    }

    private static let protocols = Int(CURLPROTO_HTTP) | Int(CURLPROTO_HTTPS)

    private func check(_ code: CURLcode) throws(Failure) {
        switch code {
        case CURLE_OK: return
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: throw .badURL
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST: throw .cannotConnect
        case CURLE_OPERATION_TIMEDOUT: throw .timedOut
        default: throw .other(unsafe String(cString: curl_easy_strerror(code)))
        }
    }
}

/// What came so far of an answer.
private final class Received {
    var bytes: [UInt8] = []
    var isTooLarge = false

    /// False: it is more than is taken.
    func take(_ piece: UnsafeRawBufferPointer) -> Bool {
        isTooLarge = bytes.count + piece.count > HTTPRequester.maxAnswerBytes
        if !isTooLarge { unsafe bytes.append(contentsOf: piece) }
        return !isTooLarge
    }
}

private func receive(
    _ bytes: UnsafePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context = unsafe context, let bytes = unsafe bytes else { return 0 }
    let received = unsafe Unmanaged<Received>.fromOpaque(context).takeUnretainedValue()
    let piece = unsafe UnsafeRawBufferPointer(start: bytes, count: size * count)
    return unsafe received.take(piece) ? size * count : 0
}
