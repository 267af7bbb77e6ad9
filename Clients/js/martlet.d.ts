/** The JavaScript client of Martlet. Docs/Client.md explains what is only named here. */

/** A 64-bit number as a decimal string; compare by `compare`, never by `<`. */
export type Decimal = string;
/** Milliseconds since 1970. */
export type Milliseconds = number;

export type Peer = { user: string; group?: undefined } | { group: string; user?: undefined };
export type EntryType = "message" | "edit" | "delete" | "reaction" | "system";
export type ErrorCode =
    | "unauthenticated" | "forbidden" | "invalid" | "tooLarge" | "rateLimited" | "outOfOrder" | "busy" | "unavailable"
    | "notFound" | "conflict" | "replaced" | "internal";

export interface Content { contentType: string; text?: string; bytes?: Uint8Array }
/** Text, bytes, or either with a content type. */
export type ContentInput = string | Uint8Array | { contentType?: string; text?: string; bytes?: Uint8Array };
export interface Target { id: Decimal; seq: Decimal }
export interface Header { name: string; value: string }

/** One entry of the user's mailbox. */
export interface Entry {
    /** Its position in the mailbox. */
    seq: Decimal;
    /** The seq before it in the mailbox, and in this conversation of it; "0": it is the first; undefined: not known. */
    prev?: Decimal;
    prevInConversation?: Decimal;
    id: Decimal;
    from: string;
    /** A back end that sent for `from`; empty: none. */
    actor: string;
    /** The sending device and its number; only in the sender's own copies. */
    device: string;
    clientSequence: Decimal;
    conversation: Peer;
    type: EntryType;
    content?: Content;
    /** The message that an edit, a delete or a reaction means. */
    target?: Target;
    headers: Header[];
    time: Milliseconds;
    /** 0: never. */
    expiresAt: Milliseconds;
}

export interface ConversationState {
    peer: Peer;
    lastSeq: Decimal;
    unread: number;
    readUpTo: Decimal;
    /** The other side received, and read, up to this seq of this user's mailbox. */
    peerReceived: Decimal;
    peerRead: Decimal;
    changedAt: Decimal;
}

export type PresenceState = "offline" | "online" | "unknown";

export interface DevicePresence {
    device: string;
    state: PresenceState;
    edge: string;
    home: string;
    epoch: Decimal;
    leaseAgeMilliseconds: number;
    since: Milliseconds;
    lastSeen: Milliseconds;
}

export interface UserPresence {
    user: string;
    state: PresenceState;
    lastSeen: Milliseconds;
    asOf: Milliseconds;
    devices: DevicePresence[];
}

/** A message of this device that is on its way. */
export interface Outgoing {
    clientSequence: Decimal;
    to: Peer;
    type: EntryType;
    content?: Content;
    target?: Target;
    headers: Header[];
}

/**
 * How a message ended. Accepted: it is in the log; id, seq and time are missing if retention removed it before this
 * device saw where it is. Refused: for good; `code` is null if the answer got lost with a connection.
 */
export type Outcome =
    | { accepted: true; id?: Decimal; seq?: Decimal; time?: Milliseconds }
    | { accepted: false; code: ErrorCode | null; reason: string };

interface Why { code: ErrorCode; reason: string; closeCode?: number }
export type ClientState =
    | { name: "idle" }
    | { name: "connecting"; url?: string }
    | { name: "online"; url: string; node: string; home: string }
    | ({ name: "waiting"; retryAt: Milliseconds } & Why)
    /** The server said not to come back; `connect` tries all the same. */
    | ({ name: "refused" } & Why);

export interface Welcome {
    user: string;
    device: string;
    session: Decimal;
    node: string;
    home: string;
    generation: Decimal;
    cursor: Decimal;
    resync: boolean;
    head: Decimal;
    lastClientSequence: Decimal;
    rejectedClientSequences: Decimal[];
    heartbeatMilliseconds: number;
    maxFrameBytes: number;
    maxContentBytes: number;
    time: Milliseconds;
}

export interface Storage {
    get(key: string): unknown | Promise<unknown>;
    set(key: string, value: unknown): void | Promise<void>;
}

export interface Timers {
    now(): Milliseconds;
    setTimeout(action: () => void, milliseconds: number): unknown;
    clearTimeout(timer: unknown): void;
}

