import { MartletError } from "./errors.js";
import { decodeServerFrame, encodeClientFrame } from "./frames.js";
import { Deadline } from "./timers.js";

export const subprotocol = "martlet.v1.json";

/** Kinds that answer a request of ours if they carry its ref. */
const answerKinds = new Set(["synced", "conversations", "history", "presence", "receipt", "pong"]);

/**
 * One WebSocket from its opening to its end: `hello`, frames with refs, answers matched to requests, a heartbeat. It
 * never reconnects. Its owner hears `frame(kind, frame, ref)` in order and `closed({closeCode, reason})` exactly once.
 */
export class Connection {
    #socket;
    #owner;
    #timers;
    #limits;
    #lastRef = 0;
    #requests = new Map();
    #isClosed = false;
    #handshake;
    #heartbeat;
    #silence;
    #heartbeatMilliseconds = 0;

    /**
     * @param {{url: string, WebSocket: Function, hello: object, timers: object, owner: object,
     *   limits: {handshakeMilliseconds: number, requestMilliseconds: number, pongMilliseconds: number}}} options
     */
    constructor({ url, WebSocket, hello, timers, limits, owner }) {
        this.#owner = owner;
        this.#timers = timers;
        this.#limits = limits;
        this.#handshake = new Deadline(timers, () => this.end(1006, "no welcome in time"));
        this.#heartbeat = new Deadline(timers, () => this.probe());
        this.#silence = new Deadline(timers, () => this.end(1006, "the server is silent"));
        this.#socket = new WebSocket(url, [subprotocol]);
        this.#handshake.set(limits.handshakeMilliseconds);
        this.#listen(hello);
    }

    #listen(hello) {
        this.#socket.onopen = () => this.#opened(hello);
        this.#socket.onmessage = (event) => this.#received(event.data);
        this.#socket.onclose = (event) => this.#ended(event.code, event.reason);
        // Always followed by `close`, which tells as much as a page may know.
        this.#socket.onerror = () => {};
    }

    #opened(hello) {
        if (this.#socket.protocol !== subprotocol) return this.end(1002, "the server does not speak " + subprotocol);
        this.send("hello", hello);
    }

    #received(data) {
        if (this.#isClosed) return;
        this.#silence.clear();
        let envelope;
        try {
            envelope = decodeServerFrame(data);
        } catch (error) {
            return this.end(1007, error.reason);
        }
        if (envelope !== null) this.#dispatch(envelope);
    }

    #dispatch({ ref, kind, frame }) {
        if (kind === "welcome") this.#welcomed(frame);
        if (kind === "pong") return;
        const request = ref === undefined ? undefined : this.#requests.get(ref);
        if (request && (answerKinds.has(kind) || kind === "error")) return this.#answered(ref, request, kind, frame);
        this.#owner.frame(kind, frame, ref);
    }

    #welcomed(welcome) {
        this.#handshake.clear();
        this.#heartbeatMilliseconds = welcome.heartbeatMilliseconds || 30_000;
        this.#heartbeat.set(this.#heartbeatMilliseconds);
    }

    #answered(ref, request, kind, frame) {
        this.#requests.delete(ref);
        request.deadline.clear();
        if (kind !== "error") return request.done(undefined, frame);
        request.done(new MartletError(frame.code, frame.reason, frame.retryAfterMilliseconds));
    }

    /** Sends a frame that has no answer, or whose answer has a name of its own. Returns its ref. */
    send(kind, frame) {
        this.#lastRef += 1;
        const ref = String(this.#lastRef);
        this.#write(encodeClientFrame(ref, kind, frame));
        return ref;
    }

    /** Sends a frame and calls `done(error, answer)` once: with the answer, an error, a time-out or the end. */
    request(kind, frame, done) {
        const ref = this.send(kind, frame);
        const deadline = new Deadline(this.#timers, () => {
            this.#requests.delete(ref);
            done(new MartletError("unavailable", "no answer in time"));
        });
        this.#requests.set(ref, { done, deadline });
        deadline.set(this.#limits.requestMilliseconds);
    }

    /** Asks for a sign of life: without any within `pongMilliseconds` the connection counts as dead. */
    probe() {
        this.send("ping", {});
        if (!this.#silence.isSet) this.#silence.set(this.#limits.pongMilliseconds);
        this.#heartbeat.set(this.#heartbeatMilliseconds || 30_000);
    }

    #write(text) {
        // 1 is OPEN; what is written to a socket that is closing is lost, and the outbox sends it again.
        if (this.#socket.readyState === 1) this.#socket.send(text);
    }

    /** Ends it now, without waiting for the other side: a dead peer never answers a close. */
    end(closeCode, reason) {
        if (this.#isClosed) return;
        // A page may close with 1000 or 3000 to 4999 only.
        if (this.#socket.readyState <= 1) this.#socket.close(1000, reason.slice(0, 100));
        this.#ended(closeCode, reason);
    }

    #ended(closeCode, reason) {
        if (this.#isClosed) return;
        this.#isClosed = true;
        for (const deadline of [this.#handshake, this.#heartbeat, this.#silence]) deadline.clear();
        this.#owner.closed({ closeCode, reason });
        for (const { done, deadline } of this.#requests.values()) {
            deadline.clear();
            done(new MartletError("unavailable", "the connection was lost"));
        }
        this.#requests.clear();
    }
}
