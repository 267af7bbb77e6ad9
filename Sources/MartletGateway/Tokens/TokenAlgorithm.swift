/// The algorithms that a token may be signed with; there are no others, whatever a header says.
public enum TokenAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case es256 = "ES256"
    case rs256 = "RS256"
    case ps256 = "PS256"
}
