/** The clock as the client sees it; tests give their own. Milliseconds. */
export const systemTimers = {
    now: () => Date.now(),
    setTimeout: (action, milliseconds) => globalThis.setTimeout(action, milliseconds),
    clearTimeout: (timer) => globalThis.clearTimeout(timer),
};

/** One deadline that is set, moved and cleared. */
export class Deadline {
    #timer = null;

    constructor(timers, action) {
        this.timers = timers;
        this.action = action;
    }

    get isSet() {
        return this.#timer !== null;
    }

    set(milliseconds) {
        this.clear();
        this.#timer = this.timers.setTimeout(() => {
            this.#timer = null;
            this.action();
        }, milliseconds);
    }

    clear() {
        if (this.#timer !== null) this.timers.clearTimeout(this.#timer);
        this.#timer = null;
    }
}
