/**
 * The JavaScript client of Martlet, for browsers and Node. Docs/Client.md is its manual.
 *
 *     const client = await MartletClient.open({ url, token: () => fetchToken(), startAt: "head" });
 *     client.on("entry", (entry) => show(entry));
 *     client.connect();
 *     client.send({ user: "bob" }, "hi");
 */
export { MartletClient } from "./lib/client.js";
export { MartletError, isTemporary } from "./lib/errors.js";
export { compare, maximum } from "./lib/numbers.js";
export { parsePeer, peerKey } from "./lib/peers.js";
export { MemoryStorage, WebStorage } from "./lib/storage.js";
