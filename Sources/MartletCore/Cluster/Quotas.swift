/// How many slots each member should own: by weight, with the largest remainder, exact.
enum Quotas {
    /// Members of weight 0 get none; the sum is `slots` if any member has a weight.
    ///
    /// - Parameters:
    ///   - owned: what each member owns now. Among equal remainders the extra slot goes to who already has it, so
    ///     that rounding moves nothing; then by order.
    ///   - pinned: what is tied to each member. One with more than its share keeps exactly that, and the others share
    ///     what is left.
    static func compute(slots: Int, weights: [Int], owned: [Int], pinned: [Int]) -> [Int] {
        var quotas = pinned
        var sharing = weights.indices.filter { weights[$0] > 0 }
        while true {
            let fixed = weights.indices.filter { !sharing.contains($0) }.reduce(0) { $0 + pinned[$1] }
            let shares = share(slots - fixed, among: sharing, weights: weights, owned: owned)
            let overfull = zip(sharing, shares).filter { pinned[$0.0] > $0.1 }.map(\.0)
            guard !overfull.isEmpty else {
                for (member, share) in zip(sharing, shares) { quotas[member] = share }
                return quotas
            }
            sharing.removeAll { overfull.contains($0) }
        }
    }

    private static func share(_ slots: Int, among sharing: [Int], weights: [Int], owned: [Int]) -> [Int] {
        let total = sharing.reduce(0) { $0 + weights[$1] }
        guard total > 0 else { return [] }
        var shares = sharing.map { slots * weights[$0] / total }
        let left = slots - shares.reduce(0, +)
        for place in byRemainder(slots, sharing, shares, weights, owned, total).prefix(left) { shares[place] += 1 }
        return shares
    }

    /// Places in `sharing`, who is owed the most of a further slot first.
    private static func byRemainder(
        _ slots: Int, _ sharing: [Int], _ shares: [Int], _ weights: [Int], _ owned: [Int], _ total: Int
    ) -> [Int] {
        func rank(_ place: Int) -> (Int, Int, Int) {
            let member = sharing[place]
            let has = owned[member] > shares[place]
            return (-(slots * weights[member] % total), has ? 0 : 1, place)
        }
        return sharing.indices.sorted { rank($0) < rank($1) }
    }
}
