import { byId } from "./dom.js";

const words = {
    idle: "Offline", connecting: "Connecting…", waiting: "Reconnecting…", refused: "Refused", online: "Catching up…",
};
const reasons = {
    replaced: "This device is connected somewhere else.", unauthenticated: "The token was refused.",
};

/** The line that says how the connection is, which node is the edge, and which is the home. */
export class StatusView {
    #edge = null;
    #home = null;

    /** @param state the client's; @param isLive whether everything up to now is here */
    show(state, isLive) {
        const connection = byId("connection");
        connection.dataset.state = state.name;
        connection.dataset.live = String(isLive);
        byId("connection-text").textContent = isLive ? "Live" : words[state.name];
        connection.title = state.reason ? `${state.code}: ${state.reason}` : state.url ?? "";
        if (state.name === "online") this.places(state.node, state.home);
        this.#toggle(state.name);
        this.#refusal(state);
    }

    /** Edge and home by name. They outlive a lost connection in sight, dimmed by the style. */
    places(edge, home) {
        this.#edge = edge || this.#edge;
        this.#home = home || this.#home;
        byId("edge").textContent = this.#edge ?? "–";
        byId("home").textContent = this.#home ?? "–";
    }

    #toggle(name) {
        const isOn = name !== "idle" && name !== "refused";
        const toggle = byId("network-toggle");
        toggle.setAttribute("aria-checked", String(isOn));
        toggle.querySelector(".switch-label").textContent = isOn ? "Online" : "Offline";
        toggle.title = isOn ? "Go offline" : "Go online";
    }

    #refusal(state) {
        const notice = byId("notice");
        notice.hidden = state.name !== "refused";
        notice.textContent = notice.hidden ? "" : `${reasons[state.code] ?? state.reason ?? state.code} Go online to try again.`;
    }
}
