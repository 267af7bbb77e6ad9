/// One request, whole.
struct HTTPRequest: Sendable {
    let method: String
    /// The path as it was sent: percent encodings stand in it.
    let path: String
    /// Behind the `?`, as it was sent.
    let query: String
    let headers: HTTPHeaders
    let body: [UInt8]

    init(method: String, target: String, headers: HTTPHeaders, body: [UInt8]) {
        self.method = method
        self.headers = headers
        self.body = body
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = parts.first.map(String.init) ?? ""
        query = parts.count == 2 ? String(parts[1]) : ""
    }

    /// The decoded value of a query item; nil if there is none.
    func query(_ name: String) throws(AdminError) -> String? {
        let items = query.split(separator: "&").filter { $0.split(separator: "=").first.map(String.init) == name }
        guard items.count <= 1 else { throw AdminError(.invalid, "`\(name)` stands twice in the query") }
        guard let item = items.first else { return nil }
        return try PercentEncoding.text(item.dropFirst(name.count + 1))
    }

    /// The decoded values of all query items of this name, in order.
    func queries(_ name: String) throws(AdminError) -> [String] {
        var values: [String] = []
        for item in query.split(separator: "&") where item.hasPrefix(name + "=") {
            values.append(try PercentEncoding.text(item.dropFirst(name.utf8.count + 1)))
        }
        return values
    }
}

/// The headers that are looked at; nil: it was not sent.
struct HTTPHeaders: Sendable {
    var host: String?
    var origin: String?
    var authorization: String?
    var contentType: String?
    var fetchSite: String?
}
