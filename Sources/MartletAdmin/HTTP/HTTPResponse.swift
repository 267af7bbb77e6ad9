/// One answer.
struct HTTPResponse: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    init(_ status: Int, contentType: String, body: [UInt8], headers: [(name: String, value: String)] = []) {
        self.status = status
        self.headers = [
            ("Content-Type", contentType), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ]
        self.headers += headers
        self.body = body
    }

    static func json(_ value: some JSONWritable, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status, contentType: "application/json", body: JSONWriter.bytes(of: value) + [UInt8(ascii: "\n")])
    }

    static func error(_ error: AdminError, headers: [(name: String, value: String)] = []) -> HTTPResponse {
        var response = json(error, status: error.code.status)
        response.headers += headers
        return response
    }
}

extension AdminError: JSONWritable {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.field("error", Detail(code: code.rawValue, reason: reason))
        }
    }

    private struct Detail: JSONWritable {
        let code: String
        let reason: String

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.field("code", code)
                json.field("reason", reason)
            }
        }
    }
}
