/**
 * What a device has said and not yet been answered, with the numbers (client sequences) that it gave out: 1, 2, 3…
 * A value and its rules; `Sender` moves the bytes. Numbers are this device's own count, so plain JS numbers are exact.
 *
 * Why numbers: (user, device, number) names a message for ever, so sending one again, however late, adds nothing. Hence
 * a number is never given to a second message, except one that provably never reached the log (`withdraw`).
 */
export const outcomeWindow = 64;

export class Outbox {
    /** @param {{next?: number, items?: object[]}} [stored] what `snapshot` gave */
    constructor(stored = {}) {
        this.next = stored.next ?? 1;
        /** Ascending by number: `{clientSequence, message, sent}`. */
        this.items = (stored.items ?? []).map((item) => ({ ...item, sent: false }));
        /** Known to be accepted, but not yet where. */
        this.decided = [];
    }

    /** The lowest number without an answer; the next one, if all are answered. */
    get lowest() {
        return this.items[0]?.clientSequence ?? this.next;
    }

    add(message) {
        const item = { clientSequence: this.next, message, sent: false, held: false };
        this.next += 1;
        this.items.push(item);
        return item;
    }

    /** Everything without a settled outcome, in order. */
    get open() {
        return [...this.decided, ...this.items];
    }

    /** What may go out now, in order; never beyond the last 64, whose outcomes the server keeps. */
    sendable(window = outcomeWindow) {
        const end = this.lowest + Math.min(window, outcomeWindow);
        const open = this.items.filter((item) => item.clientSequence < end);
        // What is not in the storage yet holds back what is behind it: order counts.
        const held = open.findIndex((item) => item.held);
        return open.slice(0, held < 0 ? open.length : held).filter((item) => !item.sent);
    }

    /** Everything open goes out again, from the lowest unanswered on. */
    goBack() {
        for (const item of this.items) item.sent = false;
    }

    /** Takes an answered item out; undefined: it was answered before. */
    settle(clientSequence) {
        const item = this.open.find((other) => other.clientSequence === clientSequence);
        this.items = this.items.filter((other) => other !== item);
        this.decided = this.decided.filter((other) => other !== item);
        return item;
    }

    /**
     * Whether the server knows another past of this device than the outbox does. It knows more: the outbox was lost. It
     * knows less: the device was forgotten, or the log replaced. Either way the numbers cannot be trusted any more.
     */
    contradicts(lastClientSequence) {
        return lastClientSequence >= this.next || lastClientSequence < this.lowest - 1;
    }

    /**
     * Takes what `welcome` says: what is open up to the last number was decided. Returns the rejected ones; the accepted
     * wait in `decided` for their own copies, which say where they are.
     */
    settleUpTo(lastClientSequence, rejectedClientSequences) {
        const decided = this.items.filter((item) => item.clientSequence <= lastClientSequence);
        this.items = this.items.filter((item) => item.clientSequence > lastClientSequence);
        const isRejected = (item) => rejectedClientSequences.includes(item.clientSequence);
        this.decided.push(...decided.filter((item) => !isRejected(item)));
        return decided.filter(isRejected);
    }

    /** Takes out what waits for its own copy: the copy will not come, retention was faster. */
    takeDecided() {
        return this.decided.splice(0);
    }

    /**
     * Takes out an item that was refused before it could consume its number, and moves those behind it up: the log takes
     * numbers without a gap, so none of them can have been written.
     */
    withdraw(clientSequence) {
        const item = this.settle(clientSequence);
        if (!item) return undefined;
        for (const later of this.items) if (later.clientSequence > clientSequence) later.clientSequence -= 1;
        this.next -= 1;
        this.goBack();
        return item;
    }

    /** For another past: what is open is numbered again, behind `last`; 0 for a new device id. */
    startOver(last = 0) {
        this.items.forEach((item, index) => { item.clientSequence = last + index + 1; });
        this.next = last + this.items.length + 1;
        this.goBack();
    }

    snapshot() {
        const items = this.open.map(({ clientSequence, message }) => ({ clientSequence, message }));
        return { next: this.next, items };
    }
}
