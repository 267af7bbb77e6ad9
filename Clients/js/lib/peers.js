import { MartletError } from "./errors.js";

/** With whom a conversation is: `{user: "bob"}` or `{group: "team"}`. The kind belongs to the name. */

const encoder = new TextEncoder();
const forbidden = /[\u0000-\u001f\u007f-\u009f/]/;

/** Why `name` cannot be a user, group or device id; null: it can. Ids are 1 to `maxBytes` bytes of UTF-8. */
export function faultOfName(name, maxBytes = 128) {
    if (typeof name !== "string" || name === "") return "a name must not be empty";
    if (!name.isWellFormed?.() && name.isWellFormed) return "a name must be well-formed text";
    if (encoder.encode(name).length > maxBytes) return `a name has at most ${maxBytes} bytes`;
    return forbidden.test(name) ? "a name has no control characters and no /" : null;
}

/** A plain, checked copy of a peer. */
export function checkedPeer(peer) {
    const { user, group } = peer ?? {};
    const fault = user !== undefined && group !== undefined ? "a peer is a user or a group, not both"
        : faultOfName(user ?? group);
    if (fault) throw new MartletError("invalid", fault);
    return user === undefined ? { group } : { user };
}

/** A string that names the peer, for use as a map's key: `user:bob`. */
export const peerKey = (peer) => (peer.group === undefined ? `user:${peer.user}` : `group:${peer.group}`);

/** The peer that `peerKey` named. */
export function parsePeer(key) {
    const colon = key.indexOf(":");
    return checkedPeer({ [key.slice(0, colon)]: key.slice(colon + 1) });
}
