import assert from "node:assert/strict";
import { test } from "node:test";
import { MartletClient } from "../martlet.js";
import { Backoff } from "../lib/backoff.js";
import { Bench, settle } from "./harness.js";

const names = (bench) => bench.events("state").map(({ name }) => name);
const bob = { user: "bob" };

test("it says hello with token, device, generation and cursor, and is online with welcome", async () => {
    const bench = await Bench.start();
    assert.equal(bench.client.state.name, "idle");
    bench.client.connect();
    bench.client.connect();
    await settle();
    assert.equal(bench.sockets.length, 1);
    assert.equal(bench.socket.url, "ws://one.test/v1/ws");
    assert.deepEqual(bench.socket.protocols, ["martlet.v1.json"]);
    const hello = await bench.online();
    assert.deepEqual(hello, {
        token: "token-a", device: "tab-1", generation: "0", cursor: "0", followsRedirects: false,
    });
    assert.deepEqual(bench.client.state, { name: "online", url: "ws://one.test/v1/ws", node: "node-1", home: "node-2" });
    assert.equal(bench.client.user, "alice");
});

test("the back-off doubles up to its maximum, and jitter keeps within its bounds", () => {
    for (const [random, factor] of [[() => 0, 0.5], [() => 0.999_999, 1], [() => 0.5, 0.75]]) {
        const backoff = new Backoff({ baseMilliseconds: 250, maximumMilliseconds: 30_000, random });
        const delays = Array.from({ length: 12 }, () => Math.round(backoff.next()));
        const ceilings = [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000, 30000];
        assert.deepEqual(delays, ceilings.map((ceiling) => Math.round(ceiling * factor)));
        backoff.reset();
        assert.equal(Math.round(backoff.next()), Math.round(250 * factor));
    }
    const backoff = new Backoff({ baseMilliseconds: 1, maximumMilliseconds: 100, random: () => 0 });
    for (let attempt = 0; attempt < 5000; attempt += 1) assert.ok(backoff.next() <= 50);
});

test("a lost connection is dialled again, later each time, and soon again after a good one", async () => {
    const bench = await Bench.start({ url: ["ws://one.test/v1/ws"] });
    bench.client.connect();
    await settle();
    const pauses = [];
    for (let attempt = 0; attempt < 4; attempt += 1) {
        bench.socket.drop();
        pauses.push(await bench.redial());
    }
    assert.deepEqual(pauses, [190, 375, 750, 1500]);
    await bench.online();
    bench.socket.drop();
    assert.equal(await bench.redial(), 3000, "a welcome that lasts no time proves nothing");
    await bench.online();
    await bench.time.advance(5_000);
    bench.socket.drop();
    assert.equal(await bench.redial(), 190);
});

test("a gateway that lets nobody in is followed by the next of the list", async () => {
    const bench = await Bench.start({ url: async () => ["ws://one.test/ws", "ws://two.test/ws"] });
    bench.client.connect();
    await settle();
    bench.socket.drop();
    await bench.redial();
    assert.equal(bench.socket.url, "ws://two.test/ws");
    await bench.online();
    bench.socket.drop();
    await bench.redial();
    assert.equal(bench.socket.url, "ws://two.test/ws", "it was let in there");
    bench.socket.drop();
    await bench.redial();
    assert.equal(bench.socket.url, "ws://one.test/ws");
});

test("close codes 4000 to 4099 and those of the network reconnect", async () => {
    const codes = { 4007: "busy", 4008: "unavailable", 4012: "internal", 4099: "unavailable", 1000: "unavailable",
        1001: "unavailable", 1006: "unavailable", 1009: "unavailable", 1011: "unavailable", 3000: "unavailable" };
    for (const [closeCode, code] of Object.entries(codes)) {
        const bench = await Bench.live();
        bench.socket.drop(Number(closeCode), "why");
        assert.equal(bench.client.state.name, "waiting");
        assert.equal(bench.client.state.code, code);
        assert.equal(bench.client.state.reason, "why");
        await bench.redial();
    }
});

