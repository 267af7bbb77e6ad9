// The floor: a bare WebSocket relay on libuv, to see what a gateway adds to it.
//
//   cc -O2 -o floor floor.c -luv -lcrypto && ./floor 7000
//
// It upgrades a connection whose request says `?user=N`, swallows its first frame (the hello), and passes every other
// frame, a Martlet protobuf `signal` to the user "uM", on to the connection of user M, as it came. No sessions, no
// tokens, no limits, no care for bad input or for a peer that does not read: what is left is sockets, WebSocket frames
// and gathered writes, flushed in prepare and check as the gateway does it. `martlet bench relay --floor` drives it.
#define _GNU_SOURCE
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { MAX_USERS = 1 << 17, READ_BYTES = 64 * 1024, MAX_FRAME_BYTES = 64 * 1024 };

typedef struct Row {
    uv_tcp_t tcp; // first: a handle's address is its row's
    char *held, *out;
    uint32_t heldCount, heldCapacity, outCount, outCapacity;
    int32_t user;
    uint8_t upgraded, greeted, dirty, closing;
} Row;

static uv_loop_t *loop;
static Row *users[MAX_USERS], *dirty[MAX_USERS];
static size_t dirtyCount;
static char readBuffer[READ_BYTES];

static void append(char **buffer, uint32_t *count, uint32_t *capacity, const void *bytes, size_t added) {
    if (*count + added > *capacity) {
        *capacity = (*count + added) * 2;
        *buffer = realloc(*buffer, *capacity);
    }
    memcpy(*buffer + *count, bytes, added);
    *count += added;
}

static void gather(Row *row, const void *bytes, size_t count) {
    append(&row->out, &row->outCount, &row->outCapacity, bytes, count);
    if (!row->dirty) dirty[dirtyCount++] = row;
    row->dirty = 1;
}

static void closed(uv_handle_t *handle) {
    Row *row = (Row *)handle;
    if (row->user >= 0 && users[row->user] == row) users[row->user] = NULL;
    for (size_t i = 0; row->dirty && i < dirtyCount; i++) if (dirty[i] == row) dirty[i] = dirty[--dirtyCount];
    free(row->held);
    free(row->out);
    free(row);
}

static void end(Row *row) {
    if (row->closing) return;
    row->closing = 1;
    uv_close((uv_handle_t *)row, closed);
}

static void flush(void) {
    for (; dirtyCount > 0; dirtyCount--) {
        Row *row = dirty[dirtyCount - 1];
        uv_buf_t buffer = uv_buf_init(row->out, row->outCount);
        row->dirty = 0;
        if (!row->closing && uv_try_write((uv_stream_t *)row, &buffer, 1) != (int)row->outCount) end(row);
        row->outCount = 0;
    }
}

static void prepared(uv_prepare_t *handle) { (void)handle, flush(); }
static void checked(uv_check_t *handle) { (void)handle, flush(); }

// Answers the upgrade. Bytes taken, or 0 if the head is not whole.
static size_t upgrade(Row *row, char *bytes, size_t count) {
    char *stop = memmem(bytes, count, "\r\n\r\n", 4);
    if (!stop) return 0;
    *stop = 0;
    char *user = strstr(bytes, "?user="), *key = strcasestr(bytes, "sec-websocket-key: ");
    if (!user || !key) return end(row), count;
    row->user = atoi(user + 6) & (MAX_USERS - 1);
    users[row->user] = row;
    char text[128], answer[256];
    unsigned char digest[SHA_DIGEST_LENGTH];
    int length = snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + 19);
    EVP_Digest(text, length, digest, NULL, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)text, digest, sizeof digest);
    length = snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: martlet.v1.proto\r\n\r\n", text);
    gather(row, answer, length);
    row->upgraded = 1;
    return stop + 4 - bytes;
}

// Past a protobuf tag and its length, which is read into *length.
static unsigned char *field(unsigned char *at, size_t *length) {
    int shift = 0;
    *length = 0;
    do *length |= (size_t)(*++at & 0x7F) << shift, shift += 7; while (*at & 0x80);
    return at + 1;
}

