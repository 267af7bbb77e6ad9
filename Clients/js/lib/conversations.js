import { compare, isAbove, maximum } from "./numbers.js";
import { peerKey } from "./peers.js";

/**
 * The state of each conversation that this client has heard of: unread count, read and received marks. Built from what
 * the server says (whole states, versioned by `changedAt`) and kept up by the entries that come in between.
 */
export class Conversations {
    #states = new Map();

    get(peer) {
        return this.#states.get(peerKey(peer));
    }

    /** Newest first. */
    all() {
        return [...this.#states.values()].sort((a, b) => compare(b.lastSeq, a.lastSeq));
    }

    clear() {
        this.#states.clear();
    }

    /** Takes a state from the server; returns the one that holds now. */
    apply(state) {
        const known = this.get(state.peer);
        // An answer that was read from the store may be older than what was pushed meanwhile; marks only ever grow.
        const newer = known === undefined || compare(state.changedAt, known.changedAt) >= 0 ? state : known;
        return this.#set({ ...newer, ...greatestMarks(state, known ?? state) });
    }

    /** Counts a new entry of the mailbox, as the store does. `mine`: its sender is this user. */
    applyEntry(entry, mine) {
        const known = this.get(entry.conversation) ?? emptyState(entry.conversation);
        if (compare(entry.seq, known.lastSeq) <= 0 || compare(entry.seq, known.changedAt) < 0) return known;
        const counts = entry.type === "message" && !mine && isAbove(entry.seq, known.readUpTo);
        const unread = known.unread + (counts ? 1 : 0);
        return this.#set({ ...known, lastSeq: entry.seq, changedAt: maximum(known.changedAt, entry.seq), unread });
    }

    /** The user read up to `seq`; the server's state follows. */
    read(peer, seq) {
        const known = this.get(peer) ?? emptyState(peer);
        const unread = compare(seq, known.lastSeq) >= 0 ? 0 : known.unread;
        return this.#set({ ...known, unread, readUpTo: maximum(known.readUpTo, seq) });
    }

    #set(state) {
        this.#states.set(peerKey(state.peer), state);
        return state;
    }
}

function greatestMarks(a, b) {
    return {
        readUpTo: maximum(a.readUpTo, b.readUpTo),
        peerReceived: maximum(a.peerReceived, b.peerReceived),
        peerRead: maximum(a.peerRead, b.peerRead),
    };
}

function emptyState(peer) {
    return { peer, lastSeq: "0", unread: 0, readUpTo: "0", peerReceived: "0", peerRead: "0", changedAt: "0" };
}
