/**
 * 64-bit numbers (seq, id, cursor, generation, client sequence) are decimal strings in JSON and in this API: a JS number
 * is exact only up to 2^53. Compare them by value with these, never with `<`, which would compare letters.
 */

/** @returns {-1 | 0 | 1} like a sort comparator */
export function compare(a, b) {
    const x = BigInt(a);
    const y = BigInt(b);
    return x < y ? -1 : x > y ? 1 : 0;
}

export const isAbove = (a, b) => compare(a, b) > 0;

/** The greater of two, as a decimal string. */
export const maximum = (a, b) => (isAbove(b, a) ? b : a);

/** Canonical decimal string of an unsigned or signed 64-bit number as it came from JSON; absent means zero. */
export function decimal(value) {
    if (value === undefined || value === null) return "0";
    if (typeof value === "number" && !Number.isSafeInteger(value)) throw new TypeError("number is not exact");
    if (typeof value === "string" && !/^-?\d{1,20}$/.test(value)) throw new TypeError("not a 64-bit number");
    return String(BigInt(value));
}