// The N of `signal { to { user: "uN" } … }`.
static int recipient(unsigned char *payload) {
    size_t length;
    unsigned char *at = field(field(field(payload, &length), &length), &length);
    int number = 0;
    for (size_t i = 1; i < length; i++) number = number * 10 + at[i] - '0';
    return number & (MAX_USERS - 1);
}

static void relay(Row *row, unsigned char *payload, size_t length) {
    if (!row->greeted) { row->greeted = 1; return; }
    Row *to = users[recipient(payload)];
    if (!to) return;
    unsigned char header[4] = {0x82, length < 126 ? length : 126, length >> 8, length};
    gather(to, header, length < 126 ? 2 : 4);
    gather(to, payload, length);
}

// Takes one masked frame. Bytes taken, or 0 if it is not whole.
static size_t frame(Row *row, unsigned char *bytes, size_t count) {
    if (count < 6) return 0;
    size_t length = bytes[1] & 0x7F, head = 6;
    if (length == 126) {
        if (count < 8) return 0;
        length = bytes[2] << 8 | bytes[3];
        head = 8;
    }
    if ((bytes[0] & 0x0F) == 8 || length == 127) return end(row), count;
    if (count < head + length) return 0;
    unsigned char *payload = bytes + head, *mask = payload - 4;
    uint64_t words, masks = 0x100000001 * (uint64_t)(mask[0] | mask[1] << 8 | mask[2] << 16 | (uint32_t)mask[3] << 24);
    size_t i = 0;
    for (; i + 8 <= length; i += 8) memcpy(&words, payload + i, 8), words ^= masks, memcpy(payload + i, &words, 8);
    for (; i < length; i++) payload[i] ^= mask[i & 3];
    if ((bytes[0] & 0x0F) == 2) relay(row, payload, length);
    return head + length;
}

static size_t parse(Row *row, char *bytes, size_t count) {
    size_t taken = 0, next = 1;
    while (next && taken < count && !row->closing) {
        next = row->upgraded ? frame(row, (unsigned char *)bytes + taken, count - taken)
                             : upgrade(row, bytes + taken, count - taken);
        taken += next;
    }
    return taken;
}

static void allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    (void)handle, (void)suggested;
    *buffer = uv_buf_init(readBuffer, READ_BYTES);
}

static void received(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    Row *row = (Row *)stream;
    if (count < 0) return end(row);
    char *bytes = buffer->base;
    size_t all = count;
    if (row->heldCount) {
        append(&row->held, &row->heldCount, &row->heldCapacity, bytes, count);
        bytes = row->held;
        all = row->heldCount;
    }
    size_t taken = parse(row, bytes, all);
    if (all - taken > MAX_FRAME_BYTES) return end(row);
    if (bytes == row->held) {
        memmove(row->held, row->held + taken, row->heldCount -= taken);
    } else if (taken < all) {
        append(&row->held, &row->heldCount, &row->heldCapacity, bytes + taken, all - taken);
    }
}

static void connected(uv_stream_t *server, int status) {
    if (status < 0) return;
    Row *row = calloc(1, sizeof *row);
    row->user = -1;
    uv_tcp_init(loop, &row->tcp);
    if (uv_accept(server, (uv_stream_t *)row) < 0) return end(row);
    uv_tcp_nodelay(&row->tcp, 1);
    uv_read_start((uv_stream_t *)row, allocate, received);
}

int main(int count, char **arguments) {
    loop = uv_default_loop();
    int port = count > 1 ? atoi(arguments[1]) : 7000;
    uv_tcp_t server;
    uv_prepare_t prepare;
    uv_check_t check;
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_init(loop, &server);
    uv_prepare_init(loop, &prepare);
    uv_check_init(loop, &check);
    uv_prepare_start(&prepare, prepared);
    uv_check_start(&check, checked);
    int code = uv_tcp_bind(&server, (struct sockaddr *)&address, 0);
    if (!code) code = uv_listen((uv_stream_t *)&server, 1024, connected);
    if (code) return fprintf(stderr, "floor: port %d: %s\n", port, uv_strerror(code)), 1;
    int length = sizeof address;
    uv_tcp_getsockname(&server, (struct sockaddr *)&address, &length);
    printf("floor: 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return uv_run(loop, UV_RUN_DEFAULT);
}
