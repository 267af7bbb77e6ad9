import assert from "node:assert/strict";
import { test } from "node:test";
import { Bench, entry } from "./harness.js";

test("pushed entries are shown in order, and acknowledged once for many", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, 0), entry(5, 3)] });
    bench.socket.say("messages", { entries: [entry(9, 5)] });
    assert.deepEqual(bench.shown(), [3, 5, 9]);
    assert.equal(bench.socket.takeAll("ack").length, 0);
    await bench.time.advance(200);
    assert.deepEqual(bench.socket.takeAll("ack").map(({ frame }) => frame.seq), ["9"]);
    await bench.time.advance(1000);
    assert.equal(bench.socket.takeAll("ack").length, 0, "nothing new to acknowledge");
});

test("half of the credit is acknowledged at once", async () => {
    const bench = await Bench.live();
    for (let seq = 1; seq <= 32; seq += 1) bench.socket.say("messages", { entries: [entry(seq, seq - 1)] });
    assert.deepEqual(bench.socket.takeAll("ack").map(({ frame }) => frame.seq), ["32"]);
});

test("an entry that comes twice is shown once", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, 0), entry(3, 0)] });
    bench.socket.say("messages", { entries: [entry(3, 0), entry(4, 3)] });
    assert.deepEqual(bench.shown(), [3, 4]);
});

test("seqs are compared by value, far beyond what a JS number holds", async () => {
    const bench = await Bench.live();
    const [a, b] = ["9007199254740993", "9007199254740994"];
    bench.socket.say("messages", { entries: [entry(9, 0), entry(10, 9), entry(a, 10), entry(b, a), entry(a, 10)] });
    assert.deepEqual(bench.events("entry").map(({ seq }) => seq), ["9", "10", a, b]);
    assert.equal(bench.client.cursor, b);
});

test("a gap is filled by a sync from the cursor, and what was pushed over it is not lost", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, 0)] });
    bench.socket.say("messages", { entries: [entry(7, 5)] });
    bench.socket.say("messages", { entries: [entry(8, 7)] });
    assert.deepEqual(bench.shown(), [3]);
    const request = bench.socket.synced({ entries: [entry(5, 3), entry(7, 5), entry(8, 7)], upTo: "8" });
    assert.equal(request.after, "3");
    assert.deepEqual(bench.shown(), [3, 5, 7, 8]);
    bench.socket.say("messages", { entries: [entry(9, 8)] });
    assert.deepEqual(bench.shown(), [3, 5, 7, 8, 9]);
});

test("a page that ends before an entry that was pushed over the gap is followed by another", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(8, 7)] });
    bench.socket.synced({ entries: [entry(5, 0)], upTo: "5" });
    assert.deepEqual(bench.shown(), [5]);
    await bench.time.advance(200);
    bench.socket.synced({ entries: [entry(7, 5), entry(8, 7)], upTo: "8" });
    assert.deepEqual(bench.shown(), [5, 7, 8]);
});

test("an entry without a known place is looked up", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, undefined)] });
    assert.deepEqual(bench.shown(), []);
    bench.socket.synced({ entries: [entry(3, 0)], upTo: "3" });
    assert.deepEqual(bench.shown(), [3]);
});

test("behind: pages are pulled until it is live again", async () => {
    const bench = await Bench.live();
    bench.socket.say("behind", { head: "9" });
    assert.equal(bench.client.isLive, false);
    assert.equal(bench.socket.synced({ entries: [entry(3, 0), entry(4, 3)], upTo: "4", live: false }).after, "0");
    assert.equal(bench.socket.synced({ entries: [entry(6, 4)], upTo: "6", live: false }).after, "4");
    bench.socket.say("behind", { head: "11" });
    assert.equal(bench.socket.synced({ entries: [entry(9, 6)], upTo: "9", live: true }).after, "6");
    assert.deepEqual(bench.shown(), [3, 4, 6, 9]);
    assert.equal(bench.client.isLive, true);
    assert.deepEqual(bench.events("live"), [true, false, true]);
    assert.equal(bench.socket.takeAll("sync").length, 0);
});

