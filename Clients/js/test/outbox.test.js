import assert from "node:assert/strict";
import { test } from "node:test";
import { MartletError, MemoryStorage } from "../martlet.js";
import { Bench, entry, settle } from "./harness.js";

const bob = { user: "bob" };

function sendMany(bench, count) {
    return Array.from({ length: count }, (_, index) => bench.client.send(bob, `message ${index + 1}`));
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

test("a message goes out with its number and is settled by accepted", async () => {
    const bench = await Bench.live();
    const { outgoing, settled } = bench.client.send(bob, "hi");
    assert.equal(outgoing.clientSequence, "1");
    assert.deepEqual(bench.socket.take("send").frame, {
        clientSequence: "1", to: { user: "bob" }, type: "message", content: { text: "hi" },
    });
    bench.socket.accept(1, 3, 0);
    assert.deepEqual(await settled, { accepted: true, id: "1003", seq: "3", time: 1700000000000 });
    assert.deepEqual(bench.client.outgoing, []);
});

test("edits, deletes and reactions name their target", async () => {
    const bench = await Bench.live();
    const target = { id: "5003", seq: "3", conversation: bob };
    bench.client.edit(target, "better");
    bench.client.delete(target);
    bench.client.react(target, "👍");
    const frames = bench.socket.takeAll("send").map(({ frame }) => [frame.type, frame.target, frame.content]);
    assert.deepEqual(frames, [
        ["edit", { id: "5003", seq: "3" }, { text: "better" }],
        ["delete", { id: "5003", seq: "3" }, undefined],
        ["reaction", { id: "5003", seq: "3" }, { text: "👍" }],
    ]);
});

test("bytes travel as base64 and come back as bytes", async () => {
    const bench = await Bench.live();
    const bytes = Uint8Array.from([0, 255, 128, 7]);
    bench.client.send(bob, { contentType: "image/png", bytes }, { expiresAt: 1700000000000 });
    const { frame } = bench.socket.take("send");
    assert.deepEqual(frame.content, { contentType: "image/png", bytes: "AP+ABw==" });
    assert.equal(frame.expiresAt, "1700000000000");
    bench.socket.accept(1, 3, 0);
    assert.deepEqual(bench.events("entry")[0].content, { contentType: "image/png", bytes });
});

test("text that is not well-formed is sent with its broken letters replaced", async () => {
    const bench = await Bench.live();
    bench.client.send(bob, "a\ud800b");
    assert.equal(bench.socket.take("send").frame.content.text, "a\ufffdb");
});

test("while offline messages queue, and go out in order once welcomed", async () => {
    const bench = await Bench.start();
    sendMany(bench, 3);
    assert.equal(bench.sockets.length, 0);
    assert.deepEqual(bench.client.outgoing.map((item) => item.content.text), ["message 1", "message 2", "message 3"]);
    bench.client.connect();
    await settle();
    bench.socket.open();
    assert.deepEqual(bench.socket.sentNumbers(), [], "nothing before welcome");
    bench.socket.welcome();
    assert.deepEqual(bench.socket.sentNumbers(), [1, 2, 3]);
});

test("no number is given out at or beyond the lowest unanswered plus 64", async () => {
    const bench = await Bench.live();
    sendMany(bench, 70);
    assert.deepEqual(bench.socket.sentNumbers(), range(1, 64));
    bench.socket.accept(2, 4, 3);
    assert.deepEqual(bench.socket.sentNumbers(), [], "the lowest is still 1");
    bench.socket.accept(1, 3, 0);
    assert.deepEqual(bench.socket.sentNumbers(), [65, 66]);
});

test("a connection lost in the middle: welcome settles what was decided, and the rest goes out again", async () => {
    const bench = await Bench.live();
    const sent = sendMany(bench, 5);
    assert.deepEqual(bench.socket.sentNumbers(), [1, 2, 3, 4, 5]);
    bench.socket.accept(1, 3, 0);
    await bench.reconnect({ lastClientSequence: "3", rejectedClientSequences: ["2"], head: "4" });
    assert.deepEqual(bench.socket.sentNumbers(), [4, 5]);
    assert.equal((await sent[1].settled).accepted, false);
    // Number 3 was accepted; its own copy says where it is.
    const own = entry(4, 3, { from: "alice", device: "tab-1", clientSequence: "3", id: "99" });
    bench.socket.synced({ entries: [own], upTo: "4" });
    assert.deepEqual(await sent[2].settled, { accepted: true, id: "99", seq: "4", time: 1700000000000 });
    bench.socket.accept(4, 5, 4);
    bench.socket.accept(5, 6, 5);
    assert.deepEqual(bench.settled(), [[1, true], [2, false], [3, true], [4, true], [5, true]]);
    assert.deepEqual(bench.shown(), [3, 4, 5, 6]);
});

test("an accepted message whose copy retention removed is settled once everything else was shown", async () => {
    const bench = await Bench.live();
    const { settled } = bench.client.send(bob, "hi");
    await bench.reconnect({ lastClientSequence: "1", head: "50" });
    assert.equal(bench.client.outgoing.length, 1, "it is accepted, but not yet known where");
    bench.socket.synced({ entries: [entry(50, 40)], floor: "40", upTo: "50" });
    assert.deepEqual(await settled, { accepted: true });
});

test("a temporary rejection consumes no number: it goes on from the lowest unanswered after the hint", async () => {
    const bench = await Bench.live();
    sendMany(bench, 4);
    bench.socket.sentNumbers();
    bench.socket.accept(1, 3, 0);
    bench.socket.say("rejected", { clientSequence: "2", code: "busy", retryAfterMilliseconds: "500" });
    bench.socket.say("rejected", { clientSequence: "3", code: "outOfOrder", expected: "2" });
    bench.socket.say("rejected", { clientSequence: "4", code: "outOfOrder", expected: "2" });
    bench.client.send(bob, "message 5");
    await bench.time.advance(499);
    assert.deepEqual(bench.socket.sentNumbers(), [], "nothing overtakes");
    await bench.time.advance(1);
    assert.deepEqual(bench.socket.sentNumbers(), [2, 3, 4, 5]);
    assert.deepEqual(bench.settled(), [[1, true]]);
});

test("outOfOrder alone goes back too, with a growing pause", async () => {
    const bench = await Bench.live();
    sendMany(bench, 2);
    const pauses = [];
    for (let round = 0; round < 3; round += 1) {
        bench.socket.sentNumbers();
        bench.socket.say("rejected", { clientSequence: "1", code: "outOfOrder", expected: "1" });
        const start = bench.time.now();
        while (bench.socket.frames.length === 0) await bench.time.advance(5);
        pauses.push(bench.time.now() - start);
    }
    assert.deepEqual(pauses, [75, 150, 300]);
});

test("a rate-limited device sends fewer at once, and more again as answers come", async () => {
    const bench = await Bench.live();
    sendMany(bench, 64);
    const limit = (number) => bench.socket.say("rejected", {
        clientSequence: String(number), code: "rateLimited", retryAfterMilliseconds: "100",
    });
    bench.socket.sentNumbers();
    for (const expected of [32, 16, 8, 4, 2, 1, 1]) {
        limit(1);
        await bench.time.advance(100);
        assert.deepEqual(bench.socket.sentNumbers(), range(1, expected));
    }
    bench.socket.accept(1, 3, 0);
    assert.deepEqual(bench.socket.sentNumbers(), [2, 3]);
});

test("a final rejection uses the number up", async () => {
    const bench = await Bench.live();
    const [first] = sendMany(bench, 2);
    bench.socket.sentNumbers();
    bench.socket.say("rejected", { clientSequence: "1", code: "forbidden", reason: "blocked" });
    assert.deepEqual(await first.settled, { accepted: false, code: "forbidden", reason: "blocked" });
    bench.socket.accept(2, 3, 0);
    bench.client.send(bob, "next");
    assert.deepEqual(bench.socket.sentNumbers(), [3]);
});

test("an error that answers a send: for now, it is sent again; for good, its number was not consumed", async () => {
    const bench = await Bench.live();
    const [first] = sendMany(bench, 3);
    const [{ ref }] = bench.socket.takeAll("send");
    bench.socket.say("error", { code: "rateLimited", retryAfterMilliseconds: "300" }, ref);
    await bench.time.advance(300);
    const again = bench.socket.takeAll("send");
    assert.deepEqual(again.map(({ frame }) => frame.clientSequence), ["1", "2", "3"]);
    bench.socket.say("error", { code: "tooLarge", reason: "headers" }, again[0].ref);
    assert.deepEqual(await first.settled, { accepted: false, code: "tooLarge", reason: "headers" });
    const moved = bench.socket.takeAll("send").map(({ frame }) => [frame.clientSequence, frame.content.text]);
    assert.deepEqual(moved, [["1", "message 2"], ["2", "message 3"]]);
    // Answers to what had been sent under the old numbers change nothing.
    bench.socket.say("error", { code: "tooLarge" }, again[0].ref);
    assert.equal(bench.client.outgoing.length, 2);
});

test("without any answer the outbox goes out again", async () => {
    const bench = await Bench.live();
    sendMany(bench, 2);
    bench.socket.sentNumbers();
    for (let second = 0; second < 15; second += 1) {
        await bench.time.advance(1_000);
        bench.socket.say("pong", {});
    }
    assert.deepEqual(bench.socket.sentNumbers(), [1, 2]);
});

test("an answer that comes twice settles once", async () => {
    const bench = await Bench.live();
    sendMany(bench, 1);
    bench.socket.accept(1, 3, 0);
    bench.socket.accept(1, 3, 0);
    bench.socket.say("rejected", { clientSequence: "1", code: "forbidden" });
    bench.socket.say("rejected", { clientSequence: "1", code: "busy" });
    assert.deepEqual(bench.settled(), [[1, true]]);
    assert.deepEqual(bench.shown(), [3]);
});

test("a restart goes on with the stored outbox, device, generation and cursor", async () => {
    const storage = new MemoryStorage();
    const first = await Bench.live({ storage });
    sendMany(first, 3);
    first.socket.accept(1, 3, 0);
    const second = await Bench.start({ storage, device: "another" });
    second.client.connect();
    const hello = await second.online({ lastClientSequence: "2", head: "4" });
    assert.deepEqual([hello.device, hello.generation, hello.cursor], ["tab-1", "7", "3"]);
    assert.deepEqual(second.socket.sentNumbers(), [3]);
    second.client.send(bob, "new");
    assert.deepEqual(second.socket.sentNumbers(), [4]);
});

test("a number is stored before it is sent", async () => {
    const pending = [];
    const storage = { get: () => undefined, set: (key) => key === "outbox" && new Promise((done) => pending.push(done)) };
    const bench = await Bench.live({ storage });
    pending.splice(0);
    sendMany(bench, 2);
    await settle();
    assert.deepEqual(bench.socket.sentNumbers(), []);
    pending[1]();
    await settle();
    assert.deepEqual(bench.socket.sentNumbers(), [], "what is behind it waits too");
    pending[0]();
    await settle();
    assert.deepEqual(bench.socket.sentNumbers(), [1, 2]);
});

test("a storage that fails is told, and the talk goes on", async () => {
    const full = () => { throw new Error("quota"); };
    const bench = await Bench.live({ storage: { get: () => undefined, set: full } });
    bench.client.send(bob, "hi");
    assert.deepEqual(bench.socket.sentNumbers(), [1]);
    assert.match(bench.events("problem")[0].message, /storage failed: quota/);
    const refusing = { get: () => undefined, set: () => Promise.reject(new Error("later")) };
    const other = await Bench.live({ storage: refusing });
    other.client.send(bob, "hi");
    await settle();
    assert.deepEqual(other.socket.sentNumbers(), [1]);
});

test("a device that lost its outbox takes a new id, and what is open is sent under it", async () => {
    const bench = await Bench.start();
    bench.client.send(bob, "hi");
    bench.client.connect();
    await bench.online({ lastClientSequence: "40" });
    assert.deepEqual(bench.socket.sentNumbers(), [], "1 would be taken for a retry");
    const hello = await bench.online();
    assert.equal(hello.device, "new-1");
    assert.deepEqual(bench.socket.sentNumbers(), [1]);
});

test("a device that the server forgot takes a new id and numbers from 1", async () => {
    const bench = await Bench.live();
    sendMany(bench, 3);
    bench.socket.accept(1, 3, 0);
    bench.socket.accept(2, 4, 3);
    await bench.reconnect({ lastClientSequence: "0" });
    const hello = await bench.online();
    assert.equal(hello.device, "new-2");
    assert.equal(hello.cursor, "4");
    assert.deepEqual(bench.socket.sentNumbers(), [1]);
});

test("where the token names the device, its numbers go on behind the server's last", async () => {
    const bench = await Bench.start();
    bench.client.send(bob, "hi");
    bench.client.connect();
    await bench.online({ device: "fixed", lastClientSequence: "40" });
    assert.equal(bench.client.device, "fixed");
    assert.deepEqual(bench.socket.sentNumbers(), [41]);
});

test("a home that expects a number that was answered long ago makes the device ask again by hello", async () => {
    const bench = await Bench.live();
    sendMany(bench, 2);
    bench.socket.accept(1, 3, 0);
    bench.socket.say("rejected", { clientSequence: "2", code: "outOfOrder", expected: "1" });
    await bench.online({ lastClientSequence: "1" });
    assert.equal(bench.sockets.length, 2);
    assert.deepEqual(bench.socket.sentNumbers(), [2]);
});

test("what cannot be sent is refused at once and takes no number", async () => {
    const bench = await Bench.live({ maxOutbox: 2 }, { maxContentBytes: 10, maxFrameBytes: 3000 });
    const refused = (action, code) => assert.throws(action, (error) => error instanceof MartletError && error.code === code);
    refused(() => bench.client.send(bob, "12345678901"), "tooLarge");
    refused(() => bench.client.send(bob, "äöüäöü"), "tooLarge");
    refused(() => bench.client.send(bob, Uint8Array.from({ length: 11 })), "tooLarge");
    const header = { name: "a", value: "b" };
    refused(() => bench.client.send(bob, "hi", { headers: Array(9).fill(header) }), "tooLarge");
    refused(() => bench.client.send(bob, "hi", { headers: [{ name: "a", value: "b".repeat(1024) }] }), "tooLarge");
    // Each control character takes six bytes in JSON.
    refused(() => bench.client.send(bob, "hi", { headers: [{ name: "a", value: "\u0001".repeat(600) }] }), "tooLarge");
    for (const peer of [undefined, null, {}, { user: "" }, { user: "a/b" }, { user: "a\nb" }, { user: "x".repeat(129) },
        { user: 7 }, { user: "a", group: "b" }, "bob", { user: "\ud800" }]) {
        refused(() => bench.client.send(peer, "hi"), "invalid");
    }
    bench.client.send(bob, "1");
    bench.client.send(bob, "2");
    refused(() => bench.client.send(bob, "3"), "busy");
    assert.deepEqual(bench.socket.sentNumbers(), [1, 2]);
});
