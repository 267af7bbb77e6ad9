import { peerKey, parsePeer } from "../../js/lib/peers.js";
import { Composer } from "./composer.js";
import { byId } from "./dom.js";
import { ListView } from "./list-view.js";
import { People } from "./people.js";
import { StatusView } from "./status-view.js";
import { Talk } from "./talk.js";
import { ThreadView } from "./thread-view.js";

const historyPage = 40;
const listPage = 30;

/** One signed-in user's page: ties the client's events to what is in sight. */
export class Chat {
    #client;
    #self;
    #talks = new Map();
    #open = null;
    #people;
    #list = new ListView();
    #status = new StatusView();
    #thread;
    #composer;
    #loading = new Set();
    #isDrawing = false;

    constructor(client, user) {
        this.#client = client;
        this.#self = { user, device: client.device };
        this.#people = new People(client, () => this.#usersInSight(), () => this.#changed());
        this.#thread = new ThreadView({
            react: (row, text) => this.#attempt(() => client.react(row, text)),
            edit: (row) => this.#composer.startEditing(row),
            remove: (row) => this.#attempt(() => client.delete(row)),
            dismiss: (row) => this.#dismiss(row),
            older: () => this.#loadOlder(this.#open),
            seen: () => this.#markRead(),
        });
        this.#composer = new Composer({
            send: (text) => this.#send(text),
            edit: (row, text) => this.#attempt(() => client.edit(row, text)),
            typing: () => client.typing(this.#open.peer),
            editLast: () => this.#editLast(),
        });
    }

    start() {
        this.#listen();
        this.#listenToPage();
        for (const outgoing of this.#client.outgoing) this.#talk(outgoing.to).applyOutgoing(outgoing, null);
        this.#followHash();
        this.#client.connect();
    }

    #listen() {
        const client = this.#client;
        client.on("state", (state) => this.#stateChanged(state));
        client.on("live", () => this.#stateChanged(client.state));
        client.on("welcome", ({ device }) => this.#welcomed(device));
        client.on("entry", (entry) => this.#entry(entry));
        client.on("outgoing", ({ outgoing, outcome }) => this.#outgoing(outgoing, outcome));
        client.on("conversation", () => this.#changed());
        client.on("signal", ({ from, type }) => type === "typing" && this.#people.typed(from));
        client.on("resync", () => this.#resynced());
        client.on("problem", (error) => console.warn("martlet:", error.message));
    }

    #listenToPage() {
        addEventListener("hashchange", () => this.#followHash());
        addEventListener("online", () => this.#client.wake());
        document.addEventListener("visibilitychange", () => this.#shown());
        addEventListener("focus", () => this.#shown());
        byId("network-toggle").addEventListener("click", () => this.#toggleNetwork());
        byId("start-form").addEventListener("submit", (event) => this.#startWith(event));
        byId("more-conversations").addEventListener("click", () => this.#loadConversations());
    }

    // MARK: The connection

    #stateChanged(state) {
        this.#status.show(state, this.#client.isLive);
        if (state.name === "online") return this.#client.isLive && this.#caughtUp();
        this.#people.forget();
    }

    #caughtUp() {
        this.#people.ask();
        if (byId("conversations").dataset.loaded !== "true") this.#loadConversations();
        if (this.#open && this.#open.loadedFrom === null) this.#loadOlder(this.#open);
        this.#changed();
    }

    #welcomed(device) {
        if (device === this.#self.device) return;
        this.#self.device = device;
        this.#resetPending();
    }

    #toggleNetwork() {
        const { name } = this.#client.state;
        if (name === "idle" || name === "refused") this.#client.connect();
        else this.#client.disconnect();
    }

    #shown() {
        if (document.visibilityState !== "visible") return;
        this.#client.wake();
        this.#changed();
    }

    /** The log is another one: everything is read anew. */
    #resynced() {
        for (const talk of this.#talks.values()) talk.clear();
        delete byId("conversations").dataset.loaded;
    }

    // MARK: What comes

    #entry(entry) {
        this.#talk(entry.conversation).apply(entry);
        if (entry.from !== this.#self.user) this.#people.stopped(entry.from);
        this.#changed();
    }

    #outgoing(outgoing, outcome) {
        this.#talk(outgoing.to).applyOutgoing(outgoing, outcome);
        if (outcome && !outcome.accepted) this.#resetPending();
        this.#changed();
    }

    #resetPending() {
        for (const [key, talk] of this.#talks) {
            talk.resetPending(this.#client.outgoing.filter(({ to }) => peerKey(to) === key));
        }
    }

    #talk(peer) {
        const key = peerKey(peer);
        if (!this.#talks.has(key)) this.#talks.set(key, new Talk(peer, this.#self));
        return this.#talks.get(key);
    }

    // MARK: What is asked for

    async #loadConversations() {
        const oldest = this.#client.conversations.at(-1)?.lastSeq ?? "0";
        const isFirst = byId("conversations").dataset.loaded !== "true";
        try {
            const page = await this.#client.fetchConversations({ before: isFirst ? "0" : oldest, limit: listPage });
            byId("conversations").dataset.loaded = "true";
            byId("more-conversations").hidden = !page.more;
            this.#people.ask();
            for (const { peer } of page.conversations) await this.#preview(this.#talk(peer));
        } catch {
            // The connection went; with the next one it is asked again.
        }
    }

    async #preview(talk) {
        if (talk.loadedFrom === null) await this.#loadOlder(talk);
    }

    async #loadOlder(talk) {
        if (!talk || !talk.hasMore || this.#loading.has(talk) || this.#client.state.name !== "online") return;
        this.#loading.add(talk);
        try {
            talk.applyHistory(await this.#client.history(talk.peer, { before: talk.loadedFrom ?? "0", limit: historyPage }));
        } catch {
            // As above: what is not loaded is asked for again when it is in sight.
        } finally {
            this.#loading.delete(talk);
            this.#changed();
        }
    }

    #usersInSight() {
        const peers = this.#listed().slice(0, 60).map((talk) => talk.peer.user).filter((user) => user !== undefined);
        return [...new Set([this.#self.user, ...peers])];
    }

    // MARK: What the user does

    #send(text) {
        const talk = this.#open;
        return this.#attempt(() => {
            this.#client.send(talk.peer, text);
            this.#thread.scrollToEnd();
        });
    }

    /** False: it was refused, and the reason is in sight. */
    #attempt(action) {
        try {
            action();
            byId("notice").hidden = true;
            return true;
        } catch (error) {
            byId("notice").textContent = error.message;
            byId("notice").hidden = false;
            return false;
        }
    }

    #editLast() {
        const row = this.#open.lastOwn;
        if (row) this.#composer.startEditing(row);
    }

    #dismiss(row) {
        this.#open.dismiss(row.key);
        this.#changed();
    }

    #startWith(event) {
        event.preventDefault();
        const user = byId("start-user").value.trim();
        byId("start-fault").textContent = "";
        if (user === "") return;
        try {
            const key = peerKey(parsePeer(`user:${user}`));
            byId("start-user").value = "";
            location.hash = encodeURIComponent(key);
        } catch (error) {
            byId("start-fault").textContent = error.reason;
        }
    }

    #followHash() {
        const peer = peerOfHash(location.hash);
        this.#open = peer && this.#talk(peer);
        byId("app").classList.toggle("is-talking", this.#open !== null);
        if (this.#open) this.#openThread(peer);
        else this.#thread.close();
        this.#changed();
    }

    #openThread(peer) {
        this.#thread.open(peer);
        this.#composer.open(peerKey(peer));
        this.#composer.focus();
        if (this.#open.loadedFrom === null) this.#loadOlder(this.#open);
        this.#people.ask();
    }

    /** Read is what was in sight of somebody. */
    #markRead() {
        if (!this.#open || document.visibilityState !== "visible" || !document.hasFocus()) return;
        const state = this.#client.conversation(this.#open.peer);
        if (!state || state.unread === 0) return;
        const newest = this.#open.rows.filter((row) => row.seq !== null).at(-1);
        if (newest) this.#client.read(this.#open.peer, newest.seq);
    }

    // MARK: What is in sight

    /** Draws once for many changes. */
    #changed() {
        if (this.#isDrawing) return;
        this.#isDrawing = true;
        setTimeout(() => {
            this.#isDrawing = false;
            this.#draw();
        });
    }

    #draw() {
        this.#drawList();
        this.#drawPlaces();
        if (!this.#open) return;
        const user = this.#open.peer.user;
        byId("typing").textContent = this.#people.isTyping(user) ? `${user} is typing…` : "";
        byId("thread-presence").textContent = this.#people.describe(user);
        byId("thread-presence").title = this.#people.evidence(user);
        byId("thread-presence").dataset.presence = this.#people.stateOf(user);
        this.#thread.show(this.#open, this.#client.conversation(this.#open.peer), this.#self.user);
    }

    #drawList() {
        this.#list.show(this.#listed().map((talk) => ({
            peer: talk.peer, state: this.#client.conversation(talk.peer), last: talk.last, isOpen: talk === this.#open,
            presence: this.#people.stateOf(talk.peer.user), isTyping: this.#people.isTyping(talk.peer.user),
        })));
    }

    /** What is on its way first, then by the newest entry. */
    #listed() {
        const placed = this.#client.conversations.map(({ peer }) => this.#talk(peer));
        const others = [...this.#talks.values()].filter((talk) => !placed.includes(talk));
        return [...others.filter((talk) => talk === this.#open || talk.rows.length > 0), ...placed];
    }

    /** This device's own row says where it is now: a slot that moved changes the home without a new welcome. */
    #drawPlaces() {
        const own = this.#people.get(this.#self.user)?.devices.find(({ device }) => device === this.#client.device);
        if (own && own.state === "online") this.#status.places(own.edge, own.home);
    }
}

function peerOfHash(hash) {
    try {
        return hash.length > 1 ? parsePeer(decodeURIComponent(hash.slice(1))) : null;
    } catch {
        return null;
    }
}
