import CMicroHTTPD

/// A request's head inside libmicrohttpd, for as long as one callback runs.
struct MHDHead {
    let connection: MHDPointer
    let method: String

    var headers: HTTPHeaders {
        HTTPHeaders(
            host: header("Host"), origin: header("Origin"), authorization: header("Authorization"),
            contentType: header("Content-Type"), fetchSite: header("Sec-Fetch-Site"))
    }

    /// 0 where it is not said; libmicrohttpd refuses a length that is no number.
    var declaredBytes: Int { header("Content-Length").flatMap { Int($0) } ?? 0 }

    func queue(_ response: HTTPResponse) -> MHD_Result {
        guard let mhd = unsafe create(response.body) else { return .NO }
        defer { unsafe MHD_destroy_response(mhd) }
        for header in response.headers { _ = unsafe MHD_add_response_header(mhd, header.name, header.value) }
        return unsafe MHD_queue_response(connection.raw, UInt32(response.status), mhd)
    }

    private func create(_ body: [UInt8]) -> OpaquePointer? {
        var body = body
        return unsafe MHD_create_response_from_buffer(body.count, &body, .RESPMEM_MUST_COPY)
    }

    private func header(_ name: String) -> String? {
        unsafe MHD_lookup_connection_value(connection.raw, .HEADER_KIND, name).map { unsafe String(cString: $0) }
    }
}
