/// A part of a YAML document, in the order of the file.
struct YAMLEvent: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        /// `isPlain`: without quotes, so that an empty text or `null` means nothing.
        case scalar(String, isPlain: Bool)
        case sequenceStart, sequenceEnd
        case mappingStart, mappingEnd
    }

    var kind: Kind
    var position: YAMLPosition
}
