/// The answers of a gateway's port. All but 101 close the connection.
public enum HTTPResponse {
    /// Writes a whole answer with its body and `Connection: close`.
    public static func append(
        status: Int, contentType: String = "text/plain; charset=utf-8", body: [UInt8], into out: inout [UInt8]
    ) {
        let more = status == 405 ? "Allow: GET\r\n" : status == 426 ? upgradeFields : ""
        let close = status == 426 ? "Connection: close, Upgrade\r\n" : "Connection: close\r\n"
        let head = """
            HTTP/1.1 \(status) \(reasonPhrase(status))\r
            Content-Type: \(contentType)\r
            Content-Length: \(body.count)\r
            Cache-Control: no-store\r
            \(more)\(close)\r

            """
        out.append(contentsOf: head.utf8)
        out.append(contentsOf: body)
    }

    /// The same with a text of one line.
    public static func append(status: Int, text: String, into out: inout [UInt8]) {
        append(status: status, body: Array((text + "\n").utf8), into: &out)
    }

    /// Accepts an upgrade; WebSocket frames follow. `key` is the request's; `encoding` names the sub-protocol chosen.
    public static func appendUpgrade(key: String, encoding: FrameEncoding?, into out: inout [UInt8]) {
        let chosen = encoding.map { "Sec-WebSocket-Protocol: \($0.subprotocol)\r\n" } ?? ""
        let head = """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: \(WebSocketAccept.value(forKey: key))\r
            \(chosen)\r

            """
        out.append(contentsOf: head.utf8)
    }

    private static let upgradeFields = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"

    private static func reasonPhrase(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: status < 500 ? "Error" : "Internal Server Error"
        }
    }
}
