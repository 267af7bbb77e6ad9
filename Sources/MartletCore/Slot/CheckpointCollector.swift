/// Puts the parts of checkpoints together (rule 9). Parts of several checkpoints may be mixed, and may repeat.
struct CheckpointCollector: Sendable {
    private struct Partial: Sendable {
        let epoch: Epoch
        let position: Offset
        var missing: Int
        var parts: [[CheckpointRow]?]
    }

    /// A checkpoint's worth of parts that never became whole is dropped after so many others have begun.
    private static let maxPartials = 64

    private var partials: [Partial] = []

    /// All rows in order, if `part` was the last that was missing. `keepsRows` false: the rows are empty.
    mutating func add(_ part: CheckpointPart, epoch: Epoch, keepsRows: Bool) -> [CheckpointRow]? {
        let index = partial(for: part, epoch: epoch)
        guard partials[index].parts[Int(part.part)] == nil else { return nil }
        partials[index].parts[Int(part.part)] = keepsRows ? part.rows : []
        partials[index].missing -= 1
        guard partials[index].missing == 0 else { return nil }
        return partials.remove(at: index).parts.flatMap { $0 ?? [] }
    }

    private mutating func partial(for part: CheckpointPart, epoch: Epoch) -> Int {
        let found = partials.firstIndex {
            $0.epoch == epoch && $0.position == part.position && $0.parts.count == Int(part.parts)
        }
        if let found { return found }
        if partials.count == CheckpointCollector.maxPartials { partials.removeFirst() }
        let parts = Int(part.parts)
        partials.append(
            Partial(
                epoch: epoch, position: part.position, missing: parts,
                parts: Array(repeating: nil, count: parts)))
        return partials.count - 1
    }
}
