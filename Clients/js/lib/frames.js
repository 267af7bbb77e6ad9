import { MartletError } from "./errors.js";
import { decimal } from "./numbers.js";

/**
 * The frames of `martlet.v1.json`: the proto3 JSON mapping of martlet.proto. A field that is absent has its zero value,
 * so reading fills every field in; unknown fields and frames are skipped, so that the protocol can grow.
 */

const text = (value) => {
    if (value === undefined || value === null) return "";
    if (typeof value !== "string") throw new TypeError("not a string");
    return value;
};
const flag = (value) => value === true;
/** A count, a time or a duration: always exact as a JS number. */
const integer = (value) => Number(decimal(value));
const name = (zero) => (value) => text(value) || zero;
const optional = (read) => (value) => (value === undefined || value === null ? undefined : read(value));
const list = (read) => (value) => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new TypeError("not a list");
    return value.map(read);
};
const record = (fields) => (value) => {
    if (typeof value !== "object" || value === null) throw new TypeError("not an object");
    return Object.fromEntries(Object.entries(fields).map(([key, read]) => [key, read(value[key])]));
};

const peer = (value) => (value?.group === undefined ? { user: text(value?.user) } : { group: text(value.group) });

const content = (value) => {
    const contentType = text(value.contentType) || "text/plain";
    if (value.bytes !== undefined) return { contentType, bytes: fromBase64(text(value.bytes)) };
    return { contentType, text: text(value.text) };
};

const header = record({ name: text, value: text });
const target = record({ id: decimal, seq: decimal });

const entry = record({
    seq: decimal, prev: optional(decimal), prevInConversation: optional(decimal), id: decimal, from: text, actor: text,
    device: text, clientSequence: decimal, conversation: peer, type: name("message"), content: optional(content),
    target: optional(target), headers: list(header), time: integer, expiresAt: integer,
});

const conversation = record({
    peer, lastSeq: decimal, unread: integer, readUpTo: decimal, peerReceived: decimal, peerRead: decimal,
    changedAt: decimal,
});

const devicePresence = record({
    device: text, state: name("offline"), edge: text, home: text, epoch: decimal, leaseAgeMilliseconds: integer,
    since: integer, lastSeen: integer,
});

const userPresence = record({
    user: text, state: name("offline"), lastSeen: integer, asOf: integer, devices: list(devicePresence),
});

const serverFrames = {
    welcome: record({
        user: text, device: text, session: decimal, node: text, home: text, generation: decimal, cursor: decimal,
        resync: flag, head: decimal, lastClientSequence: decimal, rejectedClientSequences: list(decimal),
        heartbeatMilliseconds: integer, maxFrameBytes: integer, maxContentBytes: integer, time: integer,
    }),
    accepted: record({ clientSequence: decimal, id: decimal, seq: decimal, prev: optional(decimal), time: integer }),
    rejected: record({
        clientSequence: decimal, code: name("internal"), reason: text, expected: decimal,
        retryAfterMilliseconds: integer,
    }),
    messages: record({ entries: list(entry) }),
    behind: record({ head: decimal }),
    synced: record({
        entries: list(entry), conversations: list(conversation), upTo: decimal, floor: decimal, live: flag,
    }),
    conversations: record({ conversations: list(conversation), more: flag }),
    history: record({ conversation: peer, entries: list(entry), more: flag }),
    receipt: record({ conversation }),
    presence: record({ users: list(userPresence) }),
    signal: record({ from: text, type: text, content: optional(content) }),
    reconnect: record({ address: text, afterMilliseconds: integer }),
    pong: record({ time: integer }),
    error: record({ code: name("internal"), reason: text, retryAfterMilliseconds: integer }),
};

/**
 * Reads one text frame.
 * @returns {{ref: string | undefined, kind: string, frame: object} | null} null: a frame that this client does not know
 * @throws {MartletError} `invalid`: it is no frame at all
 */
export function decodeServerFrame(bytes) {
    try {
        const envelope = JSON.parse(bytes);
        if (typeof envelope !== "object" || Array.isArray(envelope)) throw new TypeError("not an object");
        const kind = Object.keys(envelope).find((key) => Object.hasOwn(serverFrames, key));
        if (kind === undefined) return null;
        return { ref: optional(decimal)(envelope.ref), kind, frame: serverFrames[kind](envelope[kind]) };
    } catch (error) {
        throw new MartletError("invalid", `a frame that cannot be read: ${error.message}`);
    }
}

/** Writes one text frame. Values are given as the wire has them: 64-bit numbers as strings, content by `wireContent`. */
export function encodeClientFrame(ref, kind, frame) {
    return JSON.stringify(ref === undefined ? { [kind]: frame } : { ref, [kind]: frame });
}

/** Content as frames carry it, of a string, a `Uint8Array` or `{contentType?, text | bytes}`. */
export function wireContent(value) {
    if (value === undefined || value === null) return undefined;
    if (typeof value === "string") return { text: wellFormed(value) };
    if (value instanceof Uint8Array) return { contentType: "application/octet-stream", bytes: toBase64(value) };
    const { contentType, text: body, bytes } = value;
    const kind = contentType === undefined ? {} : { contentType };
    if (bytes instanceof Uint8Array) return { ...kind, bytes: toBase64(bytes) };
    // What an outbox kept is already in the wire's form.
    if (typeof bytes === "string") return { ...kind, bytes };
    return { ...kind, text: wellFormed(body ?? "") };
}

/** Content as the application sees it, of what `wireContent` gave. */
export const readContent = optional(content);

/** Headers as frames carry them: hints for push, few and short. */
export const wireHeaders = (headers) => headers.map(({ name: key, value }) => ({ name: wellFormed(key), value: wellFormed(value) }));

const maxHeaders = 8;
const maxHeaderBytes = 1024;
/** What the envelope, the ref and the number take at most. */
const envelopeBytes = 128;

/**
 * Why the server would not take a message, by its size; null: it would. Asked before the message gets a number, since
 * what is too large consumes none and would block the outbox. JSON escapes make a frame larger than its content.
 */
export function faultOfSize(message, { maxContentBytes, maxFrameBytes }) {
    const headers = message.headers ?? [];
    const headerBytes = headers.reduce((sum, { name: key, value }) => sum + utf8Bytes(key) + utf8Bytes(value), 0);
    if (contentBytes(message.content) > maxContentBytes) return `the content has at most ${maxContentBytes} bytes`;
    if (headers.length > maxHeaders || headerBytes > maxHeaderBytes) {
        return `there are at most ${maxHeaders} headers with ${maxHeaderBytes} bytes in all`;
    }
    const isTooLong = utf8Bytes(JSON.stringify(message)) + envelopeBytes > maxFrameBytes;
    return isTooLong ? `a frame has at most ${maxFrameBytes} bytes` : null;
}

/** Bytes of a wire content's body, as the server counts them. */
function contentBytes(wire) {
    if (wire === undefined) return 0;
    return wire.bytes === undefined ? utf8Bytes(wire.text) : fromBase64(wire.bytes).length;
}

const utf8Bytes = (letters) => new TextEncoder().encode(letters).length;

/** A lone surrogate cannot be encoded in UTF-8, and the server refuses it: it becomes U+FFFD. */
const wellFormed = (letters) => new TextDecoder().decode(new TextEncoder().encode(String(letters)));

function toBase64(bytes) {
    let letters = "";
    for (const byte of bytes) letters += String.fromCharCode(byte);
    return btoa(letters);
}

function fromBase64(letters) {
    // The mapping allows both alphabets.
    return Uint8Array.from(atob(letters.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
}
