/// Finds what somebody meant who wrote something else.
public enum Spelling {
    /// The candidate nearest to `word`, if it is near enough to be worth naming: at most a third of the word wrong.
    public static func nearest(to word: String, in candidates: [String]) -> String? {
        let near = candidates.map { (name: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        guard let near, near.distance <= max(1, max(word.count, near.name.count) / 3) else {
            // A word cut short is far by distance and plain to a person.
            return candidates.filter { word.count >= 2 && $0.hasPrefix(word) }.min { $0.count < $1.count }
        }
        return near.name
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    public static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.unicodeScalars.prefix(64))
        let b = Array(b.unicodeScalars.prefix(64))
        var before = [Int]()
        var row = Array(0...b.count)
        for i in a.indices {
            var next = [i + 1]
            for j in b.indices {
                var best = min(row[j + 1], next[j]) + 1
                best = min(best, row[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                next.append(best)
            }
            before = row
            row = next
        }
        return row[b.count]
    }
}
