import { Conversations } from "./conversations.js";
import { Dialer } from "./dialer.js";
import { Emitter } from "./emitter.js";
import { MartletError } from "./errors.js";
import { Feed } from "./feed.js";
import { faultOfSize, readContent, wireContent, wireHeaders } from "./frames.js";
import { Mailbox } from "./mailbox.js";
import { isAbove } from "./numbers.js";
import { completeOptions } from "./options.js";
import { Outbox } from "./outbox.js";
import { checkedPeer, faultOfName, peerKey } from "./peers.js";
import { ReadMarks } from "./readmarks.js";
import { Sender } from "./sender.js";
import { MemoryStorage } from "./storage.js";
import { Deadline } from "./timers.js";
import { renewalDelay } from "./tokens.js";

/** Until `welcome` says otherwise. */
const defaultLimits = { maxContentBytes: 32 * 1024, maxFrameBytes: 64 * 1024 };
/** Typing is told again at most this often; whoever shows it lets it fade a little later. */
const typingMilliseconds = 3_000;

/**
 * One user's device in a Martlet cluster. Its parts, each a file of this folder: `Dialer` keeps a connection up, `Feed`
 * brings the mailbox, `Sender` gets the outbox out, `ReadMarks` tells what was read, `Conversations` counts.
 * martlet.d.ts lists options, methods and events; Docs/Client.md explains them.
 */
export class MartletClient extends Emitter {
    #options;
    #storage;
    #device;
    #user = "";
    #mailbox;
    #outbox;
    #conversations = new Conversations();
    #dialer;
    #feed;
    #sender;
    #reads;
    #renewal;
    #token = "";
    #limits = defaultLimits;
    #typingUntil = new Map();
    #promises = new Map();

    /** Reads what the storage kept and makes a client that is not connected yet. */
    static async open(given) {
        const options = completeOptions(given);
        const storage = options.storage ?? new MemoryStorage();
        const read = async (key) => (await storage.get(key)) ?? undefined;
        const stored = {
            device: await read("device"), mailbox: await read("mailbox"), outbox: await read("outbox"),
            reads: await read("reads"),
        };
        return new MartletClient(options, storage, stored);
    }

    /** Use `open`. */
    constructor(options, storage, stored) {
        super();
        this.#options = options;
        this.#storage = storage;
        this.#mailbox = new Mailbox(stored.mailbox);
        this.#outbox = new Outbox(stored.outbox);
        this.#dialer = new Dialer(options, this.#dialerOwner());
        this.#feed = new Feed(this.#mailbox, options, this.#feedOwner());
        this.#sender = new Sender(this.#outbox, options, this.#senderOwner());
        this.#reads = new ReadMarks(stored.reads, options, this.#readsOwner());
        this.#renewal = new Deadline(options.timers, () => this.#renewFromCallback());
        this.#takeDevice(stored.device ?? options.device ?? options.newDeviceId());
    }

    // MARK: What it knows

    /** The user that the token names; empty before the first `welcome`. */
    get user() {
        return this.#user;
    }

    get device() {
        return this.#device;
    }

    get state() {
        return this.#dialer.state;
    }

    /** Whether everything up to now was shown and new entries come by themselves. */
    get isLive() {
        return this.#feed.isLive;
    }

    get cursor() {
        return this.#mailbox.cursor;
    }

    /** What was sent and is not settled, in order. */
    get outgoing() {
        return this.#outbox.open.map(outgoingOf);
    }

    /** The states of the conversations heard of so far, newest first. */
    get conversations() {
        return this.#conversations.all();
    }

    conversation(peer) {
        return this.#conversations.get(checkedPeer(peer));
    }

    // MARK: The connection

    connect() {
        this.#dialer.connect();
    }

    /** Goes offline. What is sent meanwhile waits in the outbox. */
    disconnect() {
        this.#dialer.disconnect("going offline");
    }

    /** Tries at once, or checks whether the connection still lives: for `online` events and opened lids. */
    wake() {
        this.#dialer.wake();
    }

    /** Extends the session by a fresh token. Not needed where `token` is a function and its tokens are JWTs. */
    renew(token) {
        this.#token = token;
        this.#dialer.connection?.send("renew", { token });
        this.#planRenewal();
    }

    // MARK: Sending

