import { compare } from "../../js/lib/numbers.js";
import { icon, make } from "./dom.js";
import { timeOfDay } from "./format.js";
import { countReactions, reactionOf, reactions } from "./reactions.js";

const marks = {
    waiting: ["tick-waiting", "Waiting for the connection"], sent: ["tick-sent", "Sent"],
    received: ["tick-received", "Received"], read: ["tick-received", "Read"],
};

/** How far an own message got: `waiting`, `sent`, `received` or `read`. */
export function progressOf(row, state) {
    if (row.seq === null) return "waiting";
    if (state && compare(row.seq, state.peerRead) <= 0) return "read";
    return state && compare(row.seq, state.peerReceived) <= 0 ? "received" : "sent";
}

/** What a message's element depends on: it is made again only when this changes. */
export function signatureOf(row, progress, isFollowing) {
    const { key, text, isEdited, isDeleted, isRejected, time } = row;
    return JSON.stringify([key, text, isEdited, isDeleted, isRejected, time, progress, isFollowing, [...row.reactions]]);
}

/** One message as a list item. `actions`: react, edit, remove, dismiss. */
export function messageElement(row, progress, isFollowing, actions, user) {
    const classes = ["message", row.isMine ? "mine" : "theirs", isFollowing ? "following" : ""].join(" ");
    return make("li", {
        class: classes, "data-id": row.id, "data-progress": row.isMine ? progress : null, "data-rejected": row.isRejected,
    },
        make("div", { class: "line" },
            make("div", { class: "bubble" }, textElement(row), metaElement(row, progress)),
            row.id && !row.isDeleted ? toolbar(row, actions, user) : null),
        row.reactions.size > 0 ? reactionRow(row, actions, user) : null,
        row.isRejected ? refusal(row, actions) : null);
}

function textElement(row) {
    if (row.isDeleted) return make("p", { class: "text gone" }, "This message was deleted");
    return make("p", { class: "text", dir: "auto" }, row.text);
}

function metaElement(row, progress) {
    const time = make("time", { datetime: new Date(row.time).toISOString() }, timeOfDay(row.time));
    const edited = row.isEdited && !row.isDeleted ? make("span", { class: "edited" }, "edited") : null;
    return make("p", { class: "meta" }, edited, time, row.isMine && !row.isRejected ? tick(progress) : null);
}

function tick(progress) {
    const [symbol, name] = marks[progress];
    return make("span", { class: `tick ${progress}`, role: "img", "aria-label": name, title: name }, icon(symbol, "tick-icon"));
}

function toolbar(row, actions, user) {
    const own = row.reactions.get(user);
    const react = reactions.map(({ text, name, symbol }) => tool(symbol, name, () => {
        actions.react(row, own === text ? "" : text);
    }, own === text));
    const change = row.isMine ? [tool("icon-edit", "Edit", () => actions.edit(row)),
        tool("icon-delete", "Delete", () => actions.remove(row))] : [];
    const bar = make("div", { class: "tools", role: "group", "aria-label": "React or change" }, ...react, ...change);
    return make("div", { class: "tools-place" }, ...disclosure(bar));
}

/** A button that opens `bar`, and closes it again; so does Escape. One tab stop for each message, not seven. */
function disclosure(bar) {
    const isOpen = () => toggle.getAttribute("aria-expanded") === "true";
    const set = (open) => toggle.setAttribute("aria-expanded", String(open));
    const toggle = make("button", {
        class: "tools-toggle icon-button", type: "button", "aria-label": "Message actions", "aria-expanded": "false",
        onclick: () => set(!isOpen()),
    }, icon("icon-more"));
    bar.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        set(false);
        toggle.focus();
    });
    return [toggle, bar];
}

function tool(symbol, name, action, isPressed = null) {
    return make("button", {
        class: "tool", type: "button", title: name, "aria-label": name, onclick: action,
        "aria-pressed": isPressed === null ? null : String(isPressed),
    }, icon(symbol));
}

function reactionRow(row, actions, user) {
    const chips = countReactions(row.reactions).map(({ text, users }) => {
        const known = reactionOf(text);
        const isOwn = users.includes(user);
        return make("button", {
            class: "chip", type: "button", "aria-pressed": String(isOwn), title: users.join(", "),
            "aria-label": `${known?.name ?? text}: ${users.join(", ")}`, "data-reaction": text,
            onclick: () => actions.react(row, isOwn ? "" : text),
        }, known ? icon(known.symbol) : text.slice(0, 8), users.length > 1 ? ` ${users.length}` : null);
    });
    return make("div", { class: "reactions" }, ...chips);
}

function refusal(row, actions) {
    return make("p", { class: "fault" }, `Not sent: ${row.fault}. `,
        make("button", { class: "quiet", type: "button", onclick: () => actions.dismiss(row) }, "Dismiss"));
}
