import { Backoff } from "./backoff.js";
import { isAbove, maximum } from "./numbers.js";
import { Deadline } from "./timers.js";

/** The server pushes at most 64 entries that are not acknowledged, so half of that is acknowledged at once. */
const acknowledgeAtOnce = 32;

/**
 * Brings the mailbox to the application: every entry once, in order, whatever the connection does. Pushes are taken
 * while their chain holds; where it does not, and after every `welcome`, pages are pulled from the cursor on.
 *
 * It always syncs after `welcome`, even where no entry is missing: receipts that changed meanwhile come only so.
 */
export class Feed {
    #mailbox;
    #options;
    #owner;
    #connection = null;
    #backoff;
    #retry;
    #acknowledgement;
    #isSyncing = false;
    #isLive = false;
    /** The highest seq that was pushed over a gap: pages must get there. */
    #promised = "0";
    #acknowledged = "0";
    #unacknowledged = 0;

    /** @param owner hears `entry`, `conversationState`, `trimmed`, `resynced`, `live`, `problem` and `moved` */
    constructor(mailbox, options, owner) {
        this.#mailbox = mailbox;
        this.#options = options;
        this.#owner = owner;
        this.#backoff = new Backoff({ ...options.retry, random: options.random });
        this.#retry = new Deadline(options.timers, () => this.#pull());
        this.#acknowledgement = new Deadline(options.timers, () => this.#acknowledge());
    }

    get isLive() {
        return this.#isLive;
    }

    welcomed(connection, welcome) {
        this.#connection = connection;
        this.#isSyncing = false;
        this.#promised = "0";
        this.#acknowledged = "0";
        this.#backoff.reset();
        this.#position(welcome);
        this.#sync();
    }

    #position(welcome) {
        const mailbox = this.#mailbox;
        const fromHead = this.#options.startAt === "head";
        if (mailbox.isFresh) {
            mailbox.restart(welcome.generation, fromHead ? welcome.head : "0");
            this.#owner.moved();
        } else if (welcome.resync || welcome.generation !== mailbox.generation) {
            mailbox.restart(welcome.generation, fromHead ? welcome.head : welcome.cursor);
            this.#owner.moved();
            this.#owner.resynced({ generation: welcome.generation, cursor: mailbox.cursor });
        }
    }

    lost() {
        this.#connection = null;
        this.#isSyncing = false;
        this.#retry.clear();
        this.#acknowledgement.clear();
        this.#setLive(false);
    }

    /** Pushed entries. */
    messages(entries) {
        for (const entry of entries) this.#take(entry);
        this.#settle();
    }

    /** This device's own message, at the place that `accepted` gave it. */
    own(entry) {
        this.#take(entry);
        this.#settle();
    }

    behind() {
        this.#setLive(false);
        this.#sync();
    }

    #take(entry) {
        const place = this.#mailbox.place(entry.seq, entry.prev);
        if (place === "next") return this.#deliver(entry);
        if (place === "duplicate" && entry.seq !== "0") return;
        this.#promised = maximum(this.#promised, entry.seq);
        this.#sync();
    }

    #deliver(entry) {
        this.#mailbox.advance(entry.seq);
        this.#unacknowledged += 1;
        this.#owner.entry(entry);
    }

    #sync() {
        if (this.#isSyncing || this.#connection === null) return;
        this.#isSyncing = true;
        this.#pull();
    }

    #pull() {
        const connection = this.#connection;
        const after = this.#mailbox.cursor;
        connection.request("sync", { after }, (error, page) => {
            // What an earlier connection had asked for was asked again.
            if (connection !== this.#connection) return;
            if (error) return this.#pullAgain(error);
            this.#takePage(after, page);
        });
    }

    #pullAgain(error) {
        if (!error.temporary) this.#owner.problem(error);
        this.#retry.set(error.retryAfterMilliseconds || this.#backoff.next());
    }

    #takePage(after, page) {
        const mailbox = this.#mailbox;
        if (isAbove(page.floor, after)) this.#skipTrimmed(after, page.floor);
        // The mailbox's own answer to "what comes after": its entries need no proof by `prev`.
        const fresh = page.entries.filter((entry) => isAbove(entry.seq, mailbox.cursor));
        for (const entry of fresh) this.#deliver(entry);
        for (const state of page.conversations) this.#owner.conversationState(state);
        mailbox.advance(page.upTo);
        this.#settle();
        if (page.live) return this.#caughtUp();
        if (isAbove(mailbox.cursor, after)) return this.#pull();
        this.#retry.set(this.#backoff.next());
    }

    #skipTrimmed(after, floor) {
        this.#mailbox.advance(floor);
        // A device that starts at the beginning has lost nothing that it ever had.
        if (after !== "0") this.#owner.trimmed({ after, floor });
    }

    #caughtUp() {
        if (isAbove(this.#promised, this.#mailbox.cursor)) return this.#retry.set(this.#backoff.next());
        this.#isSyncing = false;
        this.#backoff.reset();
        this.#setLive(true);
    }

    #setLive(isLive) {
        if (this.#isLive === isLive) return;
        this.#isLive = isLive;
        this.#owner.live(isLive);
    }

    /** After each frame: what was shown is remembered, then acknowledged, soon. */
    #settle() {
        this.#owner.moved();
        if (this.#connection === null || !isAbove(this.#mailbox.cursor, this.#acknowledged)) return;
        if (this.#unacknowledged >= acknowledgeAtOnce) return this.#acknowledge();
        if (!this.#acknowledgement.isSet) this.#acknowledgement.set(this.#options.acknowledgeMilliseconds);
    }

    #acknowledge() {
        this.#acknowledgement.clear();
        this.#unacknowledged = 0;
        this.#acknowledged = this.#mailbox.cursor;
        this.#connection.send("ack", { seq: this.#acknowledged });
    }
}
