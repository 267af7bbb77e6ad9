import { arrange, avatar, byId, make } from "./dom.js";
import { day } from "./format.js";
import { messageElement, progressOf, signatureOf } from "./message-view.js";

/** Messages closer together than this, by one sender, form a group. */
const groupMilliseconds = 3 * 60_000;
/** How near its end the log counts as being there, in pixels. */
const nearEnd = 48;

/** The open conversation: its messages, and where in them the reader is. */
export class ThreadView {
    #log = byId("log");
    #elements = new Map();
    #actions;
    #isAtEnd = true;

    /** @param actions react, edit, remove, dismiss, older (more history is wanted), seen (the end is in sight) */
    constructor(actions) {
        this.#actions = actions;
        this.#log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
        // The keyboard of a phone, or a longer draft, takes room away: whoever was at the end stays there.
        new ResizeObserver(() => this.#keepPlace(this.#log.scrollHeight)).observe(this.#log);
    }

    get isAtEnd() {
        return this.#isAtEnd;
    }

    open(peer) {
        const name = peer.user ?? peer.group;
        byId("thread-none").hidden = true;
        byId("thread-open").hidden = false;
        byId("thread-name").textContent = name;
        byId("thread-avatar").replaceChildren(avatar(name));
        this.#elements.clear();
        this.#isAtEnd = true;
    }

    close() {
        byId("thread-none").hidden = false;
        byId("thread-open").hidden = true;
    }

    /** @param talk what is said; @param state the conversation's marks; @param user who reads */
    show(talk, state, user) {
        const heightBefore = this.#log.scrollHeight;
        const rows = talk.rows;
        arrange(byId("messages"), this.#nodes(rows, state, user));
        byId("log-start").textContent = startText(talk, rows);
        this.#keepPlace(heightBefore);
        if (this.#isAtEnd) this.#actions.seen();
        else this.#wantOlder();
        if (this.#log.scrollHeight <= this.#log.clientHeight && talk.hasMore) this.#actions.older();
    }

    #nodes(rows, state, user) {
        const nodes = [];
        const kept = new Map();
        rows.forEach((row, index) => {
            const before = rows[index - 1];
            const label = day(row.time);
            if (!before || day(before.time) !== label) nodes.push(this.#kept(kept, `day ${label} ${row.key}`, "", () =>
                make("li", { class: "day", role: "presentation" }, make("span", {}, label))));
            const follows = isGroup(before, row);
            const progress = progressOf(row, state);
            nodes.push(this.#kept(kept, row.key, signatureOf(row, progress, follows), () =>
                messageElement(row, progress, follows, this.#actions, user)));
        });
        this.#elements = kept;
        return nodes;
    }

    /** The element that was made for the same content before, or a new one. */
    #kept(kept, key, signature, produce) {
        const known = this.#elements.get(key);
        const holds = known?.signature === signature ? known : { signature, element: produce() };
        kept.set(key, holds);
        return holds.element;
    }

    /** At the end it stays at the end; elsewhere what is read stays where it is while older messages come above it. */
    #keepPlace(heightBefore) {
        if (this.#isAtEnd) this.#log.scrollTop = this.#log.scrollHeight;
        else if (this.#log.scrollTop < 200) this.#log.scrollTop += this.#log.scrollHeight - heightBefore;
    }

    scrollToEnd() {
        this.#isAtEnd = true;
        this.#log.scrollTop = this.#log.scrollHeight;
    }

    #scrolled() {
        const wasAtEnd = this.#isAtEnd;
        this.#isAtEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < nearEnd;
        if (this.#isAtEnd && !wasAtEnd) this.#actions.seen();
        this.#wantOlder();
    }

    #wantOlder() {
        if (this.#log.scrollTop < 200) this.#actions.older();
    }
}

const isGroup = (before, row) => before !== undefined && before.from === row.from && day(before.time) === day(row.time)
    && row.time - before.time < groupMilliseconds;

function startText(talk, rows) {
    if (talk.hasMore) return talk.loadedFrom === null && rows.length === 0 ? "" : "Loading earlier messages…";
    if (rows.length === 0) return "Nothing has been said yet.";
    return "This is where the conversation begins.";
}