test("where a page ended between two entries, the next one is no gap", async () => {
    const bench = await Bench.live();
    bench.socket.say("behind", { head: "3" });
    bench.socket.synced({ entries: [entry(3, 0)], upTo: "6" });
    bench.socket.say("messages", { entries: [entry(8, 3)] });
    assert.deepEqual(bench.shown(), [3, 8]);
});

test("a sync that fails for now is asked again after the hint, one that stalls after a pause", async () => {
    const bench = await Bench.live();
    bench.socket.say("behind", { head: "3" });
    bench.socket.say("error", { code: "unavailable", retryAfterMilliseconds: "700" }, bench.socket.take("sync").ref);
    await bench.time.advance(699);
    assert.equal(bench.socket.takeAll("sync").length, 0);
    await bench.time.advance(1);
    bench.socket.synced({ upTo: "0", live: false });
    assert.equal(bench.socket.takeAll("sync").length, 0, "no progress: it does not spin");
    await bench.time.advance(1_000);
    bench.socket.synced({ entries: [entry(3, 0)], upTo: "3" });
    assert.deepEqual(bench.shown(), [3]);
    assert.deepEqual(bench.events("problem"), []);
});

test("a sync that is refused for good is told, and tried again all the same", async () => {
    const bench = await Bench.live();
    bench.socket.say("behind", { head: "3" });
    bench.socket.say("error", { code: "invalid", reason: "no" }, bench.socket.take("sync").ref);
    assert.equal(bench.events("problem")[0].code, "invalid");
    await bench.time.advance(100);
    bench.socket.synced({ entries: [entry(3, 0)], upTo: "3" });
    assert.deepEqual(bench.shown(), [3]);
});

test("a sync without an answer is asked again", async () => {
    const bench = await Bench.live();
    bench.socket.say("behind", { head: "3" });
    bench.socket.take("sync");
    await bench.time.advance(15_200);
    bench.socket.synced({ entries: [entry(3, 0)], upTo: "3" });
    assert.deepEqual(bench.shown(), [3]);
});

test("after a reconnect it resumes from the cursor and shows nothing twice", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, 0), entry(4, 3)] });
    const hello = await bench.reconnect({ head: "6" });
    assert.equal(hello.generation, "7");
    assert.equal(hello.cursor, "4");
    bench.socket.say("behind", { head: "6" });
    assert.equal(bench.socket.synced({ entries: [entry(5, 4), entry(6, 5)], upTo: "6" }).after, "4");
    bench.socket.say("messages", { entries: [entry(6, 5), entry(7, 6)] });
    assert.deepEqual(bench.shown(), [3, 4, 5, 6, 7]);
});

test("a connection that dies between two pages goes on where it was", async () => {
    const bench = await Bench.live();
    bench.socket.say("behind", { head: "9" });
    bench.socket.synced({ entries: [entry(3, 0)], upTo: "3", live: false });
    const stale = bench.socket;
    const { ref } = stale.take("sync");
    await bench.reconnect({ head: "9" });
    stale.say("synced", { entries: [entry(9, 3)], upTo: "9", live: true }, ref);
    assert.deepEqual(bench.shown(), [3], "an answer on a dead connection counts for nothing");
    assert.equal(bench.socket.synced({ entries: [entry(9, 3)], upTo: "9" }).after, "3");
    assert.deepEqual(bench.shown(), [3, 9]);
});

test("a new generation: what was known is dropped, and it starts from the server's cursor", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(30, 0)] });
    await bench.reconnect({ generation: "8", resync: true, cursor: "2", head: "5" });
    assert.deepEqual(bench.events("resync"), [{ generation: "8", cursor: "2" }]);
    assert.deepEqual(bench.client.conversations, []);
    assert.equal(bench.socket.synced({ entries: [entry(5, 2)], upTo: "5" }).after, "2");
    assert.deepEqual(bench.shown(), [30, 5]);
    assert.equal((await bench.reconnect({ generation: "8" })).generation, "8");
});

test("a cursor beyond the log's end is answered by resync in the same generation", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(30, 0)] });
    await bench.reconnect({ resync: true, cursor: "0", head: "9" });
    bench.socket.synced({ entries: [entry(9, 0)], upTo: "9" });
    assert.deepEqual(bench.shown(), [30, 9]);
    assert.equal(bench.client.cursor, "9");
});

