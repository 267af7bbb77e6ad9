import { byId } from "./dom.js";

const tallest = 160;

/** The line to write in: Enter sends, Shift+Enter makes a new line, Arrow up edits the last own message. */
export class Composer {
    #input = byId("message-input");
    #actions;
    #drafts = new Map();
    #key = null;
    #edited = null;

    /** @param actions send(text), edit(row, text), typing(), editLast() */
    constructor(actions) {
        this.#actions = actions;
        byId("composer").addEventListener("submit", (event) => this.#submit(event));
        byId("edit-cancel").addEventListener("click", () => this.stopEditing());
        this.#input.addEventListener("keydown", (event) => this.#pressed(event));
        this.#input.addEventListener("input", () => this.#written());
    }

    /** Another conversation: each keeps its draft. */
    open(key) {
        this.stopEditing();
        if (this.#key !== null) this.#drafts.set(this.#key, this.#input.value);
        this.#key = key;
        this.#fill(this.#drafts.get(key) ?? "");
    }

    focus() {
        this.#input.focus();
    }

    startEditing(row) {
        this.#edited = row;
        byId("editing").hidden = false;
        this.#fill(row.text);
        this.focus();
    }

    stopEditing() {
        if (this.#edited === null) return;
        this.#edited = null;
        byId("editing").hidden = true;
        this.#fill("");
    }

    #fill(text) {
        this.#input.value = text;
        this.#fit();
    }

    #fit() {
        this.#input.style.height = "auto";
        this.#input.style.height = `${Math.min(tallest, this.#input.scrollHeight)}px`;
    }

    #written() {
        this.#fit();
        if (this.#input.value !== "" && this.#edited === null) this.#actions.typing();
    }

    #pressed(event) {
        // While a character is being composed, Enter belongs to the input method.
        if (event.isComposing) return;
        if (event.key === "Enter" && !event.shiftKey) this.#submit(event);
        if (event.key === "Escape") this.stopEditing();
        if (event.key === "ArrowUp" && this.#input.value === "") {
            event.preventDefault();
            this.#actions.editLast();
        }
    }

    #submit(event) {
        event.preventDefault();
        const text = this.#input.value.trim();
        if (text === "") return;
        const row = this.#edited;
        const isTaken = row ? this.#actions.edit(row, text) : this.#actions.send(text);
        if (!isTaken) return;
        this.stopEditing();
        this.#fill("");
    }
}
