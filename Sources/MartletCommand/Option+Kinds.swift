/// The kinds of options there are.
extension Option where Value == Bool {
    /// `--fresh`: on if it is given.
    public static func flag(_ name: String, help: String) -> Option {
        Option(name, placeholder: nil, help: help, default: false, defaultText: nil) { _ in true }
    }
}

extension Option where Value == Int {
    /// A whole number within `range`.
    public static func integer(
        _ name: String, in range: ClosedRange<Int>, default value: Int, unit: String = "N", help: String
    ) -> Option {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Option(
            name, placeholder: unit, help: help, default: value, defaultText: String(value), domain: expected
        ) { text throws(ValueError) in
            guard let number = Int(text), range.contains(number) else { throw ValueError(expected: expected) }
            return number
        }
    }

    /// A TCP port; 0 lets the system choose a free one.
    public static func port(_ name: String, default value: Int, help: String) -> Option {
        .integer(name, in: 0...65_535, default: value, unit: "PORT", help: help)
    }
}

extension Option where Value == Int64 {
    /// A length of time in milliseconds, written `250ms`, `30s`, `5m`, `12h` or `30d`.
    public static func duration(
        _ name: String, in range: ClosedRange<Int64>, default value: Int64, help: String
    ) -> Option {
        let expected = "a time from \(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
        return Option(
            name, placeholder: "TIME", help: help, default: value, defaultText: DurationText.text(value),
            domain: expected
        ) { text throws(ValueError) in
            guard let time = DurationText.milliseconds(text), range.contains(time) else {
                throw ValueError(expected: expected + ", such as 500ms, 30s, 5m, 12h or 30d")
            }
            return time
        }
    }
}

extension Option where Value == String {
    public static func text(_ name: String, default value: String, unit: String, help: String) -> Option {
        Option(name, placeholder: unit, help: help, default: value, defaultText: value) { text throws(ValueError) in
            try nonEmpty(text)
        }
    }

    /// A text without which the command cannot run.
    public static func required(_ name: String, unit: String, help: String) -> Option {
        Option(
            name, placeholder: unit, help: help, default: "", defaultText: nil, isRequired: true
        ) { text throws(ValueError) in
            try nonEmpty(text)
        }
    }
}

extension Option where Value == String? {
    /// A text that may be absent.
    public static func optional(_ name: String, unit: String, help: String) -> Option {
        Option(name, placeholder: unit, help: help, default: nil, defaultText: nil) { text throws(ValueError) in
            try nonEmpty(text)
        }
    }
}

extension Option where Value == ClosedRange<Int> {
    /// One number, or two with a dash between them: `8`, `3-30`.
    public static func range(
        _ name: String, in bounds: ClosedRange<Int>, default value: ClosedRange<Int>, help: String
    ) -> Option {
        let expected = "a number or a range such as 3-30, from \(bounds.lowerBound) to \(bounds.upperBound)"
        return Option(
            name, placeholder: "N[-M]", help: help, default: value,
            defaultText: "\(value.lowerBound)-\(value.upperBound)", domain: expected
        ) { text throws(ValueError) in
            guard let range = closedRange(text), bounds.contains(range.lowerBound), bounds.contains(range.upperBound)
            else { throw ValueError(expected: expected) }
            return range
        }
    }
}

extension Option where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One word of a closed list.
    public static func choice(_ name: String, default value: Value, unit: String = "WORD", help: String) -> Option {
        let words = Value.allCases.map(\.rawValue)
        return Option(
            name, placeholder: unit, help: help, default: value, defaultText: value.rawValue,
            domain: words.joined(separator: ", ")
        ) { text throws(ValueError) in
            if let word = Value(rawValue: text) { return word }
            let meant = Spelling.nearest(to: text, in: words).map { " (did you mean \($0)?)" } ?? ""
            throw ValueError(expected: "one of " + words.joined(separator: ", ") + meant)
        }
    }
}

private func nonEmpty(_ text: String) throws(ValueError) -> String {
    guard !text.isEmpty else { throw ValueError(expected: "a text that is not empty") }
    return text
}

private func closedRange(_ text: String) -> ClosedRange<Int>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(ends.count), let low = ends[0], let high = ends[ends.count - 1], low <= high else {
        return nil
    }
    return low...high
}
