import FoundationEssentials

/// JSON that came as a request's body.
enum RequestBody {
    /// Fields that are not known are skipped.
    static func decode<Fields: Decodable>(_ type: Fields.Type, from body: [UInt8]) throws(AdminError) -> Fields {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch let error as DecodingError {
            throw AdminError(.invalid, reason(for: error))
        } catch {
            throw AdminError(.invalid, notJSON)
        }
    }

    private static let notJSON = "the body is not a JSON object"

    private static func reason(for error: DecodingError) -> String {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            name(of: context).map { "`\($0)` has the wrong type" } ?? notJSON
        case .keyNotFound(let key, _): "`\(key.stringValue)` is missing"
        case .dataCorrupted(let context): name(of: context).map { "`\($0)` is not valid" } ?? notJSON
        @unknown default: notJSON
        }
    }

    private static func name(of context: DecodingError.Context) -> String? { context.codingPath.last?.stringValue }
}
