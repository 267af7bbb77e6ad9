import assert from "node:assert/strict";
import { test } from "node:test";
import { MartletError, MemoryStorage, WebStorage, compare, maximum, parsePeer, peerKey } from "../martlet.js";
import { Bench, entry, settle } from "./harness.js";

const bob = { user: "bob" };

function state(fields) {
    return { peer: bob, lastSeq: "0", unread: 0, readUpTo: "0", peerReceived: "0", peerRead: "0", changedAt: "0", ...fields };
}

test("unread messages are counted as they come, and states of the server hold over counts", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, 0), entry(4, 3, { type: "reaction" }), entry(5, 4)] });
    assert.equal(bench.client.conversation(bob).unread, 2);
    assert.equal(bench.client.conversation(bob).lastSeq, "5");
    bench.socket.say("receipt", { conversation: state({ lastSeq: "5", unread: 1, readUpTo: "3", changedAt: "6" }) });
    assert.equal(bench.client.conversation(bob).unread, 1);
    bench.socket.say("messages", { entries: [entry(7, 5)] });
    assert.equal(bench.client.conversation(bob).unread, 2);
});

test("own messages are never unread", async () => {
    const bench = await Bench.live();
    bench.client.send(bob, "hi");
    bench.socket.accept(1, 3, 0);
    bench.socket.say("messages", { entries: [entry(4, 3, { from: "alice", device: "phone", clientSequence: "9" })] });
    assert.equal(bench.client.conversation(bob).unread, 0);
});

test("a state that is older than what was pushed changes no count, but its marks hold", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, 0), entry(9, 3)] });
    bench.socket.say("receipt", { conversation: state({ lastSeq: "3", unread: 1, peerRead: "2", changedAt: "5" }) });
    const { unread, lastSeq, peerRead } = bench.client.conversation(bob);
    assert.deepEqual([unread, lastSeq, peerRead], [2, "9", "2"]);
});

test("a state that already counts an entry is not counted up by it", async () => {
    const bench = await Bench.live();
    bench.socket.say("receipt", { conversation: state({ lastSeq: "3", unread: 1, changedAt: "4" }) });
    bench.socket.say("messages", { entries: [entry(3, 0)] });
    assert.equal(bench.client.conversation(bob).unread, 1);
});

test("what the other side received and read while this device was away comes with sync", async () => {
    const bench = await Bench.live();
    bench.client.send(bob, "hi");
    bench.socket.accept(1, 3, 0);
    await bench.reconnect({ lastClientSequence: "1", head: "3" });
    bench.socket.synced({ upTo: "3", conversations: [state({ lastSeq: "3", peerReceived: "3", peerRead: "3", changedAt: "4" })] });
    assert.equal(bench.client.conversation(bob).peerRead, "3");
});

test("a conversation with a past that this client did not see is asked for", async () => {
    const bench = await Bench.live({ startAt: "head" });
    bench.socket.say("messages", { entries: [entry(30, 0, { prevInConversation: "20" })] });
    const { ref } = bench.socket.take("conversations");
    bench.socket.say("conversations", { conversations: [state({ lastSeq: "30", unread: 8, changedAt: "30" })] }, ref);
    await settle();
    assert.equal(bench.client.conversation(bob).unread, 8);
    bench.socket.say("messages", { entries: [entry(31, 30)] });
    assert.deepEqual(bench.socket.takeAll("conversations"), []);
});

test("conversations are listed newest first, and pages add to them", async () => {
    const bench = await Bench.live();
    const page = bench.client.fetchConversations({ before: "9", limit: 2 });
    const { ref, frame } = bench.socket.take("conversations");
    assert.deepEqual(frame, { before: "9", limit: 2 });
    const [a, b] = [state({ peer: { user: "a" }, lastSeq: "7" }), state({ peer: { group: "b" }, lastSeq: "12" })];
    bench.socket.say("conversations", { conversations: [a, b], more: true }, ref);
    assert.equal((await page).more, true);
    assert.deepEqual(bench.client.conversations.map(({ peer }) => peer), [{ group: "b" }, { user: "a" }]);
});

