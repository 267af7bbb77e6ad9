import { peerKey } from "../../js/lib/peers.js";
import { arrange, avatar, byId, make } from "./dom.js";
import { shortTime } from "./format.js";

/** The conversations, newest first. */
export class ListView {
    #elements = new Map();

    /** @param items `[{peer, state, last, isOpen, presence, isTyping}]` in the order to show */
    show(items) {
        arrange(byId("conversations"), items.map((item) => this.#element(item)));
        byId("no-conversations").hidden = items.length > 0;
    }

    #element(item) {
        const key = peerKey(item.peer);
        const signature = JSON.stringify([item.state, item.last?.key, item.last?.text, item.last?.isDeleted, item.isOpen,
            item.presence, item.isTyping]);
        const known = this.#elements.get(key);
        if (known?.signature === signature) return known.element;
        const element = known?.element ?? make("li", { class: "conversation", "data-peer": key });
        const hadFocus = element.contains(document.activeElement);
        element.replaceChildren(link(item, key));
        if (hadFocus) element.firstChild.focus();
        this.#elements.set(key, { signature, element });
        return element;
    }
}

function link({ peer, state, last, isOpen, presence, isTyping }, key) {
    const name = peer.user ?? peer.group;
    const unread = isOpen && document.hasFocus() ? 0 : state?.unread ?? 0;
    return make("a", { href: `#${encodeURIComponent(key)}`, "aria-current": isOpen ? "true" : null },
        make("span", { class: "avatar-place", "data-presence": presence ?? "unknown" }, avatar(name)),
        make("span", { class: "name", dir: "auto" }, name),
        make("span", { class: "when" }, last ? shortTime(last.time) : ""),
        make("span", { class: isTyping ? "preview is-typing" : "preview", dir: "auto" }, preview(last, isTyping)),
        unread > 0 ? make("span", { class: "unread", "aria-label": `${unread} unread` }, String(Math.min(unread, 999))) : null);
}

function preview(last, isTyping) {
    if (isTyping) return "typing…";
    if (!last) return "";
    const text = last.isDeleted ? "Message deleted" : last.text.slice(0, 120);
    return last.isMine ? `You: ${text}` : text;
}
