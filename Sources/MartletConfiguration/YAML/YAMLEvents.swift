internal import CYAML

/// Reads a file's events through libyaml, within the limits. Anchors, aliases, tags and further documents are refused:
/// a configuration needs none of them, and aliases are how a small file becomes a large one.
enum YAMLEvents {
    static func read(_ bytes: [UInt8]) throws(YAMLProblem) -> [YAMLEvent] {
        guard bytes.count <= YAMLLimits.bytes else {
            throw YAMLProblem(
                position: .start, message: "the file is larger than \(ByteText.text(YAMLLimits.bytes))")
        }
        if let position = firstBadByte(bytes) { throw YAMLProblem(position: position, message: "not UTF-8") }
        var parser = unsafe yaml_parser_t()
        guard unsafe yaml_parser_initialize(&parser) == 1 else {
            throw YAMLProblem(position: .start, message: "no memory to read it with")
        }
        defer { unsafe yaml_parser_delete(&parser) }
        unsafe yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        let result = unsafe bytes.withUnsafeBufferPointer { buffer in
            unsafe yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            return unsafe readAll(&parser)
        }
        return try result.get()
    }

    private static func readAll(_ parser: inout yaml_parser_t) -> Result<[YAMLEvent], YAMLProblem> {
        var collector = YAMLCollector()
        while !collector.isAtEnd {
            var event = unsafe yaml_event_t()
            guard unsafe yaml_parser_parse(&parser, &event) == 1 else { return unsafe .failure(problem(of: parser)) }
            defer { unsafe yaml_event_delete(&event) }
            do throws(YAMLProblem) {
                unsafe try collector.take(event)
            } catch {
                return .failure(error)
            }
        }
        return .success(collector.events)
    }

    private static func problem(of parser: yaml_parser_t) -> YAMLProblem {
        let text = unsafe parser.problem.map { unsafe String(cString: $0) } ?? "it cannot be read"
        let context = unsafe parser.context.map { unsafe String(cString: $0) + ": " } ?? ""
        return unsafe YAMLProblem(position: YAMLPosition(parser.problem_mark), message: "not YAML: \(context)\(text)")
    }

    /// Where the text stops being UTF-8; nil: it does not.
    private static func firstBadByte(_ bytes: [UInt8]) -> YAMLPosition? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        var low = 0
        var line = 1
        for end in bytes.indices where bytes[end] == 0x0A {
            if String(validating: bytes[low...end], as: UTF8.self) == nil { break }
            low = end + 1
            line += 1
        }
        var column = 1
        var decoder = UTF8()
        var rest = bytes[low...].makeIterator()
        while case .scalarValue = decoder.decode(&rest) { column += 1 }
        return YAMLPosition(line: line, column: column)
    }
}

extension YAMLPosition {
    init(_ mark: yaml_mark_t) { self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1) }
}
