import { Backoff } from "./backoff.js";
import { Connection } from "./connection.js";
import { codeOfClose, isFinalClose } from "./errors.js";
import { Deadline } from "./timers.js";

/** A connection that lived this long was a good one: the next delay begins at the base again. */
const settledMilliseconds = 5_000;

/**
 * Keeps one connection up: which gateway, when to try again, when to give up.
 *
 * States: `idle` (not asked to connect), `connecting`, `online`, `waiting` (until `retryAt`), `refused` (the server said
 * that trying again is no use; only `connect` gets out of it).
 */
export class Dialer {
    #options;
    #owner;
    #backoff;
    #retry;
    #connection = null;
    #urls = [];
    #turn = 0;
    #attempt = 0;
    #welcomedAt = null;
    #move = null;
    #state = { name: "idle" };

    /** @param owner hears `hello()`, `welcomed`, `frame`, `lost` and `stateChanged` */
    constructor(options, owner) {
        this.#options = options;
        this.#owner = owner;
        this.#backoff = new Backoff({ ...options.backoff, random: options.random });
        this.#retry = new Deadline(options.timers, () => this.#retryNow());
    }

    get state() {
        return this.#state;
    }

    /** The connection, once it is welcomed; null before and after. */
    get connection() {
        return this.#welcomedAt === null ? null : this.#connection;
    }

    connect() {
        if (this.#state.name !== "idle" && this.#state.name !== "refused") return;
        this.#backoff.reset();
        this.#dial();
    }

    disconnect(reason = "") {
        this.#attempt += 1;
        this.#retry.clear();
        this.#move = null;
        this.#setState({ name: "idle" });
        this.#connection?.end(1000, reason);
    }

    /** The network may have changed, or the lid was opened: try now, or see whether the connection still lives. */
    wake() {
        // Where the server said when to come back, its pace holds.
        if (this.#state.name === "waiting" && !this.#move) return this.#retryNow();
        if (this.#state.name === "online") this.#connection.probe();
    }

    /** Leaves this connection and dials again at once, with a new `hello`. */
    redial(reason) {
        this.#move = { url: this.#state.url, at: 0 };
        this.#connection?.end(1000, reason);
    }

    #retryNow() {
        this.#retry.clear();
        if (this.#connection) return this.#connection.end(1000, "moving as told");
        this.#dial();
    }

    async #dial() {
        this.#attempt += 1;
        const attempt = this.#attempt;
        this.#setState({ name: "connecting" });
        try {
            this.#urls = await urlsOf(this.#options.url);
            const hello = await this.#owner.hello();
            if (attempt === this.#attempt) this.#open(hello);
        } catch (error) {
            if (attempt === this.#attempt) this.#wait({ code: "unavailable", reason: error.message });
        }
    }

    #open(hello) {
        const url = this.#move?.url ?? this.#url();
        this.#move = null;
        this.#setState({ name: "connecting", url });
        const { WebSocket, timers, limits } = this.#options;
        this.#connection = new Connection({ url, WebSocket, hello, timers, limits, owner: this });
    }

    #url() {
        return this.#urls[this.#turn % this.#urls.length];
    }

    /** A frame of the connection's. */
    frame(kind, frame, ref) {
        if (kind === "welcome") return this.#welcomed(frame);
        if (kind === "reconnect") return this.#toldToMove(frame);
        this.#owner.frame(kind, frame, ref);
    }

    #welcomed(welcome) {
        this.#welcomedAt = this.#options.timers.now();
        const { node, home } = welcome;
        this.#setState({ name: "online", url: this.#state.url, node, home });
        this.#owner.welcomed(welcome);
    }

    /** The gateway empties itself: it says where to go and when, and the connection is used until then. */
    #toldToMove({ address, afterMilliseconds }) {
        const url = this.#urlAt(address);
        const pause = this.#welcomedAt === null ? Math.max(afterMilliseconds, this.#backoff.next()) : afterMilliseconds;
        this.#move = { url, at: this.#options.timers.now() + pause };
        this.#retry.set(pause);
    }

    #urlAt(address) {
        if (address === "") this.#turn += 1;
        const index = this.#urls.findIndex((url) => new URL(url).host === address);
        if (index >= 0) this.#turn = index;
        if (address === "" || index >= 0) return this.#url();
        const { protocol, pathname, search } = new URL(this.#url());
        return `${protocol}//${address}${pathname}${search}`;
    }

    /** The connection's end. */
    closed({ closeCode, reason }) {
        const wasWelcomed = this.#welcomedAt !== null;
        if (wasWelcomed && this.#options.timers.now() - this.#welcomedAt >= settledMilliseconds) this.#backoff.reset();
        this.#connection = null;
        this.#welcomedAt = null;
        const why = { code: codeOfClose(closeCode), reason, closeCode };
        this.#owner.lost(why);
        if (this.#state.name !== "idle") this.#goOn(why, wasWelcomed);
    }

    #goOn(why, wasWelcomed) {
        if (isFinalClose(why.closeCode)) {
            this.#retry.clear();
            this.#move = null;
            return this.#setState({ name: "refused", ...why });
        }
        if (this.#move) return this.#wait(why, Math.max(0, this.#move.at - this.#options.timers.now()));
        // A gateway that never let us in may be gone: the next in the list has its turn.
        if (!wasWelcomed) this.#turn += 1;
        this.#wait(why);
    }

    #wait(why, milliseconds = this.#backoff.next()) {
        if (milliseconds === 0) {
            this.#retry.clear();
            return this.#dial();
        }
        this.#setState({ name: "waiting", ...why, retryAt: this.#options.timers.now() + milliseconds });
        this.#retry.set(milliseconds);
    }

    #setState(state) {
        this.#state = Object.freeze(state);
        this.#owner.stateChanged(this.#state);
    }
}

async function urlsOf(source) {
    const given = typeof source === "function" ? await source() : source;
    const urls = Array.isArray(given) ? given : [given];
    if (urls.length === 0) throw new Error("no gateway is known");
    return urls.map((url) => new URL(url).href);
}