export interface ClientOptions {
    /** Gateways: one address, several (tried in turn), or a function that gets them before each connection. */
    url: string | string[] | (() => string | string[] | Promise<string | string[]>);
    /** A function is asked before each connection, and in time to renew a JWT. */
    token: string | (() => string | Promise<string>);
    /** Where a device without a past begins: with the whole mailbox (default), or with what comes from now on. */
    startAt?: "beginning" | "head";
    /** The id of a device without a past; by default a random one. What the storage kept wins. */
    device?: string;
    /** Default: in memory, so a new device with each start. */
    storage?: Storage;
    /** The WebSocket class; needed in Node before version 22. */
    WebSocket?: unknown;
    /** What `hello` says of being sent to the user's home; gateways send nobody there now. Default false. */
    followsRedirects?: boolean;
    /** Messages that may wait for an answer; `send` throws `busy` beyond. Default 1,000. */
    maxOutbox?: number;
    /** How long acknowledgements are gathered. Default 200. */
    acknowledgeMilliseconds?: number;
    /** Between connections (250 to 30,000), and between requests that met temporary trouble (100 to 10,000). */
    backoff?: { baseMilliseconds?: number; maximumMilliseconds?: number };
    retry?: { baseMilliseconds?: number; maximumMilliseconds?: number };
    limits?: {
        handshakeMilliseconds?: number;
        requestMilliseconds?: number;
        answerMilliseconds?: number;
        pongMilliseconds?: number;
    };
    /** For tests. */
    timers?: Timers;
    random?: () => number;
    newDeviceId?: () => string;
}

export interface SendOptions {
    type?: EntryType;
    target?: Target;
    /** At most 8 and 1 KiB. */
    headers?: Header[];
    expiresAt?: Milliseconds;
}

export interface Sending { outgoing: Outgoing; settled: Promise<Outcome> }

export interface ClientEvents {
    /** A new entry, once and in the mailbox's order; own messages too. */
    entry: Entry;
    /** A conversation's state changed. */
    conversation: ConversationState;
    /** A message went into the outbox (`outcome` null) or was settled. */
    outgoing: { outgoing: Outgoing; outcome: Outcome | null };
    state: ClientState;
    live: boolean;
    welcome: Welcome;
    signal: { from: string; type: string; content?: Content };
    presence: UserPresence[];
    /** The log is another one: what was shown does not count any more. */
    resync: { generation: Decimal; cursor: Decimal };
    /** Retention removed entries that this device had not seen. */
    trimmed: { after: Decimal; floor: Decimal };
    /** An error that belongs to no call. */
    problem: MartletError;
}

export class MartletClient {
    static open(options: ClientOptions): Promise<MartletClient>;
    private constructor();

    readonly user: string;
    readonly device: string;
    readonly state: ClientState;
    readonly isLive: boolean;
    readonly cursor: Decimal;
    readonly outgoing: Outgoing[];
    readonly conversations: ConversationState[];
    conversation(peer: Peer): ConversationState | undefined;

    connect(): void;
    disconnect(): void;
    wake(): void;
    renew(token: string): void;

    send(to: Peer, content: ContentInput | undefined, options?: SendOptions): Sending;
    edit(target: Pick<Entry, "id" | "seq" | "conversation">, content: ContentInput): Sending;
    delete(target: Pick<Entry, "id" | "seq" | "conversation">): Sending;
    react(target: Pick<Entry, "id" | "seq" | "conversation">, text: string): Sending;
    read(peer: Peer, seq: Decimal): void;
    signal(to: Peer, type: string, content?: ContentInput): boolean;
    typing(to: Peer): void;

    history(peer: Peer, page?: { before?: Decimal; limit?: number }): Promise<{
        conversation: Peer; entries: Entry[]; more: boolean;
    }>;
    fetchConversations(page?: { before?: Decimal; limit?: number }): Promise<{
        conversations: ConversationState[]; more: boolean;
    }>;
    presence(users: string[]): Promise<UserPresence[]>;

    /** Returns a function that removes the listener. */
    on<Name extends keyof ClientEvents>(event: Name, listener: (value: ClientEvents[Name]) => void): () => void;
    once<Name extends keyof ClientEvents>(event: Name, listener: (value: ClientEvents[Name]) => void): () => void;
    off<Name extends keyof ClientEvents>(event: Name, listener: (value: ClientEvents[Name]) => void): void;
}

export class MartletError extends Error {
    constructor(code: ErrorCode, reason?: string, retryAfterMilliseconds?: number);
    readonly code: ErrorCode;
    readonly reason: string;
    readonly retryAfterMilliseconds: number;
    readonly temporary: boolean;
}

export class MemoryStorage implements Storage {
    get(key: string): unknown;
    set(key: string, value: unknown): void;
}

export class WebStorage implements Storage {
    constructor(prefix: string, area?: { getItem(key: string): string | null; setItem(key: string, value: string): void });
    get(key: string): unknown;
    set(key: string, value: unknown): void;
}

export function isTemporary(code: string): boolean;
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1;
export function maximum(a: Decimal, b: Decimal): Decimal;
/** A string for use as a map's key, such as `user:bob`; `parsePeer` reads it. */
export function peerKey(peer: Peer): string;
export function parsePeer(key: string): Peer;