test("a read mark is told, counts at once, and is done when its receipt comes", async () => {
    const bench = await Bench.live();
    bench.socket.say("messages", { entries: [entry(3, 0), entry(5, 3)] });
    bench.client.read(bob, "5");
    bench.client.read(bob, "5");
    bench.client.read(bob, "3");
    assert.equal(bench.client.conversation(bob).unread, 0);
    const [{ ref, frame }, ...others] = bench.socket.takeAll("read");
    assert.deepEqual(frame, { conversation: bob, seq: "5" });
    assert.equal(others.length, 0);
    bench.socket.say("receipt", { conversation: state({ lastSeq: "5", readUpTo: "5", changedAt: "6" }) }, ref);
    await bench.reconnect({ head: "5" });
    assert.deepEqual(bench.socket.takeAll("read"), []);
});

test("marks that grow while one is under way are told once it is confirmed, the greatest only", async () => {
    const bench = await Bench.live();
    for (const seq of ["3", "4", "5"]) bench.client.read(bob, seq);
    const { ref, frame } = bench.socket.take("read");
    assert.equal(frame.seq, "3");
    assert.deepEqual(bench.socket.takeAll("read"), []);
    bench.socket.say("receipt", { conversation: state({ readUpTo: "3" }) }, ref);
    assert.equal(bench.socket.take("read").frame.seq, "5");
});

test("a read mark that was made offline, or found no answer, is told later", async () => {
    const storage = new MemoryStorage();
    const first = await Bench.live({ storage });
    first.client.disconnect();
    first.client.read(bob, "5");
    const bench = await Bench.start({ storage });
    bench.client.connect();
    await bench.online();
    bench.socket.say("error", { code: "busy", retryAfterMilliseconds: "400" }, bench.socket.take("read").ref);
    await bench.time.advance(400);
    bench.socket.take("read");
    await bench.reconnect();
    bench.socket.say("error", { code: "notFound" }, bench.socket.take("read").ref);
    assert.equal(bench.events("problem")[0].code, "notFound");
    await bench.reconnect();
    assert.deepEqual(bench.socket.takeAll("read"), [], "a final answer is an answer");
});

test("a resync drops read marks: they named places in another log", async () => {
    const bench = await Bench.live();
    bench.client.read(bob, "5");
    await bench.reconnect({ generation: "8", resync: true });
    assert.deepEqual(bench.socket.takeAll("read"), []);
});

test("signals go out while there is a connection, and are nobody's worry otherwise", async () => {
    const bench = await Bench.live();
    assert.equal(bench.client.signal(bob, "ring", "now"), true);
    assert.deepEqual(bench.socket.take("signal").frame, { to: bob, type: "ring", content: { text: "now" } });
    bench.socket.say("signal", { from: "bob", type: "typing" });
    assert.deepEqual(bench.events("signal"), [{ from: "bob", type: "typing", content: undefined }]);
    bench.client.disconnect();
    assert.equal(bench.client.signal(bob, "ring"), false);
});

test("typing is told at most every three seconds for each peer", async () => {
    const bench = await Bench.live();
    const typed = () => bench.socket.takeAll("signal").map(({ frame }) => `${frame.type} ${frame.to.user}`);
    bench.client.typing(bob);
    bench.client.typing(bob);
    bench.client.typing({ user: "carol" });
    assert.deepEqual(typed(), ["typing bob", "typing carol"]);
    await bench.time.advance(2_999);
    bench.client.typing(bob);
    assert.deepEqual(typed(), []);
    await bench.time.advance(1);
    bench.client.typing(bob);
    assert.deepEqual(typed(), ["typing bob"]);
    bench.client.send(bob, "hi");
    bench.client.typing(bob);
    assert.deepEqual(typed(), ["typing bob"], "a message ends it, so typing on is news");
});

test("history is paged by seq, newest first", async () => {
    const bench = await Bench.live();
    const page = bench.client.history(bob, { before: "30", limit: 2 });
    const { ref, frame } = bench.socket.take("history");
    assert.deepEqual(frame, { conversation: bob, before: "30", limit: 2 });
    bench.socket.say("history", { conversation: bob, entries: [entry(29, 28), entry(28, 0)], more: true }, ref);
    const { entries, more } = await page;
    assert.deepEqual(entries.map(({ seq }) => seq), ["29", "28"]);
    assert.equal(more, true);
    assert.deepEqual(bench.shown(), [], "the past is no news");
});