    /**
     * Sends a message, now or as soon as there is a connection.
     * @returns {{outgoing: object, settled: Promise<object>}}
     * @throws {MartletError} `invalid`, `tooLarge`, or `busy` if the outbox is full
     */
    send(to, content, { type = "message", target, headers = [], expiresAt = 0 } = {}) {
        const message = { to: checkedPeer(to), type };
        const body = wireContent(content);
        if (body !== undefined) message.content = body;
        if (target) message.target = { id: String(target.id), seq: String(target.seq ?? 0) };
        if (headers.length > 0) message.headers = wireHeaders(headers);
        if (expiresAt) message.expiresAt = String(expiresAt);
        const fault = faultOfSize(message, this.#limits);
        if (fault) throw new MartletError("tooLarge", fault);
        if (this.#outbox.open.length >= this.#options.maxOutbox) throw new MartletError("busy", "the outbox is full");
        return this.#post(message);
    }

    #post(message) {
        let resolve;
        const settled = new Promise((done) => { resolve = done; });
        // Whoever sees the message takes the typing for ended, so the next key tells again.
        this.#typingUntil.delete(peerKey(message.to));
        const item = this.#sender.add(message);
        this.#promises.set(item, resolve);
        const outgoing = outgoingOf(item);
        this.emit("outgoing", { outgoing, outcome: null });
        return { outgoing, settled };
    }

    /** Replaces the content of an own message. `target`: an entry. */
    edit(target, content) {
        return this.send(target.conversation, content, { type: "edit", target });
    }

    /** Takes an own message back. */
    delete(target) {
        return this.send(target.conversation, undefined, { type: "delete", target });
    }

    /** Puts this user's reaction on a message, in place of the one before; an empty text takes it back. */
    react(target, text) {
        return this.send(target.conversation, text, { type: "reaction", target });
    }

    /** Tells that the user has read up to an entry's seq. Kept until the server confirms it. */
    read(peer, seq) {
        const conversation = checkedPeer(peer);
        const known = this.#conversations.get(conversation);
        if (known && !isAbove(seq, known.readUpTo)) return;
        this.emit("conversation", this.#conversations.read(conversation, seq));
        this.#reads.mark(conversation, seq);
    }

    /** Something transient: at most once, nothing kept, not sent while offline. Returns whether it went out. */
    signal(to, type, content) {
        const frame = { to: checkedPeer(to), type };
        const body = wireContent(content);
        if (body !== undefined) frame.content = body;
        return this.#dialer.connection?.send("signal", frame) !== undefined;
    }

    /** Tells that the user is typing; call it with every key. */
    typing(to) {
        const peer = checkedPeer(to);
        const key = peerKey(peer);
        const now = this.#options.timers.now();
        if (now < (this.#typingUntil.get(key) ?? 0)) return;
        if (this.signal(peer, "typing")) this.#typingUntil.set(key, now + typingMilliseconds);
    }

    // MARK: Asking

    /** A page of a conversation's past: entries below `before`, newest first. */
    async history(peer, { before = "0", limit = 50 } = {}) {
        return this.#request("history", { conversation: checkedPeer(peer), before, limit });
    }

    /** A page of conversations, newest first, those with `lastSeq` below `before`. They are also taken into account here. */
    async fetchConversations({ before = "0", limit = 50 } = {}) {
        const page = await this.#request("conversations", { before, limit });
        return { ...page, conversations: page.conversations.map((state) => this.#applyState(state)) };
    }

    /** Who is online, by device, and on what the answer rests. */
    async presence(users) {
        const fault = users.map((user) => faultOfName(user)).find((reason) => reason !== null);
        if (fault) throw new MartletError("invalid", fault);
        return (await this.#request("presence", { query: users })).users;
    }

    #request(kind, frame) {
        return new Promise((resolve, reject) => {
            const connection = this.#dialer.connection;
            if (!connection) return reject(new MartletError("unavailable", "not connected"));
            connection.request(kind, frame, (error, answer) => (error ? reject(error) : resolve(answer)));
        });
    }

    // MARK: What the parts say

    #dialerOwner() {
        return {
            hello: () => this.#hello(),
            welcomed: (welcome) => this.#welcomed(welcome),
            frame: (kind, frame, ref) => this.#frame(kind, frame, ref),
            lost: () => this.#lost(),
            stateChanged: (state) => this.emit("state", state),
        };
    }

    async #hello() {
        const { token, followsRedirects } = this.#options;
        this.#token = typeof token === "function" ? await token() : this.#token || token;
        const { generation, cursor } = this.#mailbox;
        return { token: this.#token, device: this.#device, generation, cursor, followsRedirects };
    }

    #welcomed(welcome) {
        this.#user = welcome.user;
        this.#limits = {
            maxContentBytes: welcome.maxContentBytes || defaultLimits.maxContentBytes,
            maxFrameBytes: welcome.maxFrameBytes || defaultLimits.maxFrameBytes,
        };
        const isOurChoice = welcome.device === this.#device;
        if (this.#outbox.contradicts(Number(welcome.lastClientSequence))) {
            if (isOurChoice) return this.#becomeNewDevice();
            // The token names the device, so there is no other: its numbers go on behind the server's last.
            this.#outbox.startOver(Number(welcome.lastClientSequence));
        }
        if (!isOurChoice) this.#takeDevice(welcome.device);
        const connection = this.#dialer.connection;
        this.emit("welcome", welcome);
        this.#feed.welcomed(connection, welcome);
        this.#sender.welcomed(connection, welcome);
        this.#reads.welcomed(connection);
        this.#planRenewal();
    }

    /** Its numbers and the server's do not fit together: only a new id makes sure that no message is taken for another. */
    #becomeNewDevice() {
        this.#takeDevice(this.#options.newDeviceId());
        this.#outbox.startOver();
        this.#save("outbox", this.#outbox.snapshot());
        this.#dialer.redial("taking a new device id");
    }

    #takeDevice(device) {
        this.#device = device;
        this.#save("device", device);
    }

    #lost() {
        this.#feed.lost();
        this.#sender.lost();
        this.#reads.lost();
        this.#renewal.clear();
        this.#typingUntil.clear();
    }

