/// The settings of one file, as they stand there, and what is wrong with it.
///
/// `redis.address: …` and `redis:` with an indented `address: …` mean the same.
struct YAMLDocument {
    struct Value: Hashable, Sendable {
        var name: String
        var raw: RawValue
        var position: YAMLPosition
    }

    private(set) var values: [Value] = []
    private(set) var problems: [ConfigurationProblem] = []
    private let file: String
    private let schema: YAMLSchema
    private var events: [YAMLEvent] = []
    private var next = 0
    private var seen: [String: YAMLPosition] = [:]

    init(file: String, bytes: [UInt8], schema: YAMLSchema) {
        self.file = file
        self.schema = schema
        do throws(YAMLProblem) {
            events = try YAMLEvents.read(bytes)
        } catch {
            report(error.message, error.position)
        }
        readRoot()
    }

    private mutating func readRoot() {
        guard let first = events.first else { return }
        guard first.kind == .mappingStart else {
            // A file with nothing but comments is an empty plain scalar.
            if first.kind != .scalar("", isPlain: true) { report("expected settings, `name: value`", first.position) }
            return
        }
        next = 1
        readMapping(prefix: "")
    }

    // MARK: settings

    /// From behind a mapping's start to behind its end.
    private mutating func readMapping(prefix: String) {
        while let event = take(), event.kind != .mappingEnd {
            guard case .scalar(let key, _) = event.kind else {
                report("expected a name", event.position)
                skip(event)
                skipNext()
                continue
            }
            readValue(of: prefix + key, event.position)
        }
    }

    private mutating func readValue(of name: String, _ position: YAMLPosition) {
        if schema.settings[name] != nil {
            guard isFirst(name, position) else { return skipNext() }
            if let raw = rawValue(of: name) { values.append(Value(name: name, raw: raw, position: position)) }
        } else if schema.groups.contains(name) {
            readGroup(name, position)
        } else {
            report("unknown setting `\(name)`\(schema.hint(for: name))", position)
            skipNext()
        }
    }

    private mutating func readGroup(_ name: String, _ position: YAMLPosition) {
        guard isFirst(name, position) else { return skipNext() }
        guard let event = take() else { return }
        if event.kind == .mappingStart { return readMapping(prefix: name + ".") }
        // `redis:` with nothing behind it says nothing.
        if isNothing(event) { return }
        report("`\(name)` is a group of settings: expected `name: value` lines below it", event.position)
        skip(event)
    }

    private mutating func isFirst(_ name: String, _ position: YAMLPosition) -> Bool {
        if let first = seen[name] {
            report("`\(name)` stands twice, first on line \(first.line)", position)
            return false
        }
        seen[name] = position
        return true
    }

    // MARK: values

    private mutating func rawValue(of name: String) -> RawValue? {
        guard let event = take() else { return nil }
        switch event.kind {
        case .scalar(let text, _):
            if !isNothing(event) { return .text(text) }
            report("`\(name)` has no value; leave the line out to have the default", event.position)
            return nil
        case .sequenceStart: return list(of: name)
        case .mappingStart: return map(of: name)
        case .sequenceEnd, .mappingEnd: return nil
        }
    }

    private mutating func list(of name: String) -> RawValue? {
        var words: [String] = []
        var isWhole = true
        while let event = take(), event.kind != .sequenceEnd {
            if case .scalar(let text, _) = event.kind, !isNothing(event) {
                words.append(text)
            } else {
                report("`\(name)`: expected a single value in the list", event.position)
                skip(event)
                isWhole = false
            }
        }
        return isWhole ? .list(words) : nil
    }

    private mutating func map(of name: String) -> RawValue? {
        var pairs: [TextPair] = []
        let before = problems.count
        while let event = take(), event.kind != .mappingEnd {
            guard case .scalar(let key, _) = event.kind else {
                report("`\(name)`: expected a name", event.position)
                skip(event)
                skipNext()
                continue
            }
            if let pair = pair(key, of: name, event.position, after: pairs) { pairs.append(pair) }
        }
        return problems.count == before ? .map(pairs) : nil
    }

    private mutating func pair(
        _ key: String, of name: String, _ position: YAMLPosition, after pairs: [TextPair]
    ) -> TextPair? {
        guard let event = take() else { return nil }
        guard case .scalar(let text, _) = event.kind, !isNothing(event) else {
            report("`\(name)`: expected a single value for `\(key)`", event.position)
            skip(event)
            return nil
        }
        if pairs.contains(where: { $0.name == key }) {
            report("`\(key)` stands twice in `\(name)`", position)
            return nil
        }
        return TextPair(key, text)
    }

    // MARK: events

    private func isNothing(_ event: YAMLEvent) -> Bool {
        guard case .scalar(let text, isPlain: true) = event.kind else { return false }
        return ["", "~", "null"].contains(text)
    }

    private mutating func take() -> YAMLEvent? {
        guard next < events.count else { return nil }
        next += 1
        return events[next - 1]
    }

    private mutating func skipNext() {
        if let event = take() { skip(event) }
    }

    /// To the end of what `event`, which was taken, begins.
    private mutating func skip(_ event: YAMLEvent) {
        guard event.kind == .mappingStart || event.kind == .sequenceStart else { return }
        var depth = 1
        while depth > 0, let event = take() {
            switch event.kind {
            case .mappingStart, .sequenceStart: depth += 1
            case .mappingEnd, .sequenceEnd: depth -= 1
            case .scalar: break
            }
        }
    }

    private mutating func report(_ message: String, _ position: YAMLPosition) {
        problems.append(ConfigurationProblem("\(file):\(position)", message))
    }
}
