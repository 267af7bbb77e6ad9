import { Backoff } from "./backoff.js";
import { isTemporary } from "./errors.js";
import { outcomeWindow } from "./outbox.js";
import { Deadline } from "./timers.js";

/**
 * Gets the outbox out: in order, at most 64 beyond the lowest unanswered, and after any temporary trouble again from the
 * lowest unanswered on, which is safe because the server answers a number that it knows with its first outcome.
 */
export class Sender {
    #outbox;
    #options;
    #owner;
    #connection = null;
    #numbers = new Map();
    #backoff;
    #retry;
    #answer;
    /** How many may be under way: halved by a temporary rejection, so that a limited device does not resend 64. */
    #window = outcomeWindow;

    /** @param owner hears `settled(item, outcome)`, `saveOutbox()`, `contradiction()` */
    constructor(outbox, options, owner) {
        this.#outbox = outbox;
        this.#options = options;
        this.#owner = owner;
        this.#backoff = new Backoff({ ...options.retry, random: options.random });
        this.#retry = new Deadline(options.timers, () => this.#pump());
        this.#answer = new Deadline(options.timers, () => this.#goBack());
    }

    add(message) {
        const item = this.#outbox.add(message);
        const saved = this.#owner.saveOutbox();
        // A number must not be on its way before it is remembered: else a restart would give it out again.
        if (saved) this.#holdUntil(item, saved);
        this.#pump();
        return item;
    }

    #holdUntil(item, saved) {
        item.held = true;
        saved.then(() => {
            item.held = false;
            this.#pump();
        });
    }

    welcomed(connection, welcome) {
        this.#connection = connection;
        this.#window = outcomeWindow;
        this.#backoff.reset();
        this.#outbox.goBack();
        const rejected = welcome.rejectedClientSequences.map(Number);
        for (const item of this.#outbox.settleUpTo(Number(welcome.lastClientSequence), rejected)) {
            // Its code was in the answer that got lost.
            this.#owner.settled(item, { accepted: false, code: null, reason: "rejected while the connection was lost" });
        }
        this.#owner.saveOutbox();
        this.#pump();
    }

    lost() {
        this.#connection = null;
        this.#numbers.clear();
        this.#retry.clear();
        this.#answer.clear();
    }

    /** Everything that was in the mailbox has been shown: what still waits for its own copy gets no other news. */
    caughtUp() {
        for (const item of this.#outbox.takeDecided()) this.#settled(item, { accepted: true });
    }

    /** @returns the item that this answers; undefined: it was settled before */
    accepted({ clientSequence, id, seq, time }) {
        const item = this.#outbox.settle(Number(clientSequence));
        if (!item) return undefined;
        this.#backoff.reset();
        this.#window = Math.min(outcomeWindow, this.#window + 1);
        this.#settled(item, { accepted: true, id, seq, time });
        return item;
    }

    rejected({ clientSequence, code, reason, expected, retryAfterMilliseconds }) {
        const number = Number(clientSequence);
        if (isTemporary(code)) return this.#postponed(number, code, Number(expected), retryAfterMilliseconds);
        const item = this.#outbox.settle(number);
        if (item) this.#settled(item, { accepted: false, code, reason });
    }

    /** An `error` frame. True: it answered a send, which has consumed no number. */
    failed(ref, { code, reason, retryAfterMilliseconds }) {
        const number = this.#numbers.get(ref);
        if (number === undefined) return false;
        if (isTemporary(code)) this.#postponed(number, code, 0, retryAfterMilliseconds);
        else this.#withdraw(number, code, reason);
        return true;
    }

    #withdraw(number, code, reason) {
        this.#numbers.clear();
        const item = this.#outbox.withdraw(number);
        if (item) this.#settled(item, { accepted: false, code, reason });
    }

    #postponed(number, code, expected, retryAfterMilliseconds) {
        if (!this.#outbox.items.some((item) => item.clientSequence === number && item.sent)) return;
        if (expected !== 0 && expected < this.#outbox.lowest) return this.#owner.contradiction();
        this.#outbox.goBack();
        this.#answer.clear();
        if (this.#retry.isSet) return;
        this.#window = Math.max(1, Math.floor(this.#window / 2));
        this.#retry.set(retryAfterMilliseconds || this.#backoff.next());
    }

    #settled(item, outcome) {
        this.#owner.saveOutbox();
        this.#owner.settled(item, outcome);
        this.#pump();
    }

    #goBack() {
        this.#outbox.goBack();
        this.#pump();
    }

    #pump() {
        if (this.#connection === null || this.#retry.isSet) return;
        for (const item of this.#outbox.sendable(this.#window)) {
            item.sent = true;
            const frame = { clientSequence: String(item.clientSequence), ...item.message };
            this.#numbers.set(this.#connection.send("send", frame), item.clientSequence);
        }
        this.#watch();
    }

    /** An answer can be lost with a home; then nothing else would tell. */
    #watch() {
        if (this.#outbox.items.some((item) => item.sent)) this.#answer.set(this.#options.limits.answerMilliseconds);
        else this.#answer.clear();
    }
}