test("close codes 4100 to 4199 do not, until somebody asks again", async () => {
    for (const [closeCode, code] of [[4101, "unauthenticated"], [4102, "forbidden"], [4111, "replaced"], [4110, "conflict"],
        [4199, "forbidden"]]) {
        const bench = await Bench.live();
        bench.socket.drop(closeCode, "no");
        assert.deepEqual(bench.client.state, { name: "refused", code, reason: "no", closeCode });
        bench.client.wake();
        await bench.time.advance(600_000);
        assert.equal(bench.sockets.length, 1);
        assert.equal(bench.time.pending, 0, "no timer is left behind");
        bench.client.connect();
        await bench.online();
        assert.equal(bench.client.state.name, "online");
    }
});

test("reconnect: the connection is used until the time that the server named, then it moves there", async () => {
    const bench = await Bench.live();
    bench.socket.say("reconnect", { address: "two.test:8002", afterMilliseconds: "2000" });
    bench.client.send(bob, "still here");
    assert.deepEqual(bench.socket.sentNumbers(), [1]);
    await bench.time.advance(1_999);
    assert.equal(bench.client.state.name, "online");
    await bench.time.advance(1);
    assert.equal(bench.sockets.length, 2);
    assert.equal(bench.sockets[0].closedWith, 1000);
    assert.equal(bench.socket.url, "ws://two.test:8002/v1/ws");
    await bench.online({ lastClientSequence: "1" });
    assert.deepEqual(bench.socket.sentNumbers(), []);
});

test("reconnect: a connection that ends before its time comes back at that time, and waking changes nothing", async () => {
    const bench = await Bench.live();
    bench.socket.say("reconnect", { address: "two.test:8002", afterMilliseconds: "2000" });
    await bench.time.advance(500);
    bench.socket.drop(1001);
    bench.client.wake();
    assert.equal(bench.client.state.name, "waiting");
    assert.equal(await bench.redial(), 1500);
    assert.equal(bench.socket.url, "ws://two.test:8002/v1/ws");
    bench.socket.drop();
    await bench.redial();
    assert.equal(bench.socket.url, "ws://one.test/v1/ws", "it falls back to the gateways that it knows");
});

test("reconnect without an address goes to the next gateway", async () => {
    const bench = await Bench.live({ url: ["ws://one.test/ws", "ws://two.test/ws"] });
    bench.socket.say("reconnect", {});
    await bench.time.advance(0);
    assert.equal(bench.socket.url, "ws://two.test/ws");
});

test("reconnect to a gateway of the list keeps that one from then on", async () => {
    const bench = await Bench.live({ url: ["ws://one.test/ws", "ws://two.test/ws", "ws://three.test/ws"] });
    bench.socket.say("reconnect", { address: "three.test", afterMilliseconds: "0" });
    await bench.time.advance(0);
    await bench.online();
    bench.socket.drop();
    await bench.redial();
    assert.equal(bench.socket.url, "ws://three.test/ws");
});

test("reconnect in place of a welcome is never followed at once", async () => {
    const bench = await Bench.start({ url: ["ws://one.test/ws", "ws://two.test/ws"] });
    bench.client.connect();
    await settle();
    bench.socket.open();
    bench.socket.say("reconnect", { address: "two.test" });
    assert.ok(await bench.redial() >= 125);
    assert.equal(bench.socket.url, "ws://two.test/ws");
});

test("a final close wins over a planned move", async () => {
    const bench = await Bench.live();
    bench.socket.say("reconnect", { address: "two.test", afterMilliseconds: "1000" });
    bench.socket.drop(4111);
    await bench.time.advance(60_000);
    assert.equal(bench.sockets.length, 1);
});

test("a quiet connection is pinged, and one that is silent after a ping is dead", async () => {
    const bench = await Bench.live();
    await bench.time.advance(30_000);
    bench.socket.say("pong", {}, bench.socket.take("ping").ref);
    await bench.time.advance(29_999);
    assert.equal(bench.client.state.name, "online");
    await bench.time.advance(1);
    bench.socket.take("ping");
    await bench.time.advance(9_999);
    assert.equal(bench.client.state.name, "online");
    await bench.time.advance(1);
    assert.equal(bench.client.state.name, "waiting");
    assert.equal(bench.client.state.reason, "the server is silent");
    bench.sockets[0].drop();
    await bench.redial();
    assert.equal(bench.sockets.length, 2, "the late close of the dead socket counts for nothing");
});

test("waking probes a connection at once, and dials at once where it was waiting", async () => {
    const bench = await Bench.live();
    bench.client.wake();
    bench.client.wake();
    assert.equal(bench.socket.takeAll("ping").length, 2);
    await bench.time.advance(10_000);
    assert.equal(bench.client.state.name, "waiting");
    bench.client.wake();
    await settle();
    assert.equal(bench.sockets.length, 2);
});

