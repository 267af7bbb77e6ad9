/** The closed list of codes (martlet.proto); a WebSocket close code is 4000 (temporary) or 4100 (final) plus this. */
const codes = [
    "unauthenticated", "forbidden", "invalid", "tooLarge", "rateLimited", "outOfOrder", "busy", "unavailable",
    "notFound", "conflict", "replaced", "internal",
];
const temporary = new Set(["rateLimited", "outOfOrder", "busy", "unavailable", "internal"]);

/** A temporary error may be tried again; a final one will not change. An unknown code is taken for final. */
export const isTemporary = (code) => temporary.has(code);

/** 4100 to 4199 mean "do not reconnect"; every other way to lose a connection is worth another try. */
export const isFinalClose = (closeCode) => closeCode >= 4100 && closeCode <= 4199;

/** The name behind a close code of the server's; `unavailable` for those of the network (1006 and the like). */
export function codeOfClose(closeCode) {
    const known = codes[(closeCode % 100) - 1];
    if (closeCode >= 4000 && closeCode <= 4199) return known ?? (isFinalClose(closeCode) ? "forbidden" : "unavailable");
    return "unavailable";
}

/** What a request, a send or a connection failed with. */
export class MartletError extends Error {
    /**
     * @param {string} code one of the closed list
     * @param {string} reason for people
     * @param {number} retryAfterMilliseconds 0: the server gave no hint
     */
    constructor(code, reason = "", retryAfterMilliseconds = 0) {
        super(reason ? `${code}: ${reason}` : code);
        this.name = "MartletError";
        this.code = code;
        this.reason = reason;
        this.retryAfterMilliseconds = retryAfterMilliseconds;
    }

    get temporary() {
        return isTemporary(this.code);
    }
}
