/// An answer that is not the one hoped for; every such answer has the shape `{"error":{"code":…,"reason":…}}`.
public struct AdminError: Error, Equatable, Sendable {
    /// The closed list of codes; names are stable.
    public enum Code: String, Sendable, CaseIterable {
        case invalid, unauthenticated, forbidden, notFound, methodNotAllowed, conflict, tooLarge, `internal`
        case unavailable, timeout
    }

    public var code: Code
    /// A sentence for people. Never a token.
    public var reason: String

    public init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

extension AdminError.Code {
    /// The HTTP status that it is answered with.
    var status: Int {
        switch self {
        case .invalid: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .conflict: 409
        case .tooLarge: 413
        case .internal: 500
        case .unavailable: 503
        case .timeout: 504
        }
    }
}
