const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const timeOfDay = (milliseconds) => clock.format(milliseconds);

const dayOf = (milliseconds) => new Date(milliseconds).toDateString();

/** "Today", "Yesterday" or a date. */
export function day(milliseconds, now = Date.now()) {
    if (dayOf(milliseconds) === dayOf(now)) return "Today";
    if (dayOf(milliseconds) === dayOf(now - 86_400_000)) return "Yesterday";
    return weekday.format(milliseconds);
}

/** For a list: the time today, the date before. */
export function shortTime(milliseconds, now = Date.now()) {
    return dayOf(milliseconds) === dayOf(now) ? timeOfDay(milliseconds) : shortDay.format(milliseconds);
}

/** "just now", "4 min ago", "3 h ago", "12 May". */
export function ago(milliseconds, now = Date.now()) {
    const minutes = Math.floor((now - milliseconds) / 60_000);
    if (minutes < 1) return "just now";
    if (minutes < 60) return `${minutes} min ago`;
    return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ago` : shortDay.format(milliseconds);
}
