import MartletCore

/// Whose presence is asked: `?user=a&user=b`, or the body `{"users":["a","b"]}`.
struct UsersRequest: Equatable {
    static let most = 256

    let users: [Key]

    private struct Fields: Decodable { var users: [String] }

    init(_ request: HTTPRequest) throws(AdminError) {
        let names =
            request.method == "POST"
            ? try RequestBody.decode(Fields.self, from: request.body).users : try request.queries("user")
        guard !names.isEmpty else { throw AdminError(.invalid, "no user is named") }
        guard names.count <= UsersRequest.most else {
            throw AdminError(.tooLarge, "more than \(UsersRequest.most) users in one request")
        }
        var users: [Key] = []
        for name in names { users.append(try AdminRoute.user(name)) }
        self.users = users
    }
}

/// The answer for several users, in the order in which they were named.
struct UsersReport: JSONWritable {
    let users: [PresenceReport]

    func write(to json: inout JSONWriter) { json.object { $0.field("users", users) } }
}