    #frame(kind, frame, ref) {
        switch (kind) {
        case "accepted": return this.#accepted(frame);
        case "rejected": return this.#sender.rejected(frame);
        case "messages": return this.#feed.messages(frame.entries);
        case "behind": return this.#feed.behind();
        case "receipt": return this.#applyState(frame.conversation);
        case "signal": return this.emit("signal", frame);
        case "presence": return this.emit("presence", frame.users);
        case "error": return this.#failed(frame, ref);
        }
    }

    #failed(frame, ref) {
        if (this.#sender.failed(ref, frame)) return;
        this.emit("problem", new MartletError(frame.code, frame.reason, frame.retryAfterMilliseconds));
    }

    /** The own message takes its place in the mailbox: no copy of it is pushed to the device that sent it. */
    #accepted(accepted) {
        const item = this.#sender.accepted(accepted);
        if (item) this.#feed.own(this.#ownEntry(item, accepted));
    }

    #ownEntry({ clientSequence, message }, { id, seq, prev, time }) {
        return {
            seq, prev, prevInConversation: this.#conversations.get(message.to)?.lastSeq, id, from: this.#user, actor: "",
            device: this.#device, clientSequence: String(clientSequence), conversation: message.to, type: message.type,
            content: readContent(message.content), target: message.target, headers: message.headers ?? [], time,
            expiresAt: Number(message.expiresAt ?? 0),
        };
    }

    #feedOwner() {
        return {
            entry: (entry) => this.#entry(entry),
            conversationState: (state) => this.#applyState(state),
            trimmed: (range) => this.emit("trimmed", range),
            resynced: (position) => this.#resynced(position),
            live: (isLive) => this.#live(isLive),
            problem: (error) => this.emit("problem", error),
            moved: () => this.#save("mailbox", this.#mailbox.snapshot()),
        };
    }

    #entry(entry) {
        const isUnheardOf = this.#conversations.get(entry.conversation) === undefined;
        if (entry.device === this.#device && entry.from === this.#user) this.#sender.accepted(entry);
        const state = this.#conversations.applyEntry(entry, entry.from === this.#user);
        this.emit("entry", entry);
        this.emit("conversation", state);
        // It has a past that this client did not see, so its counts are only known to the server.
        if (isUnheardOf && entry.prevInConversation !== "0") this.fetchConversations({ limit: 20 }).catch(() => {});
    }

    #live(isLive) {
        if (isLive) this.#sender.caughtUp();
        this.emit("live", isLive);
    }

    #resynced(position) {
        this.#conversations.clear();
        this.#reads.clear();
        this.emit("resync", position);
    }

    #applyState(state) {
        const holds = this.#conversations.apply(state);
        this.emit("conversation", holds);
        return holds;
    }

    #senderOwner() {
        return {
            settled: (item, outcome) => this.#settled(item, outcome),
            saveOutbox: () => this.#save("outbox", this.#outbox.snapshot()),
            contradiction: () => this.#dialer.redial("the home knows another past"),
        };
    }

    #settled(item, outcome) {
        this.#promises.get(item)?.(outcome);
        this.#promises.delete(item);
        this.emit("outgoing", { outgoing: outgoingOf(item), outcome });
    }

    #readsOwner() {
        return {
            saveReads: () => this.#save("reads", this.#reads.snapshot()),
            conversationState: (state) => this.#applyState(state),
            problem: (error) => this.emit("problem", error),
        };
    }

    // MARK: Keeping

    /** Undefined: it is stored. A promise: it will be, and never rejects, since a full disk must not stop a talk. */
    #save(key, value) {
        try {
            const saved = this.#storage.set(key, value);
            return typeof saved?.then === "function" ? saved.then(() => {}, (error) => this.#notSaved(error)) : undefined;
        } catch (error) {
            return this.#notSaved(error);
        }
    }

    #notSaved(error) {
        this.emit("problem", new MartletError("internal", `the storage failed: ${error.message}`));
    }

    #planRenewal() {
        const delay = renewalDelay(this.#token, this.#options.timers.now());
        if (delay !== null && typeof this.#options.token === "function") this.#renewal.set(delay);
    }

    async #renewFromCallback() {
        try {
            this.renew(await this.#options.token());
        } catch {
            // The old token still holds for a while.
            this.#planRenewal();
        }
    }
}

/** What the application sees of an item of the outbox. */
function outgoingOf({ clientSequence, message }) {
    return {
        clientSequence: String(clientSequence), to: message.to, type: message.type,
        content: readContent(message.content), target: message.target, headers: message.headers ?? [],
    };
}
