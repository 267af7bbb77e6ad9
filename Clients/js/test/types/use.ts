// Not run: that this compiles shows that the declarations say what the client is. The lines marked as errors must not.
import {
    MartletClient, MartletError, MemoryStorage, WebStorage, compare, isTemporary, parsePeer, peerKey,
    type ClientOptions, type Entry, type Outcome,
} from "../../martlet.js";

const options: ClientOptions = {
    url: async () => ["ws://127.0.0.1:8001/v1/ws"],
    token: async () => "a.b.c",
    startAt: "head",
    storage: new MemoryStorage(),
    followsRedirects: false,
};

export async function use(): Promise<Outcome> {
    const client = await MartletClient.open(options);
    const remove: () => void = client.on("entry", (entry: Entry) => show(entry.seq, entry.content));
    client.on("outgoing", ({ outgoing, outcome }) => show(outgoing.clientSequence, outcome));
    client.on("problem", (problem) => show(problem.code, problem.temporary));
    client.connect();
    const { settled } = client.send({ user: "bob" }, "hello", { headers: [{ name: "push", value: "yes" }] });
    const page = await client.history({ user: "bob" }, { limit: 20 });
    for (const entry of page.entries) client.react(entry, "👍");
    show(peerKey({ user: "bob" }), parsePeer("user:bob"), compare("1", "2"), isTemporary("busy"));
    show(new WebStorage("martlet"), new MartletError("busy"));
    remove();
    return settled;
}

function show(...values: unknown[]): void {
    values.length;
}

export function misuse(client: MartletClient): void {
    // @ts-expect-error A message goes to somebody.
    client.send("bob", "hello");
    // @ts-expect-error There is no such event.
    client.on("message", () => {});
    // @ts-expect-error Clients are opened.
    new MartletClient();
    // @ts-expect-error An address is needed.
    void MartletClient.open({ token: "a.b.c" });
}
