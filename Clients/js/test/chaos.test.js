import assert from "node:assert/strict";
import { test } from "node:test";
import { MartletClient, MemoryStorage } from "../martlet.js";
import { VirtualTime, settle } from "./harness.js";

/**
 * Random histories against a model of the server: connections that die anywhere (also between what was sent and its
 * answer), pushes that get lost or come twice, temporary and final rejections, sessions that fall behind, clients that
 * die and start again from their storage. In the end, when all is calm: every entry of the mailbox was shown once and
 * in order, and every message that was sent is in the mailbox once and in order, or was refused.
 */

/** mulberry32 */
function generator(seed) {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let bits = Math.imul(state ^ (state >>> 15), 1 | state);
        bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
        return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
    };
}

class ModelServer {
    entries = [];
    last = 0;
    outcomes = new Map();
    refused = [];
    offset = 0;
    isCalm = false;
    socket = null;

    constructor(random) {
        this.random = random;
        const server = this;
        this.WebSocket = class {
            readyState = 0;
            protocol = "martlet.v1.json";
            inbox = [];
            outbox = [];
            isLive = false;

            constructor() {
                server.socket = this;
            }

            send(text) {
                this.inbox.push(JSON.parse(text));
            }

            close() {
                this.readyState = 3;
            }
        };
    }

    chance(probability) {
        return !this.isCalm && this.random() < probability;
    }

    get head() {
        return this.entries.at(-1)?.seq ?? "0";
    }

    append(fields) {
        this.offset += 1 + Math.floor(this.random() * 3);
        const entry = { seq: String(this.offset), prev: this.head, id: String(this.offset * 7), ...fields };
        this.entries.push(entry);
        return entry;
    }

    /** Bob writes. */
    incoming() {
        const text = `bob ${this.offset}`;
        this.push(this.append({ from: "bob", conversation: { user: "bob" }, type: "message", content: { text } }));
    }

    push(entry) {
        const { socket } = this;
        if (!socket?.isLive || this.chance(0.08)) return;
        if (this.chance(0.08)) return this.fallBehind();
        this.say("messages", { entries: [entry] });
        if (this.chance(0.1)) this.say("messages", { entries: [entry] });
    }

    fallBehind() {
        this.socket.isLive = false;
        this.say("behind", { head: this.head });
    }

    say(kind, frame, ref) {
        this.socket.outbox.push(JSON.stringify({ ref, [kind]: frame }));
    }

    drop() {
        if (!this.socket || this.socket.readyState > 1) return;
        this.socket.readyState = 3;
        this.socket.onclose({ code: 1006, reason: "" });
    }

    /** Something small happens on the wire. */
    step() {
        const { socket } = this;
        if (!socket || socket.readyState === 3) return;
        if (socket.readyState === 0) {
            socket.readyState = 1;
            return socket.onopen();
        }
        const isOutgoing = socket.outbox.length > 0 && (socket.inbox.length === 0 || this.random() < 0.5);
        if (isOutgoing) return socket.onmessage({ data: socket.outbox.shift() });
        if (socket.inbox.length > 0) this.take(socket.inbox.shift());
    }

    take({ ref, ...envelope }) {
        const [[kind, frame]] = Object.entries(envelope);
        this[`on_${kind}`]?.(frame, ref);
    }

    on_hello(frame) {
        const rejected = [...this.outcomes].filter(([, outcome]) => outcome === null).map(([number]) => String(number));
        this.socket.isLive = frame.cursor === this.head;
        this.say("welcome", {
            user: "alice", device: frame.device, generation: "7", cursor: frame.cursor, head: this.head,
            lastClientSequence: String(this.last), rejectedClientSequences: rejected, heartbeatMilliseconds: "30000",
        });
        if (!this.socket.isLive) this.say("behind", { head: this.head });
    }

    on_sync({ after }, ref) {
        if (this.chance(0.1)) return this.say("error", { code: "unavailable" }, ref);
        const rest = this.entries.filter(({ seq }) => BigInt(seq) > BigInt(after));
        const page = rest.slice(0, 3);
        const isLive = page.length === rest.length;
        if (isLive) this.socket.isLive = true;
        this.say("synced", { entries: page, upTo: page.at(-1)?.seq ?? after, live: isLive }, ref);
    }

