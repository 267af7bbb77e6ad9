import { Backoff } from "./backoff.js";
import { maximum } from "./numbers.js";
import { parsePeer, peerKey } from "./peers.js";
import { Deadline } from "./timers.js";

/**
 * How far the user has read, per conversation, until the server confirms it. Marks are cumulative: only the greatest
 * counts, so it may be told late, or twice.
 */
export class ReadMarks {
    #marks;
    #owner;
    #connection = null;
    #underWay = new Map();
    #backoff;
    #retry;

    /** @param {Record<string, string>} stored what `snapshot` gave; @param owner `saveReads`, `conversationState`, `problem` */
    constructor(stored, options, owner) {
        this.#marks = new Map(Object.entries(stored ?? {}));
        this.#owner = owner;
        this.#backoff = new Backoff({ ...options.retry, random: options.random });
        this.#retry = new Deadline(options.timers, () => this.#flush());
    }

    mark(peer, seq) {
        const key = peerKey(peer);
        this.#marks.set(key, maximum(this.#marks.get(key) ?? "0", seq));
        this.#owner.saveReads();
        if (!this.#retry.isSet) this.#flush();
    }

    /** They name places in a log that is no more. */
    clear() {
        this.#marks.clear();
        this.#owner.saveReads();
    }

    welcomed(connection) {
        this.#connection = connection;
        this.#flush();
    }

    lost() {
        this.#connection = null;
        this.#underWay.clear();
        this.#retry.clear();
    }

    #flush() {
        if (this.#connection === null) return;
        for (const [key, seq] of this.#marks) if (!this.#underWay.has(key)) this.#send(key, seq);
    }

    #send(key, seq) {
        const connection = this.#connection;
        this.#underWay.set(key, seq);
        connection.request("read", { conversation: parsePeer(key), seq }, (error, receipt) => {
            if (connection !== this.#connection) return;
            this.#underWay.delete(key);
            if (error?.temporary) return this.#retry.set(error.retryAfterMilliseconds || this.#backoff.next());
            this.#confirmed(key, seq, error, receipt);
        });
    }

    #confirmed(key, seq, error, receipt) {
        this.#backoff.reset();
        if (this.#marks.get(key) === seq) this.#marks.delete(key);
        this.#owner.saveReads();
        if (error) this.#owner.problem(error);
        else this.#owner.conversationState(receipt.conversation);
        this.#flush();
    }

    snapshot() {
        return Object.fromEntries(this.#marks);
    }
}