test("presence answers with devices and evidence; what is absent is zero", async () => {
    const bench = await Bench.live();
    const asked = bench.client.presence(["bob", "carol"]);
    const { ref, frame } = bench.socket.take("presence");
    assert.deepEqual(frame, { query: ["bob", "carol"] });
    const device = { device: "phone", state: "online", edge: "node-1", home: "node-2", epoch: "4", since: "1700000000000" };
    bench.socket.say("presence", { users: [{ user: "bob", state: "online", devices: [device] }, { user: "carol" }] }, ref);
    const [first, second] = await asked;
    assert.equal(first.devices[0].since, 1700000000000);
    assert.equal(first.devices[0].epoch, "4");
    assert.deepEqual(second, { user: "carol", state: "offline", lastSeen: 0, asOf: 0, devices: [] });
    await assert.rejects(bench.client.presence(["a/b"]), { code: "invalid" });
    bench.socket.say("presence", { users: [{ user: "bob" }] });
    assert.equal(bench.events("presence")[0][0].state, "offline");
});

test("requests fail with a named error: refused, unanswered, lost, offline", async () => {
    const bench = await Bench.live();
    const ask = () => {
        const answer = bench.client.history(bob);
        answer.catch(() => {});
        return answer;
    };
    const refused = ask();
    bench.socket.say("error", { code: "notFound", reason: "nothing" }, bench.socket.take("history").ref);
    await assert.rejects(refused, (error) => error instanceof MartletError && error.code === "notFound" && !error.temporary);
    const unanswered = ask();
    await bench.time.advance(15_000);
    await assert.rejects(unanswered, { code: "unavailable", reason: "no answer in time" });
    const lost = ask();
    bench.socket.drop();
    await assert.rejects(lost, { code: "unavailable", temporary: true });
    await assert.rejects(ask(), { code: "unavailable", reason: "not connected" });
});

test("an error that answers nothing is told", async () => {
    const bench = await Bench.live();
    bench.socket.say("error", { code: "rateLimited", reason: "signals", retryAfterMilliseconds: "5" });
    const [problem] = bench.events("problem");
    assert.deepEqual([problem.code, problem.temporary, problem.retryAfterMilliseconds], ["rateLimited", true, 5]);
});

test("listeners can be removed, and once means once", async () => {
    const bench = await Bench.live();
    const heard = [];
    const remove = bench.client.on("entry", ({ seq }) => heard.push(`on ${seq}`));
    bench.client.once("entry", ({ seq }) => heard.push(`once ${seq}`));
    bench.socket.say("messages", { entries: [entry(3, 0), entry(4, 3)] });
    remove();
    bench.socket.say("messages", { entries: [entry(5, 4)] });
    assert.deepEqual(heard, ["on 3", "once 3", "on 4"]);
});

test("web storage keeps JSON under its prefix and survives garbage", () => {
    const values = new Map([["m:bad", "{"]]);
    const area = { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => values.set(key, value) };
    const storage = new WebStorage("m:", area);
    storage.set("cursor", { a: 1 });
    assert.equal(values.get("m:cursor"), '{"a":1}');
    assert.deepEqual(storage.get("cursor"), { a: 1 });
    assert.equal(storage.get("none"), undefined);
    assert.equal(storage.get("bad"), undefined);
});

test("numbers and peers have helpers", () => {
    assert.equal(compare("9", "10"), -1);
    assert.equal(compare("10", "10"), 0);
    assert.equal(compare("18446744073709551615", "18446744073709551614"), 1);
    assert.equal(maximum("9", "10"), "10");
    for (const peer of [{ user: "a:b" }, { group: "team" }]) assert.deepEqual(parsePeer(peerKey(peer)), peer);
    assert.notEqual(peerKey({ user: "x" }), peerKey({ group: "x" }));
});
