import Testing

@testable import MartletCommand

@Suite struct SpellingTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("nodes", "ndoes", 1),
        ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
    func distances(a: String, b: String, expected: Int) {
        #expect(Spelling.distance(a, b) == expected)
        #expect(Spelling.distance(b, a) == expected)
    }

    @Test func farWordsAreNotNamed() {
        #expect(Spelling.nearest(to: "elephant", in: ["nodes", "loops"]) == nil)
        #expect(Spelling.nearest(to: "x", in: []) == nil)
    }

    @Test func veryLongWordsCostLittle() {
        #expect(Spelling.distance(String(repeating: "a", count: 1_000_000), "b") == 64)
    }

    @Test(arguments: [(Int64(0), "0ms"), (1, "1ms"), (1500, "1500ms"), (90_000, "90s"), (86_400_000, "1d")])
    func timesAreWrittenAsTheyAreRead(milliseconds: Int64, text: String) {
        #expect(DurationText.text(milliseconds) == text)
        #expect(DurationText.milliseconds(text) == milliseconds)
    }

    @Test(arguments: ["", "s", "1", "-1s", "1.5s", "1 s", "1w", "１s"])
    func whatIsNoTimeIsRefused(text: String) { #expect(DurationText.milliseconds(text) == nil) }
}
