import { MartletClient, WebStorage } from "../../js/martlet.js";

/** Where the gateways are and how a development token is made; both belong to `martlet dev`. */
export async function fetchConfig() {
    const response = await fetch("/dev/config.json", { cache: "no-store" });
    if (!response.ok) throw new Error(`the cluster does not answer (${response.status})`);
    return response.json();
}

async function fetchToken(user) {
    const response = await fetch("/dev/token", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ user }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error?.reason ?? `no token (${response.status})`);
    return answer.token;
}

/** The chosen gateway first; the others stand in when it goes. */
function urlsFrom(gateways, node) {
    const chosen = gateways.filter((gateway) => gateway.node === node);
    return [...chosen, ...gateways.filter((gateway) => gateway.node !== node)].map((gateway) => gateway.url);
}

/** A client for this tab: its device, cursor and outbox live as long as the tab and survive a reload. */
export async function openClient({ gateways }, user, node) {
    const tab = await claimTab();
    return MartletClient.open({
        url: urlsFrom(gateways, node), token: () => fetchToken(user), startAt: "head",
        storage: new WebStorage(`martlet/${tab}/${user}/`, sessionStorage),
        backoff: { maximumMilliseconds: 10_000 },
    });
}

/** A duplicated tab gets a copy of the first one's storage, but must not be the same device: the lock tells them apart. */
async function claimTab() {
    const known = sessionStorage.getItem("martlet/tab");
    if (known && await holdLock(known)) return known;
    const fresh = crypto.randomUUID();
    sessionStorage.setItem("martlet/tab", fresh);
    await holdLock(fresh);
    return fresh;
}

/** Holds the tab's lock as long as the page lives; false: another tab has it. */
function holdLock(tab) {
    if (!navigator.locks) return Promise.resolve(true);
    return new Promise((resolve) => {
        const hold = () => {
            resolve(true);
            return new Promise(() => {});
        };
        // A page that reloads lets go a moment late.
        const signal = AbortSignal.timeout(1_000);
        navigator.locks.request(`martlet/${tab}`, { signal }, hold).catch(() => resolve(false));
    });
}
