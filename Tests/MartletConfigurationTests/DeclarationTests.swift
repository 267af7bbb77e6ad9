import Foundation
import MartletCommand
import Testing

@testable import MartletConfiguration

/// The declarations themselves, and what is made from them.
@Suite struct DeclarationTests {
    @Test func namesAreUniqueInEverySpelling() {
        let all = Settings.all
        for spelling in [all.map(\.name), all.map(\.optionName), all.map(\.variableName)] {
            #expect(Set(spelling).count == all.count)
        }
        let groups = Set(all.filter { $0.name.contains(".") }.map(\.group))
        #expect(all.allSatisfy { !groups.contains($0.name) }, "a name is a setting or a group")
    }

    @Test func spellings() {
        #expect(SettingName.option("redis.address") == "redis-address")
        #expect(SettingName.option("drain.reconnectsPerSecond") == "drain-reconnects-per-second")
        #expect(SettingName.variable("token.secretFile") == "MARTLET_TOKEN_SECRET_FILE")
        #expect(SettingName.variable("node") == "MARTLET_NODE")
    }

    /// What is printed as a default can be given as a value, and means the same.
    @Test func defaultsCanBeWritten() throws {
        for setting in Settings.all where !setting.defaultText.isEmpty {
            #expect(
                setting.text(try setting.parse(.text(setting.defaultText))) == setting.defaultText, "\(setting.name)")
        }
    }

    @Test func everySettingIsExplained() {
        for setting in Settings.all {
            #expect(setting.help.hasSuffix("."), "\(setting.name)")
            #expect(!setting.users.isEmpty)
        }
    }

    @Test func secretsAreNoOptions() {
        for setting in Settings.all { #expect((setting.option == nil) == setting.isSecret) }
        #expect(Settings.all.filter(\.isSecret).count == 6)
    }

    @Test func optionsTakeTheSameValues() throws {
        let option = try #require(Settings.slots.option)
        #expect(option.name == "cluster-slots")
        #expect(throws: ValueError.self) { try option.parseAny("0") }
        #expect(try option.parseAny("64") as? String? == "64")
        #expect(option.defaultText == "256")
    }

    @Test(arguments: [
        ("a:1", "a", 1), ("[::1]:80", "::1", 80), ("10.0.0.1:0", "10.0.0.1", 0), ("*:9", "", -1), ("a:", "", -1),
        (":1", "", -1), ("a", "", -1), ("[a]:1", "", -1), ("[::1:1", "", -1), ("::1:1", "", -1), ("a b:1", "", -1),
        ("a:+1", "", -1), ("a:99999", "", -1), ("http://a:1", "", -1), ("a:1 ", "", -1),
    ])
    func endpoints(text: String, host: String, port: Int) {
        let endpoint = Endpoint(text)
        #expect(endpoint == (port < 0 ? nil : Endpoint(host: host, port: port)))
        if let endpoint { #expect(endpoint.description == text) }
    }

    @Test func thePageIsCurrent() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "Docs/Configuration.md"), encoding: .utf8)
        #expect(page == ReferencePage.text, "`make reference` writes it anew")
    }
}
