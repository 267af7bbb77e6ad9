/** Named events. A listener that throws disturbs neither the client nor the other listeners. */
export class Emitter {
    #listeners = new Map();

    /** @returns {() => void} a function that removes the listener again */
    on(event, listener) {
        const listeners = this.#listeners.get(event) ?? [];
        this.#listeners.set(event, [...listeners, listener]);
        return () => this.off(event, listener);
    }

    once(event, listener) {
        const remove = this.on(event, (value) => {
            remove();
            listener(value);
        });
        return remove;
    }

    off(event, listener) {
        const listeners = this.#listeners.get(event) ?? [];
        this.#listeners.set(event, listeners.filter((other) => other !== listener));
    }

    emit(event, value) {
        for (const listener of this.#listeners.get(event) ?? []) {
            try {
                listener(value);
            } catch (error) {
                // Surfaces where uncaught errors surface, after the client has finished what it was doing.
                queueMicrotask(() => { throw error; });
            }
        }
    }
}
