import { byId, make, avatar } from "./lib/dom.js";
import { Chat } from "./lib/chat.js";
import { fetchConfig, openClient } from "./lib/session.js";

/** Signing in, and from `?user=alice&node=node-2` without asking. */

const query = new URLSearchParams(location.search);

async function start() {
    let config;
    try {
        config = await fetchConfig();
    } catch (error) {
        return showSignIn({ gateways: [] }, `Cannot reach the cluster: ${error.message}`);
    }
    const user = query.get("user");
    if (user) return signIn(config, user, query.get("node"));
    showSignIn(config);
}

function showSignIn(config, fault = "") {
    byId("sign-in").hidden = false;
    byId("sign-in-fault").textContent = fault;
    const nodes = config.gateways.map(({ node }) => make("option", { value: node }, node));
    byId("sign-in-node").replaceChildren(...nodes);
    byId("sign-in-user").focus();
    byId("sign-in-form").onsubmit = (event) => {
        event.preventDefault();
        signIn(config, byId("sign-in-user").value.trim(), byId("sign-in-node").value);
    };
}

async function signIn(config, user, node) {
    try {
        const client = await openClient(config, user, node);
        remember(user, node);
        byId("sign-in").hidden = true;
        byId("app").hidden = false;
        byId("sign-out").replaceChildren(avatar(user), make("span", { class: "me-name" }, user));
        byId("sign-out").title = `Signed in as ${user}. Sign out`;
        document.title = `${user} – Martlet`;
        new Chat(client, user).start();
    } catch (error) {
        showSignIn(config, error.message);
    }
}

/** So that a reload comes back here. */
function remember(user, node) {
    const search = new URLSearchParams({ user, ...(node ? { node } : {}) });
    history.replaceState(null, "", `?${search}${location.hash}`);
}

byId("sign-out").addEventListener("click", () => location.assign(location.pathname));

start();
