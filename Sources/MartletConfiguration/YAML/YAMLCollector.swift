internal import CYAML

/// Turns libyaml's events into values, and refuses what a configuration has no need of.
struct YAMLCollector {
    private(set) var events: [YAMLEvent] = []
    private(set) var isAtEnd = false
    private var depth = 0
    private var documents = 0

    mutating func take(_ event: yaml_event_t) throws(YAMLProblem) {
        let position = unsafe YAMLPosition(event.start_mark)
        guard events.count < YAMLLimits.events else {
            throw YAMLProblem(position: position, message: "the file has more than \(YAMLLimits.events) parts")
        }
        switch unsafe event.type {
        case YAML_STREAM_END_EVENT: isAtEnd = true
        case YAML_DOCUMENT_START_EVENT: try startDocument(position)
        case YAML_ALIAS_EVENT: throw refusal("an alias", position)
        case YAML_SCALAR_EVENT: unsafe try take(event.data.scalar, position)
        case YAML_SEQUENCE_START_EVENT:
            let start = unsafe event.data.sequence_start
            try open(.sequenceStart, unsafe start.anchor != nil, unsafe start.tag != nil, position)
        case YAML_MAPPING_START_EVENT:
            let start = unsafe event.data.mapping_start
            try open(.mappingStart, unsafe start.anchor != nil, unsafe start.tag != nil, position)
        case YAML_SEQUENCE_END_EVENT: close(.sequenceEnd, position)
        case YAML_MAPPING_END_EVENT: close(.mappingEnd, position)
        default: break
        }
    }

    private mutating func startDocument(_ position: YAMLPosition) throws(YAMLProblem) {
        documents += 1
        if documents > 1 { throw refusal("a second document", position) }
    }

    private mutating func open(
        _ kind: YAMLEvent.Kind, _ hasAnchor: Bool, _ hasTag: Bool, _ position: YAMLPosition
    ) throws(YAMLProblem) {
        try refuse(hasAnchor, hasTag, position)
        depth += 1
        guard depth <= YAMLLimits.depth else {
            throw YAMLProblem(position: position, message: "nested more than \(YAMLLimits.depth) deep")
        }
        events.append(YAMLEvent(kind: kind, position: position))
    }

    private mutating func close(_ kind: YAMLEvent.Kind, _ position: YAMLPosition) {
        depth -= 1
        events.append(YAMLEvent(kind: kind, position: position))
    }

    private typealias Scalar = yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar

    private mutating func take(_ scalar: Scalar, _ position: YAMLPosition) throws(YAMLProblem) {
        try refuse(unsafe scalar.anchor != nil, unsafe scalar.tag != nil, position)
        // libyaml owns the bytes until the event is deleted; they are UTF-8, since the file is.
        let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        let text = unsafe String(decoding: bytes, as: UTF8.self)
        let isPlain = unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE
        events.append(YAMLEvent(kind: .scalar(text, isPlain: isPlain), position: position))
    }

    private func refuse(_ hasAnchor: Bool, _ hasTag: Bool, _ position: YAMLPosition) throws(YAMLProblem) {
        if hasAnchor { throw refusal("an anchor", position) }
        if hasTag { throw refusal("a tag", position) }
    }

    private func refusal(_ what: String, _ position: YAMLPosition) -> YAMLProblem {
        YAMLProblem(position: position, message: "\(what) is not taken in a configuration file")
    }
}
