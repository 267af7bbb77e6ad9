import assert from "node:assert/strict";
import { test } from "node:test";
import { progressOf } from "../lib/message-view.js";
import { countReactions } from "../lib/reactions.js";
import { Talk } from "../lib/talk.js";

const bob = { user: "bob" };

function entry(seq, fields = {}) {
    return {
        seq: String(seq), id: `${seq}000`, from: "bob", device: "", clientSequence: "0", conversation: bob, type: "message",
        content: { contentType: "text/plain", text: `text ${seq}` }, time: 1_700_000_000_000 + seq, ...fields,
    };
}

const change = (seq, type, of, fields = {}) => entry(seq, { type, target: { id: `${of}000`, seq: String(of) }, ...fields });
const text = (value) => ({ content: { contentType: "text/plain", text: value } });
const outgoing = (number, value = `mine ${number}`) => ({ clientSequence: String(number), to: bob, type: "message", ...text(value) });
const texts = (talk) => talk.rows.map((row) => row.text);

function newTalk() {
    return new Talk(bob, { user: "alice", device: "tab-1" });
}

test("messages stand in the order of their seqs, whatever came first, and once", () => {
    const talk = newTalk();
    for (const seq of [10, 9, 100, 9, 10]) talk.apply(entry(seq));
    assert.deepEqual(texts(talk), ["text 9", "text 10", "text 100"]);
});

test("edits and deletes change their message, before or after it is loaded, in mailbox order", () => {
    const entries = [entry(3), change(5, "edit", 3, text("second")), change(7, "edit", 3, text("third"))];
    for (const order of [entries, [...entries].reverse(), [entries[2], entries[0], entries[1]]]) {
        const talk = newTalk();
        order.forEach((item) => talk.apply(item));
        order.forEach((item) => talk.apply(item));
        assert.deepEqual(texts(talk), ["third"]);
        assert.equal(talk.rows[0].isEdited, true);
    }
    const talk = newTalk();
    [change(6, "edit", 3, text("late")), change(5, "delete", 3), entry(3)].forEach((item) => talk.apply(item));
    assert.deepEqual([talk.rows[0].isDeleted, talk.rows[0].text], [true, ""]);
});

test("nobody edits or deletes what somebody else wrote", () => {
    const talk = newTalk();
    talk.apply(entry(3));
    talk.apply(change(4, "edit", 3, { from: "alice", ...text("put into his mouth") }));
    talk.apply(change(5, "delete", 3, { from: "alice" }));
    assert.deepEqual(texts(talk), ["text 3"]);
});

test("one reaction for each user, the last one, and an empty one takes it back", () => {
    const talk = newTalk();
    talk.apply(entry(3));
    talk.apply(change(4, "reaction", 3, text("👍")));
    talk.apply(change(5, "reaction", 3, { from: "alice", ...text("👍") }));
    assert.deepEqual(countReactions(talk.rows[0].reactions), [{ text: "👍", users: ["bob", "alice"] }]);
    talk.apply(change(6, "reaction", 3, text("⭐")));
    talk.apply(change(7, "reaction", 3, { from: "alice", ...text("") }));
    talk.apply(change(4, "reaction", 3, text("👍")));
    assert.deepEqual(countReactions(talk.rows[0].reactions), [{ text: "⭐", users: ["bob"] }]);
});

test("a message on its way becomes its entry, and never stands twice", () => {
    const talk = newTalk();
    talk.applyOutgoing(outgoing(1), null);
    assert.equal(progressOf(talk.rows[0], undefined), "waiting");
    talk.applyOutgoing(outgoing(1), { accepted: true, id: "7", seq: "3" });
    assert.equal(talk.rows.length, 1, "in sight until its entry comes");
    talk.apply(entry(3, { from: "alice", device: "tab-1", clientSequence: "1" }));
    assert.equal(talk.rows.length, 1);
    assert.equal(talk.rows[0].seq, "3");
});

test("another device's number is another message", () => {
    const talk = newTalk();
    talk.applyOutgoing(outgoing(1), null);
    talk.apply(entry(3, { from: "alice", device: "phone", clientSequence: "1" }));
    assert.equal(talk.rows.length, 2);
});

test("an accepted message without a place is gone: retention was faster", () => {
    const talk = newTalk();
    talk.applyOutgoing(outgoing(1), null);
    talk.applyOutgoing(outgoing(1), { accepted: true });
    assert.deepEqual(talk.rows, []);
});

test("a refused message stays in sight until it is dismissed, whoever has its number now", () => {
    const talk = newTalk();
    talk.applyOutgoing(outgoing(1), null);
    talk.applyOutgoing(outgoing(2), null);
    talk.applyOutgoing(outgoing(1), { accepted: false, code: "tooLarge", reason: "" });
    talk.resetPending([outgoing(1, "mine 2")]);
    assert.deepEqual(talk.rows.map(({ text: value, isRejected }) => [value, isRejected]), [["mine 1", true], ["mine 2", false]]);
    assert.equal(talk.rows[0].fault, "tooLarge");
    talk.dismiss(talk.rows[0].key);
    assert.deepEqual(texts(talk), ["mine 2"]);
});

test("history is taken page by page and may overlap with what was pushed", () => {
    const talk = newTalk();
    talk.apply(entry(9));
    assert.equal(talk.loadedFrom, null);
    talk.applyHistory({ entries: [entry(9), entry(8)], more: true });
    assert.deepEqual([talk.loadedFrom, talk.hasMore], ["8", true]);
    talk.applyHistory({ entries: [entry(7)], more: false });
    assert.deepEqual([talk.loadedFrom, talk.hasMore, texts(talk).length], ["7", false, 3]);
    talk.clear();
    assert.deepEqual([talk.loadedFrom, talk.hasMore, talk.rows], [null, true, []]);
});

test("marks are cumulative", () => {
    const state = { peerReceived: "10", peerRead: "9" };
    const progress = ["9", "10", "11"].map((seq) => progressOf({ seq }, state));
    assert.deepEqual(progress, ["read", "received", "sent"]);
});
