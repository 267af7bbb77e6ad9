import MartletCommand

extension SettingKind where Value == String {
    static var text: SettingKind { words("text", "TEXT", "a text that is not empty") }
    static var file: SettingKind { words("path of a file", "FILE", "the path of a file") }

    static func words(_ type: String, _ placeholder: String, _ domain: String) -> SettingKind {
        SettingKind(
            scalar: type, placeholder: placeholder, domain: domain,
            read: { $0.isEmpty || $0.utf8.contains(0) ? nil : $0 }, text: { $0 })
    }
}

extension SettingKind where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> SettingKind {
        SettingKind(
            scalar: "whole number", placeholder: "N",
            domain: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }, text: { String($0) })
    }

    /// Bytes.
    static func size(_ range: ClosedRange<Int>) -> SettingKind {
        let bounds = "\(ByteText.text(range.lowerBound)) to \(ByteText.text(range.upperBound))"
        return SettingKind(
            scalar: "size", placeholder: "SIZE", domain: "a size from \(bounds), such as 512B, 64KiB or 4MiB",
            read: { text in ByteText.bytes(text).flatMap { range.contains($0) ? $0 : nil } }, text: ByteText.text)
    }
}

extension SettingKind where Value == Int64 {
    /// Milliseconds.
    static func time(_ range: ClosedRange<Int64>) -> SettingKind {
        let bounds = "\(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
        return SettingKind(
            scalar: "time", placeholder: "TIME", domain: "a time from \(bounds), such as 500ms, 30s, 5m or 12h",
            read: { text in DurationText.milliseconds(text).flatMap { range.contains($0) ? $0 : nil } },
            text: DurationText.text)
    }
}

extension SettingKind where Value == Endpoint {
    /// Port 0 is one that the system chooses.
    static var listen: SettingKind {
        endpoint("an address and a port, such as 127.0.0.1:8001 or [::1]:8001", ports: 0...65_535)
    }

    static var connect: SettingKind {
        endpoint("a host and a port, such as node-1.example.org:8001 or [::1]:8001", ports: 1...65_535)
    }

    private static func endpoint(_ domain: String, ports: ClosedRange<Int>) -> SettingKind {
        SettingKind(
            scalar: "host:port", placeholder: "HOST:PORT", domain: domain,
            read: { text in Endpoint(text).flatMap { ports.contains($0.port) ? $0 : nil } }, text: { $0.description })
    }
}

extension SettingKind where Value == Bool {
    static var flag: SettingKind {
        SettingKind(
            scalar: "true or false", placeholder: "BOOL", domain: "true or false",
            read: { ["true": true, "false": false][$0] }, text: { String($0) })
    }
}

extension SettingKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One word of a closed list.
    static var choice: SettingKind {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return SettingKind(
            scalar: "word", placeholder: "WORD", domain: "one of \(words)", read: { Value(rawValue: $0) },
            text: { $0.rawValue })
    }
}
