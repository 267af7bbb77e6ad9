import { compare, isAbove, maximum } from "./numbers.js";

/**
 * Where this device is in its user's mailbox. Every entry carries `prev`, the seq before it in the mailbox, so the
 * entries form a chain, and a missing link shows.
 */
export class Mailbox {
    /** @param {{generation?: string, cursor?: string}} [stored] what `snapshot` gave */
    constructor(stored = {}) {
        /** Names the log that the cursor belongs to; "0": none yet. */
        this.generation = stored.generation ?? "0";
        /** Everything up to here was given to the application. */
        this.cursor = stored.cursor ?? "0";
    }

    get isFresh() {
        return this.generation === "0";
    }

    /** Starts in another log, or again in this one. */
    restart(generation, cursor) {
        this.generation = generation;
        this.cursor = cursor;
    }

    /**
     * Where an entry stands: `duplicate` (it was shown), `next`, or `gap` (something before it is missing, or its place
     * is not known). The cursor may lie between `prev` and `seq`: it also stands where pages ended.
     */
    place(seq, prev) {
        if (compare(seq, this.cursor) <= 0) return "duplicate";
        return prev === undefined || isAbove(prev, this.cursor) ? "gap" : "next";
    }

    advance(seq) {
        this.cursor = maximum(this.cursor, seq);
    }

    snapshot() {
        return { generation: this.generation, cursor: this.cursor };
    }
}
