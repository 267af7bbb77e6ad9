/// How long targets take to acknowledge, and so when one of them is late (RFC 6298).
struct AcknowledgementTime: Sendable {
    private var smoothed: Int64 = 0
    private var variation: Int64 = 0
    private var isKnown = false

    /// The time of a record that went once: one that went again does not say which of the two was acknowledged (Karn).
    mutating func take(_ milliseconds: Int64) {
        guard isKnown else {
            (smoothed, variation, isKnown) = (milliseconds, milliseconds / 2, true)
            return
        }
        variation += (abs(smoothed - milliseconds) - variation) / 4
        smoothed += (milliseconds - smoothed) / 8
    }

    /// Milliseconds; 0: nothing is known.
    var late: Int64 { smoothed + 4 * variation }
}
