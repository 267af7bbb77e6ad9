import { systemTimers } from "./timers.js";

const defaults = {
    startAt: "beginning",
    followsRedirects: false,
    maxOutbox: 1_000,
    acknowledgeMilliseconds: 200,
};

/** All in milliseconds. */
const defaultLimits = {
    /** From opening the socket to `welcome`. */
    handshakeMilliseconds: 10_000,
    /** For the answer to a request. */
    requestMilliseconds: 15_000,
    /** Without progress of the outbox, before it is sent again. */
    answerMilliseconds: 15_000,
    /** For a sign of life after a ping. */
    pongMilliseconds: 10_000,
};

/** Fills in what was not given; throws a `TypeError` for what cannot work. */
export function completeOptions(given) {
    const options = {
        ...defaults,
        WebSocket: globalThis.WebSocket,
        timers: systemTimers,
        random: Math.random,
        newDeviceId: () => globalThis.crypto.randomUUID(),
        ...given,
        limits: { ...defaultLimits, ...given.limits },
        backoff: { baseMilliseconds: 250, maximumMilliseconds: 30_000, ...given.backoff },
        retry: { baseMilliseconds: 100, maximumMilliseconds: 10_000, ...given.retry },
    };
    if (!options.url) throw new TypeError("url is missing: where is a gateway?");
    if (options.token === undefined) throw new TypeError("token is missing: a string or a function that gets one");
    if (typeof options.WebSocket !== "function") throw new TypeError("WebSocket is missing: give a class in options");
    if (!["beginning", "head"].includes(options.startAt)) throw new TypeError('startAt is "beginning" or "head"');
    return options;
}
