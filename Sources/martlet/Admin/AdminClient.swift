import FoundationEssentials
import MartletCommand

/// Asks the admin API of a node, and says of each failure what to do about it.
struct AdminClient {
    static let defaultURL = "http://127.0.0.1:9600"

    let url: String
    let token: AdminToken?
    let requester: HTTPRequester

    /// `url`: where the admin API stands, without a path.
    init(url: String, token: AdminToken?, timeoutMilliseconds: Int64) throws(CommandFailure) {
        let base = url.hasSuffix("/") ? String(url.dropLast()) : url
        let host = base.drop(while: { $0 != "/" }).drop(while: { $0 == "/" })
        guard base.hasPrefix("http://") || base.hasPrefix("https://"), !host.isEmpty, !host.contains("/") else {
            throw CommandFailure(
                "`\(url)` is not the address of an admin API: give one such as \(AdminClient.defaultURL)", code: .usage)
        }
        self.url = base
        self.token = token
        requester = HTTPRequester(timeoutMilliseconds: timeoutMilliseconds)
    }

    func get<Value: Decodable>(_ path: String, as type: Value.Type = Value.self) throws(CommandFailure) -> Asked<Value>
    {
        try ask(path, body: nil)
    }

    func post<Value: Decodable>(
        _ path: String, body: [UInt8] = [], as type: Value.Type = Value.self
    ) throws(CommandFailure) -> Asked<Value> {
        try ask(path, body: body)
    }

    private func ask<Value: Decodable>(_ path: String, body: [UInt8]?) throws(CommandFailure) -> Asked<Value> {
        let answer: HTTPRequester.Answer
        do {
            answer = try requester.request(url + path, headers: headers(hasBody: body?.isEmpty == false), body: body)
        } catch {
            throw failure(error)
        }
        guard (200...299).contains(answer.status) else { throw refusal(answer) }
        guard let value = try? JSONDecoder().decode(Value.self, from: Data(answer.body)) else { throw stranger }
        return Asked(value: value, json: String(decoding: answer.body, as: UTF8.self))
    }

    private func headers(hasBody: Bool) -> [String] {
        var headers = ["Accept: application/json", "User-Agent: martlet/\(Program.version)"]
        if hasBody { headers.append("Content-Type: application/json") }
        if let token { headers.append("Authorization: Bearer \(token.text)") }
        return headers
    }

    // MARK: Failures

    private func failure(_ error: HTTPRequester.Failure) -> CommandFailure {
        switch error {
        case .badURL: CommandFailure("`\(url)` is not an address; see `--admin`", code: .usage)
        case .cannotConnect:
            CommandFailure(
                """
                nothing answers at \(url). Is the node up, and is this its admin address? Name another node's with \
                `--admin URL` or MARTLET_ADMIN.
                """, code: .unavailable)
        case .timedOut:
            CommandFailure(
                "\(url) did not answer in time. Try another node (`--admin URL`), or wait longer (`--timeout`).",
                code: .unavailable)
        case .tooLarge: stranger
        case .other(let reason): CommandFailure("asking \(url) failed: \(reason)", code: .unavailable)
        }
    }

    private func refusal(_ answer: HTTPRequester.Answer) -> CommandFailure {
        guard let error = try? JSONDecoder().decode(RefusedAnswer.self, from: Data(answer.body)).error else {
            return stranger
        }
        switch error.code {
        case "unauthenticated":
            let what = token == nil ? "wants a token" : "refuses this token"
            return CommandFailure(
                "\(url) \(what): give the node's with `--token-file FILE` or MARTLET_ADMIN_TOKEN.", code: .noPermission)
        case "unavailable", "timeout":
            return CommandFailure(
                "\(error.reason). Try again when it is back; `\(url)/readyz` says what the node waits for.",
                code: .unavailable)
        case "notFound":
            return CommandFailure("\(error.reason); `martlet cluster status` and `map` list what there is.")
        default: return CommandFailure("\(url) refuses: \(error.reason)")
        }
    }

    private var stranger: CommandFailure {
        CommandFailure("what answers at \(url) is not the admin API of this version of Martlet; see `--admin`")
    }
}

/// An answer, understood and as it came.
struct Asked<Value> {
    var value: Value
    var json: String
}
