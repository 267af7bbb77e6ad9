/** The longest delay that a timer takes: beyond it, it fires at once. */
const longestDelay = 2 ** 31 - 1;

/** When a JWT ends, in milliseconds since 1970; null if it does not say or is no JWT. Read, never verified. */
export function expiryOfToken(token) {
    try {
        const claims = JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
        return typeof claims.exp === "number" ? claims.exp * 1000 : null;
    } catch {
        return null;
    }
}

/** How long to wait before a token is renewed: a tenth of what is left before its end, at most a minute, at least 1 s. */
export function renewalDelay(token, now) {
    const expiry = expiryOfToken(token);
    if (expiry === null) return null;
    const left = expiry - now;
    return Math.min(longestDelay, Math.max(1_000, left - Math.min(60_000, left / 10)));
}
