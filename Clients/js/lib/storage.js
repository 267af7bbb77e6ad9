/**
 * Where a client keeps what must outlive it: its device id, cursor, outbox and read marks. `get` and `set` may answer at
 * once or with a promise; values are plain JSON. One storage belongs to one user and one device, and to one client at a
 * time: two that share it would give out the same numbers.
 */
export class MemoryStorage {
    #values = new Map();

    get(key) {
        return this.#values.get(key);
    }

    set(key, value) {
        // A copy, as a real storage would make: what is stored does not change when the client goes on.
        this.#values.set(key, structuredClone(value));
    }
}

/** Over `localStorage` or `sessionStorage`; keys begin with `prefix`. */
export class WebStorage {
    constructor(prefix, area = globalThis.localStorage) {
        this.prefix = prefix;
        this.area = area;
    }

    get(key) {
        const text = this.area.getItem(this.prefix + key);
        if (text === null) return undefined;
        try {
            return JSON.parse(text);
        } catch {
            return undefined;
        }
    }

    set(key, value) {
        this.area.setItem(this.prefix + key, JSON.stringify(value));
    }
}