test("no welcome in time, or another sub-protocol, is another try", async () => {
    const bench = await Bench.start();
    bench.client.connect();
    await settle();
    bench.socket.open();
    await bench.time.advance(10_000);
    assert.equal(bench.client.state.reason, "no welcome in time");
    await bench.redial();
    bench.socket.open("");
    assert.equal(bench.client.state.reason, "the server does not speak martlet.v1.json");
    assert.deepEqual(bench.socket.frames, [], "no token for strangers");
});

test("garbage ends the connection, and what is unknown is skipped", async () => {
    for (const text of ["", "{", "null", "7", '"a"', '{"messages":{"entries":7}}', '{"messages":{"entries":[null]}}',
        '{"behind":{"head":"x"}}', '{"behind":{"head":9007199254740993}}', '{"welcome":7}', '{"signal":{"from":5}}',
        '{"messages":{"entries":[{"seq":"1","content":{"bytes":"%%"}}]}}']) {
        const bench = await Bench.live();
        bench.socket.sayText(text);
        assert.equal(bench.client.state.name, "waiting", `after ${text}`);
        assert.match(bench.client.state.reason, /cannot be read/);
    }
    const bench = await Bench.live();
    bench.socket.sayText('{"hologram":{"x":1}}');
    bench.socket.sayText("{}");
    bench.socket.sayText('{"behind":{"head":"0","colour":"red"},"ref":"12"}');
    assert.equal(bench.client.state.name, "online");
});

test("a token callback is asked for each connection; one that fails is asked again", async () => {
    let asked = 0;
    const token = async () => {
        asked += 1;
        if (asked === 1) throw new Error("the token service is away");
        return `token-${asked}`;
    };
    const bench = await Bench.start({ token });
    bench.client.connect();
    await settle();
    assert.equal(bench.client.state.name, "waiting");
    assert.equal(bench.client.state.reason, "the token service is away");
    await bench.redial();
    assert.equal((await bench.online()).token, "token-2");
    assert.equal((await bench.reconnect()).token, "token-3");
});

test("a JWT from a callback is renewed before it ends", async () => {
    const jwt = (expiry) => `h.${btoa(JSON.stringify({ exp: expiry }))}.s`;
    const bench = new Bench();
    const expiries = [1_000 + 600, 1_000 + 3_600];
    bench.client = await bench.open({ token: () => jwt(expiries.shift()) });
    bench.client.connect();
    await bench.online();
    for (let minute = 0; minute < 9; minute += 1) {
        assert.deepEqual(bench.socket.takeAll("renew"), [], `after ${minute} minutes`);
        for (let half = 0; half < 2; half += 1) {
            await bench.time.advance(30_000);
            bench.socket.say("pong");
        }
    }
    assert.equal(bench.socket.take("renew").frame.token, jwt(1_000 + 3_600));
});

test("offline by choice: nothing is dialled, whatever was under way", async () => {
    const bench = await Bench.start();
    bench.client.connect();
    bench.client.disconnect();
    await settle();
    assert.equal(bench.sockets.length, 0, "the token came too late");
    bench.client.connect();
    await bench.online();
    bench.socket.drop();
    bench.client.disconnect();
    await bench.time.advance(60_000);
    assert.equal(bench.sockets.length, 1);
    bench.client.connect();
    await bench.online();
    bench.client.disconnect();
    assert.equal(bench.socket.closedWith, 1000);
    assert.equal(bench.client.state.name, "idle");
    assert.equal(bench.time.pending, 0, "no timer is left behind");
    assert.deepEqual(names(bench).slice(-2), ["online", "idle"]);
});

test("options that cannot work are named", async () => {
    const refused = (options, reason) => assert.rejects(MartletClient.open(options), reason);
    await refused({ token: "t" }, /url is missing/);
    await refused({ url: "ws://a" }, /token is missing/);
    await refused({ url: "ws://a", token: "t", WebSocket: null }, /WebSocket is missing/);
    await refused({ url: "ws://a", token: "t", WebSocket: class {}, startAt: "middle" }, /startAt/);
    const bench = await Bench.start({ url: [] });
    bench.client.connect();
    await settle();
    assert.equal(bench.client.state.reason, "no gateway is known");
});