    on_send(frame, ref) {
        const number = Number(frame.clientSequence);
        assert.ok(number < this.last + 1 + 64, "a number beyond the window");
        if (number <= this.last) return this.answerAgain(number, ref);
        if (number > this.last + 1) return this.reject(number, "outOfOrder", ref, { expected: String(this.last + 1) });
        if (this.chance(0.1)) return this.reject(number, "busy", ref);
        if (this.chance(0.05)) return this.say("error", { code: "rateLimited" }, ref);
        this.last = number;
        if (this.chance(0.1)) return this.refuse(number, frame, ref);
        this.accept(number, frame, ref);
    }

    accept(number, frame, ref) {
        const own = { from: "alice", device: "tab-1", clientSequence: String(number), conversation: frame.to };
        const entry = this.append({ ...own, type: frame.type, content: frame.content });
        this.outcomes.set(number, entry);
        this.say("accepted", { clientSequence: String(number), id: entry.id, seq: entry.seq, prev: entry.prev }, ref);
    }

    refuse(number, frame, ref) {
        this.outcomes.set(number, null);
        this.refused.push(frame.content.text);
        this.reject(number, "forbidden", ref);
    }

    answerAgain(number, ref) {
        const entry = this.outcomes.get(number);
        if (entry === null) return this.reject(number, "forbidden", ref);
        this.say("accepted", { clientSequence: String(number), id: entry.id, seq: entry.seq }, ref);
    }

    reject(number, code, ref, fields = {}) {
        this.say("rejected", { clientSequence: String(number), code, ...fields }, ref);
    }
}

class History {
    time = new VirtualTime();
    storage = new MemoryStorage();
    shown = [];
    sent = [];
    settled = new Map();

    constructor(seed) {
        this.random = generator(seed);
        this.server = new ModelServer(this.random);
    }

    async open() {
        this.client = await MartletClient.open({
            url: "ws://model.test/", token: "t", device: "tab-1", storage: this.storage, timers: this.time,
            WebSocket: this.server.WebSocket, random: this.random, newDeviceId: () => assert.fail("no reason for a new device"),
        });
        this.client.on("entry", ({ seq }) => this.shown.push(seq));
        this.client.on("outgoing", ({ outgoing, outcome }) => outcome && this.note(outgoing.content.text, outcome));
        this.client.connect();
    }

    note(text, outcome) {
        assert.ok(!this.settled.has(text), `settled twice: ${text}`);
        this.settled.set(text, outcome.accepted);
    }

    async run(steps) {
        await this.open();
        for (let step = 0; step < steps; step += 1) await this.act(this.random());
        this.server.isCalm = true;
        for (let step = 0; step < 100_000 && !this.isDone; step += 1) await this.go();
    }

    get isDone() {
        return this.client.isLive && this.client.outgoing.length === 0 && this.client.cursor === this.server.head;
    }

    async act(choice) {
        if (choice < 0.15) this.send();
        else if (choice < 0.27) this.server.incoming();
        else if (choice < 0.30) this.server.drop();
        else if (choice < 0.305) await this.restart();
        else await this.go();
    }

    send() {
        const text = `alice ${this.sent.length + 1}`;
        this.sent.push(text);
        this.client.send({ user: "bob" }, text);
    }

    /** The process dies between two events: only the storage is left. */
    async restart() {
        this.server.socket && (this.server.socket.readyState = 3);
        this.time = new VirtualTime();
        await this.open();
    }

    async go() {
        this.server.step();
        if (this.random() < 0.2) await this.time.advance(this.random() * 400);
        await settle();
    }

    check() {
        const mailbox = this.server.entries.map(({ seq }) => seq);
        assert.deepEqual(this.shown, mailbox, "each entry once, in order");
        const own = this.server.entries.filter(({ from }) => from === "alice").map(({ content }) => content.text);
        const expected = this.sent.filter((text) => !this.server.refused.includes(text));
        assert.deepEqual(own, expected, "each message once, in order");
        for (const text of this.sent) assert.equal(this.settled.get(text), !this.server.refused.includes(text), text);
    }
}

const histories = Number(process.env.MARTLET_HISTORIES ?? 100);

test(`${histories} random histories end with the whole mailbox shown once and everything sent once`, async () => {
    for (let seed = 1; seed <= histories; seed += 1) {
        const history = new History(seed);
        try {
            await history.run(400);
            history.check();
        } catch (error) {
            error.message = `seed ${seed}: ${error.message}`;
            throw error;
        }
    }
});
