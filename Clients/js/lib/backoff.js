/**
 * Exponential back-off with equal jitter: the n-th delay lies in [c/2, c) with c = min(maximum, base * 2^n). Half is kept
 * so that a broken server is never hammered, half is random so that many clients do not come back at once.
 */
export class Backoff {
    #attempts = 0;

    /** Milliseconds. `random` gives numbers in [0, 1). */
    constructor({ baseMilliseconds, maximumMilliseconds, random = Math.random }) {
        this.base = baseMilliseconds;
        this.maximum = maximumMilliseconds;
        this.random = random;
    }

    next() {
        const ceiling = Math.min(this.maximum, this.base * 2 ** Math.min(this.#attempts, 30));
        this.#attempts += 1;
        return ceiling / 2 + (this.random() * ceiling) / 2;
    }

    reset() {
        this.#attempts = 0;
    }
}
