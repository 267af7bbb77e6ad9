/// Keeps other web sites away from a server on loopback that asks for no password.
///
/// A page of another site can make a browser send requests here. If it gets its own name resolved to 127.0.0.1 (DNS
/// rebinding), the `Host` header still says that name; if it posts across origins, `Origin` and `Sec-Fetch-Site` say
/// so, and a JSON body cannot be posted across origins without asking first.
enum PageGuard {
    static func check(_ request: HTTPRequest) throws(AdminError) {
        guard let host = request.headers.host, isLoopback(host) else {
            throw AdminError(.forbidden, "the Host header names no loopback address")
        }
        if request.method == "POST" { try checkPost(request.headers, host: host) }
    }

    private static func checkPost(_ headers: HTTPHeaders, host: String) throws(AdminError) {
        if let origin = headers.origin, origin.lowercased() != "http://" + host.lowercased() {
            throw AdminError(.forbidden, "a request from another origin")
        }
        if let site = headers.fetchSite, site != "same-origin", site != "none" {
            throw AdminError(.forbidden, "a request from another site")
        }
        let type = headers.contentType?.split(separator: ";").first?.trimmed.lowercased()
        guard type == "application/json" else { throw AdminError(.invalid, "the Content-Type is not application/json") }
    }

    static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        for allowed in ["127.0.0.1", "localhost", "[::1]"] where name.hasPrefix(allowed) {
            let rest = name.dropFirst(allowed.count)
            return rest.isEmpty || rest.first == ":" && UInt16(rest.dropFirst()) != nil
        }
        return false
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? ""
    }
}