test("what retention removed before it was shown is told", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, 0)] });
    await bench.reconnect({ head: "20" });
    bench.socket.synced({ entries: [entry(20, 15)], floor: "15", upTo: "20" });
    assert.deepEqual(bench.events("trimmed"), [{ after: "3", floor: "15" }]);
    assert.deepEqual(bench.shown(), [3, 20]);
});

test("a fresh device at the beginning has not lost what was trimmed before its time", async () => {
    const bench = await Bench.start();
    bench.client.connect();
    await bench.online({ head: "20" });
    bench.socket.synced({ entries: [entry(20, 15)], floor: "15", upTo: "20" });
    assert.deepEqual(bench.events("trimmed"), []);
    assert.deepEqual(bench.shown(), [20]);
});

test("a fresh device that starts at the head pulls nothing older, and nothing gets lost on the way", async () => {
    const bench = await Bench.start({ startAt: "head" });
    bench.client.connect();
    await bench.online({ head: "20" });
    bench.socket.say("behind", { head: "20" });
    assert.equal(bench.socket.synced({ entries: [entry(21, 20)], upTo: "21" }).after, "20");
    assert.deepEqual(bench.shown(), [21]);
    assert.equal((await bench.reconnect()).cursor, "21");
});

test("the own message takes the place that accepted gives it", async () => {
    const bench = await Bench.live();
    bench.client.send({ user: "bob" }, "hi", { headers: [{ name: "push", value: "loud" }] });
    bench.socket.accept(1, 3, 0);
    bench.socket.say("messages", { entries: [entry(4, 3)] });
    assert.deepEqual(bench.shown(), [3, 4]);
    const [own] = bench.events("entry");
    assert.equal(own.from, "alice");
    assert.equal(own.device, "tab-1");
    assert.equal(own.clientSequence, "1");
    assert.equal(own.id, "1003");
    assert.deepEqual(own.conversation, { user: "bob" });
    assert.deepEqual(own.content, { contentType: "text/plain", text: "hi" });
    assert.deepEqual(own.headers, [{ name: "push", value: "loud" }]);
});

test("an accepted that shows a gap settles the message, and its copy comes with the pages", async () => {
    const bench = await Bench.live();
    const { settled } = bench.client.send({ user: "bob" }, "hi");
    bench.socket.accept(1, 9, 5);
    assert.deepEqual(await settled, { accepted: true, id: "1009", seq: "9", time: 1700000000000 });
    assert.deepEqual(bench.shown(), []);
    const own = entry(9, 5, { from: "alice", device: "tab-1", clientSequence: "1" });
    bench.socket.synced({ entries: [entry(5, 0), own], upTo: "9" });
    assert.deepEqual(bench.shown(), [5, 9]);
    assert.deepEqual(bench.settled(), [[1, true]]);
});

test("an accepted without a place (the answer to an old retry) is looked up", async () => {
    const bench = await Bench.live();
    bench.client.send({ user: "bob" }, "hi");
    bench.socket.say("accepted", { clientSequence: "1", id: "77" });
    const own = entry(9, 0, { from: "alice", device: "tab-1", clientSequence: "1" });
    bench.socket.synced({ entries: [own], upTo: "9" });
    assert.deepEqual(bench.shown(), [9]);
});

test("copies of the user's other devices are entries like any", async () => {
    const bench = await Bench.live();
    bench.client.send({ user: "bob" }, "mine");
    const other = entry(3, 0, { from: "alice", device: "phone", clientSequence: "1" });
    bench.socket.say("messages", { entries: [other] });
    assert.deepEqual(bench.settled(), [], "the other device's number 1 is not ours");
    assert.deepEqual(bench.shown(), [3]);
});

test("a listener that throws does not stop the stream", async () => {
    const bench = await Bench.live();
    const uncaught = [];
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.on("uncaughtException", (error) => uncaught.push(error.message));
    bench.client.on("entry", () => { throw new Error("of the application"); });
    bench.socket.say("messages", { entries: [entry(3, 0), entry(4, 3)] });
    await new Promise((resolve) => setImmediate(resolve));
    process.removeAllListeners("uncaughtException");
    others.forEach((listener) => process.on("uncaughtException", listener));
    assert.deepEqual(bench.shown(), [3, 4]);
    assert.deepEqual(uncaught, ["of the application", "of the application"]);
});
