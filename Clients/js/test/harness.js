import assert from "node:assert/strict";
import { MartletClient } from "../martlet.js";

/** Lets everything that is already due in the microtask queue happen. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Time that moves only when a test says so. */
export class VirtualTime {
    #now = 1_000_000;
    #timers = new Map();
    #lastId = 0;

    now = () => this.#now;

    setTimeout = (action, milliseconds) => {
        this.#lastId += 1;
        this.#timers.set(this.#lastId, { at: this.#now + milliseconds, action });
        return this.#lastId;
    };

    clearTimeout = (id) => this.#timers.delete(id);

    get pending() {
        return this.#timers.size;
    }

    async advance(milliseconds) {
        const end = this.#now + milliseconds;
        for (let due = this.#nextBefore(end); due; due = this.#nextBefore(end)) {
            const [id, timer] = due;
            this.#timers.delete(id);
            this.#now = Math.max(this.#now, timer.at);
            timer.action();
            await settle();
        }
        this.#now = end;
    }

    #nextBefore(end) {
        const due = [...this.#timers].filter(([, timer]) => timer.at <= end);
        return due.sort(([a, x], [b, y]) => x.at - y.at || a - b)[0];
    }
}

/** The server's end of one fake WebSocket; the test says what it says. */
export class FakeSocket {
    readyState = 0;
    protocol = "";
    frames = [];

    constructor(url, protocols) {
        this.url = url;
        this.protocols = protocols;
    }

    open(protocol = "martlet.v1.json") {
        this.readyState = 1;
        this.protocol = protocol;
        this.onopen();
    }

    /** Called by the client. */
    send(text) {
        assert.equal(this.readyState, 1, "the client wrote to a socket that is not open");
        const { ref, ...envelope } = JSON.parse(text);
        const [kind] = Object.keys(envelope);
        this.frames.push({ ref, kind, frame: envelope[kind] });
    }

    /** Called by the client. */
    close(code) {
        this.closedWith = code;
        this.readyState = 3;
    }

    say(kind, frame = {}, ref = undefined) {
        this.sayText(JSON.stringify({ ref, [kind]: frame }));
    }

    sayText(data) {
        this.onmessage({ data });
    }

    drop(code = 1006, reason = "") {
        this.readyState = 3;
        this.onclose({ code, reason });
    }

    /** Takes the first frame of a kind that the client sent; there must be one. */
    take(kind) {
        const index = this.frames.findIndex((envelope) => envelope.kind === kind);
        assert.notEqual(index, -1, `no ${kind} was sent, only ${this.frames.map((f) => f.kind)}`);
        return this.frames.splice(index, 1)[0];
    }

    /** Takes all frames of a kind. */
    takeAll(kind) {
        const taken = this.frames.filter((envelope) => envelope.kind === kind);
        this.frames = this.frames.filter((envelope) => envelope.kind !== kind);
        return taken;
    }

    sentNumbers() {
        return this.takeAll("send").map(({ frame }) => Number(frame.clientSequence));
    }

    welcome(frame = {}) {
        this.say("welcome", {
            user: "alice", device: "tab-1", session: "1", node: "node-1", home: "node-2", generation: "7",
            heartbeatMilliseconds: "30000", ...frame,
        });
    }

    /** Answers the sync that the client asked for. */
    synced(frame = {}) {
        const { ref, frame: request } = this.take("sync");
        this.say("synced", { upTo: request.after, live: true, ...frame }, ref);
        return request;
    }

    accept(clientSequence, seq, prev) {
        this.say("accepted", {
            clientSequence: String(clientSequence), id: String(1000 + Number(seq)), seq: String(seq),
            ...(prev === undefined ? {} : { prev: String(prev) }), time: "1700000000000",
        });
    }
}

/** A client on fake sockets and virtual time, with everything that it tells in `log`. */
export class Bench {
    sockets = [];
    time = new VirtualTime();
    log = [];

    static async start(options = {}) {
        const bench = new Bench();
        bench.client = await bench.open(options);
        return bench;
    }

    /** A client that is welcomed, synced and live. */
    static async live(options = {}, welcome = {}) {
        const bench = await Bench.start(options);
        bench.client.connect();
        await bench.online(welcome);
        bench.socket.synced();
        return bench;
    }

    async open(options = {}) {
        const sockets = this.sockets;
        class WebSocket extends FakeSocket {
            constructor(...parts) {
                super(...parts);
                sockets.push(this);
            }
        }
        const client = await MartletClient.open({
            url: "ws://one.test/v1/ws", token: "token-a", device: "tab-1", WebSocket, timers: this.time,
            random: () => 0.5, newDeviceId: () => `new-${sockets.length}`, ...options,
        });
        for (const event of ["entry", "outgoing", "state", "conversation", "resync", "trimmed", "live", "problem",
            "signal", "presence", "welcome"]) {
            client.on(event, (value) => this.log.push([event, value]));
        }
        return client;
    }

    get socket() {
        return this.sockets.at(-1);
    }

    /** Opens the newest socket and welcomes its client; returns its hello. */
    async online(welcome = {}) {
        await settle();
        this.socket.open();
        const hello = this.socket.take("hello").frame;
        this.socket.welcome({ device: hello.device, cursor: hello.cursor, ...welcome });
        return hello;
    }

    /** Loses the connection, waits out the back-off and is welcomed again. */
    async reconnect(welcome = {}) {
        this.socket.drop();
        await this.redial();
        return this.online(welcome);
    }

    /** Waits for the next socket; returns the milliseconds until it came. */
    async redial() {
        const count = this.sockets.length;
        const start = this.time.now();
        while (this.sockets.length === count) {
            assert.ok(this.time.now() - start < 60_000, "it never dialled again");
            await this.time.advance(5);
            await settle();
        }
        return this.time.now() - start;
    }

    events(name) {
        return this.log.filter(([event]) => event === name).map(([, value]) => value);
    }

    /** Seqs that were shown, in order. */
    shown() {
        return this.events("entry").map((entry) => Number(entry.seq));
    }

    settled() {
        return this.events("outgoing").filter(({ outcome }) => outcome)
            .map(({ outgoing, outcome }) => [Number(outgoing.clientSequence), outcome.accepted]);
    }
}

/** An incoming entry from bob. */
export function entry(seq, prev, fields = {}) {
    return {
        seq: String(seq), ...(prev === undefined ? {} : { prev: String(prev) }), prevInConversation: String(prev ?? 0),
        id: String(5000 + Number(seq)), from: "bob", conversation: { user: "bob" }, type: "message",
        content: { contentType: "text/plain", text: `text ${seq}` }, time: "1700000000000", ...fields,
    };
}
