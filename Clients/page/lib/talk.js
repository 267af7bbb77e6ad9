import { compare, isAbove } from "../../js/lib/numbers.js";

/**
 * What one conversation looks like, made of its entries. Edits, deletes and reactions change the message that they name;
 * where that one is not loaded yet, they wait for it. Applying an entry again changes nothing, so pushed entries, pages
 * of history and a sync after a reconnect may overlap as they like.
 */
export class Talk {
    #messages = new Map();
    #changes = new Map();
    #pending = new Map();
    #refused = 0;

    /** @param peer with whom; @param {{user: string, device: string}} self whose mailbox it is, seen from which device */
    constructor(peer, self) {
        this.peer = peer;
        this.self = self;
        /** History below this seq is not loaded; null: nothing is. */
        this.loadedFrom = null;
        this.hasMore = true;
    }

    /** Messages by seq, then what waits for its answer. */
    get rows() {
        const placed = [...this.#messages.values()].sort((a, b) => compare(a.seq, b.seq));
        return [...placed, ...this.#pending.values()];
    }

    get last() {
        return this.rows.filter((row) => !row.isRejected).at(-1);
    }

    /** The newest own message that can still be edited. */
    get lastOwn() {
        return this.rows.filter((row) => row.isMine && row.seq && !row.isDeleted).at(-1);
    }

    /** Takes an entry, from wherever it came. */
    apply(entry) {
        if (entry.type === "message") this.#applyMessage(entry);
        else if (entry.target) this.#applyChange(entry);
    }

    #applyMessage(entry) {
        if (this.#isOwnDevice(entry)) this.#pending.delete(entry.clientSequence);
        if (this.#messages.has(entry.id)) return;
        this.#messages.set(entry.id, {
            key: entry.id, id: entry.id, seq: entry.seq, from: entry.from, time: entry.time,
            text: textOf(entry.content), isMine: entry.from === this.self.user, isEdited: false, isDeleted: false,
            reactions: new Map(), conversation: entry.conversation,
        });
        for (const change of this.#changes.get(entry.id) ?? []) this.#change(this.#messages.get(entry.id), change);
    }

    #isOwnDevice(entry) {
        return entry.from === this.self.user && entry.device === this.self.device;
    }

    #applyChange(entry) {
        const changes = this.#changes.get(entry.target.id) ?? [];
        if (changes.some(({ id }) => id === entry.id)) return;
        // Pages of history come newest first; what holds is the order of the mailbox.
        changes.push(entry);
        changes.sort((a, b) => compare(a.seq, b.seq));
        this.#changes.set(entry.target.id, changes);
        const message = this.#messages.get(entry.target.id);
        if (message) for (const change of changes) this.#change(message, change);
    }

    #change(message, { type, from, content }) {
        if (type === "reaction") return setReaction(message.reactions, from, textOf(content));
        if (from !== message.from || message.isDeleted) return;
        if (type === "delete") Object.assign(message, { isDeleted: true, text: "" });
        if (type === "edit") Object.assign(message, { isEdited: true, text: textOf(content) });
    }

    /** A message of this device that is on its way; `outcome` null while there is none. */
    applyOutgoing(outgoing, outcome) {
        if (outgoing.type !== "message") return;
        const key = outgoing.clientSequence;
        if (outcome === null) this.#pending.set(key, this.#pendingRow(outgoing));
        else if (!outcome.accepted) this.#refuse(key, outgoing, outcome);
        // Its entry takes its place at once, or with the next page; one without a place was removed by retention.
        else if (outcome.seq === undefined) this.#pending.delete(key);
    }

    #pendingRow({ clientSequence, to, content }) {
        return {
            key: `pending-${clientSequence}`, id: null, seq: null, from: this.self.user,
            time: this.#pending.get(clientSequence)?.time ?? Date.now(), text: textOf(content), isMine: true,
            isEdited: false, isDeleted: false, reactions: new Map(), conversation: to, isRejected: false,
        };
    }

    /** Stays in sight until it is dismissed, under a key of its own: its number may belong to another one now. */
    #refuse(clientSequence, outgoing, { code, reason }) {
        const row = this.#pending.get(clientSequence) ?? this.#pendingRow(outgoing);
        this.#pending.delete(clientSequence);
        this.#refused += 1;
        const key = `refused-${this.#refused}`;
        this.#pending.set(key, { ...row, key, isRejected: true, fault: reason || code || "refused" });
    }

    /** What is on its way may have been numbered again. */
    resetPending(outgoing) {
        for (const [key, row] of this.#pending) if (!row.isRejected) this.#pending.delete(key);
        for (const item of outgoing) this.applyOutgoing(item, null);
    }

    dismiss(key) {
        this.#pending.delete(key);
    }

    /** The mailbox began again: what is here has seqs that mean nothing any more. */
    clear() {
        this.#messages.clear();
        this.#changes.clear();
        this.loadedFrom = null;
        this.hasMore = true;
    }

    /** Takes a page of history. */
    applyHistory({ entries, more }) {
        for (const entry of entries) this.apply(entry);
        const oldest = entries.at(-1)?.seq ?? "0";
        if (this.loadedFrom === null || isAbove(this.loadedFrom, oldest)) this.loadedFrom = oldest;
        this.hasMore = more;
    }
}

function textOf(content) {
    if (!content) return "";
    return content.text ?? `[${content.contentType}]`;
}

/** One reaction per user; an empty one takes it back. */
function setReaction(reactions, from, text) {
    if (text === "") reactions.delete(from);
    else reactions.set(from, text);
}
