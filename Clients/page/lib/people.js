import { ago } from "./format.js";

/** How often presence is asked for, and how long somebody who typed counts as typing. Milliseconds. */
const askEvery = 10_000;
const typingLasts = 5_000;

/** Who is online, since when not, and who is typing just now. */
export class People {
    #client;
    #users;
    #changed;
    #byUser = new Map();
    #typing = new Map();
    #timer = null;

    /** @param users gives the names to ask for; @param changed is called when something did */
    constructor(client, users, changed) {
        this.#client = client;
        this.#users = users;
        this.#changed = changed;
        client.on("presence", (rows) => this.#take(rows));
    }

    get(user) {
        return this.#byUser.get(user);
    }

    /** `online`, `offline` or `unknown`. */
    stateOf(user) {
        return this.#byUser.get(user)?.state ?? "unknown";
    }

    isTyping(user) {
        return this.#typing.has(user);
    }

    /** Asks now and goes on asking while there is a connection. */
    async ask() {
        clearTimeout(this.#timer);
        if (this.#client.state.name !== "online") return;
        this.#timer = setTimeout(() => this.ask(), askEvery);
        try {
            this.#take(await this.#client.presence(this.#users()));
        } catch {
            // It is asked again anyway; until then the last answer stands.
        }
    }

    /** Without a connection nothing is known. */
    forget() {
        clearTimeout(this.#timer);
        this.#byUser.clear();
        this.#changed();
    }

    #take(rows) {
        for (const row of rows) this.#byUser.set(row.user, row);
        this.#changed();
    }

    typed(user) {
        clearTimeout(this.#typing.get(user));
        this.#typing.set(user, setTimeout(() => this.stopped(user), typingLasts));
        this.#changed();
    }

    stopped(user) {
        if (!this.#typing.has(user)) return;
        clearTimeout(this.#typing.get(user));
        this.#typing.delete(user);
        this.#changed();
    }

    /** A line for people: "online on node-2", "last seen 4 min ago". */
    describe(user) {
        const row = this.#byUser.get(user);
        if (!row || row.state === "unknown") return "";
        if (row.state === "online") return `online on ${edgesOf(row)}`;
        return row.lastSeen > 0 ? `last seen ${ago(row.lastSeen)}` : "offline";
    }

    /** On what the answer rests, for those who point at it. */
    evidence(user) {
        const devices = this.#byUser.get(user)?.devices ?? [];
        return devices.map((device) => `${device.device.slice(0, 8)}: ${device.state}, edge ${device.edge}, home ${device.home}, `
            + `epoch ${device.epoch}, lease ${device.leaseAgeMilliseconds} ms old`).join("\n");
    }
}

function edgesOf(row) {
    const edges = row.devices.filter(({ state }) => state === "online").map(({ edge }) => edge);
    return [...new Set(edges)].sort().join(", ") || "a node";
}
