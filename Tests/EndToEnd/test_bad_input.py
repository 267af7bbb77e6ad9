"""Bad frames, bad requests, bad tokens: each gets its named error, the process lives, and others notice nothing."""

import random
import struct
import time
import urllib.error
import urllib.request

import pytest
from raw import BINARY, CLOSE, PING, PONG, TEXT, Raw, Session, frame, request
from tokens import Minter

UNAUTHENTICATED, FORBIDDEN, INVALID, TOO_LARGE = 4101, 4102, 4103, 4104


@pytest.fixture(scope="module")
def minter(shared_cluster):
    return Minter(shared_cluster)


@pytest.fixture(scope="module")
def url(shared_cluster):
    """The gateway that gets all that is bad."""
    return shared_cluster.gateways["node-1"]


@pytest.fixture(scope="module")
def bystanders(shared_cluster, url):
    """Two sessions that stay open through all of it: one on the node that is mistreated, one on another."""
    pair = [Session(url), Session(shared_cluster.gateways["node-2"])]
    for name, session in zip(("alice", "bob"), pair):
        session.number = 0
        session.hello(shared_cluster.token(f"bystander-{name}", tier="paid"))
        session.say({"sync": {}})
        session.next("synced")
    yield pair
    for session in pair:
        session.close()


@pytest.fixture(autouse=True)
def undisturbed(shared_cluster, bystanders):
    yield
    assert shared_cluster.process.poll() is None, f"the process died:\n{shared_cluster.log()}"
    alice, bob = bystanders
    for one, other, name in ((alice, bob, "bob"), (bob, alice, "alice")):
        one.number += 1
        one.say({"send": {"clientSequence": str(one.number), "to": {"user": f"bystander-{name}"},
                          "content": {"text": f"still here {one.number}"}}})
        one.next("accepted", lambda accepted: accepted["clientSequence"] == str(one.number))
        entry = other.next("messages")["entries"][0]
        assert entry["content"]["text"] == f"still here {one.number}"
        other.say({"ack": {"seq": entry["seq"]}})


@pytest.fixture
def session(url, minter, request):
    """A session of a user of its own that said hello."""
    session = Session(url)
    session.user = f"user-{abs(hash(request.node.name))}"
    session.hello(minter.token(session.user, tier="paid"))
    yield session
    session.close()


# Frames of a session that is there: an error with its name, and the session goes on.

def send(**more):
    fields = {"clientSequence": '"1"', "to": '{"user":"x"}', "content": '{"text":"a"}', **more}
    return '{"ref":"7","send":{%s}}' % ",".join(f'"{name}":{value}' for name, value in fields.items())


BAD_FRAMES = {
    "empty": ("", "malformed"),
    "no JSON": ("hello", "malformed"),
    "cut": ('{"ref":"7","ping":{', "malformed"),
    "a list": ("[1]", "malformed"),
    "a number": ("1", "malformed"),
    "null": ("null", "malformed"),
    "two texts": ('{"ping":{}}{"ping":{}}', "trailing bytes"),
    "a comment": ('{"ping":{}}//', "trailing bytes"),
    "trailing comma": ('{"ping":{},}', "malformed"),
    "single quotes": ("{'ping':{}}", "malformed"),
    "byte order mark": ('\ufeff{"ping":{}}', "malformed"),
    "NaN": ('{"ref":NaN,"ping":{}}', "wrong type: ref"),
    "control character in a string": ('{"ref":"7","renew":{"token":"a\nb"}}', "malformed"),
    "bad escape": ('{"ref":"7","renew":{"token":"\\x"}}', "malformed"),
    "lone surrogate": ('{"ref":"7","renew":{"token":"\\ud800"}}', "lone surrogate"),
    "no frame": ("{}", "missing frame"),
    "only a ref": ('{"ref":"7"}', "missing frame"),
    "frame is null": ('{"ref":"7","ping":null}', "missing frame"),
    "unknown frame": ('{"ref":"7","dance":{}}', "unknown frame"),
    "a server's frame": ('{"ref":"7","welcome":{}}', "unknown frame"),
    "two frames": ('{"ref":"7","ping":{},"sync":{}}', "two frames"),
    "key twice": ('{"ref":"7","ref":"8","ping":{}}', "duplicate key"),
    "key twice, escaped": ('{"ref":"7","r\\u0065f":"8","ping":{}}', "duplicate key"),
    "inner key twice": ('{"ref":"7","sync":{"after":"1","after":"2"}}', "duplicate key"),
    "frame is a list": ('{"ref":"7","sync":[]}', "wrong type: sync"),
    "ref is negative": ('{"ref":-1,"ping":{}}', "out of range: ref"),
    "ref is a fraction": ('{"ref":1.5,"ping":{}}', "wrong type: ref"),
    "ref is a list": ('{"ref":[],"ping":{}}', "wrong type: ref"),
    "ref beyond 64 bits": ('{"ref":"18446744073709551616","ping":{}}', "out of range: ref"),
    "seq beyond 63 bits": ('{"ref":"7","sync":{"after":"9223372036854775808"}}', "out of range: sync.after"),
    "seq of letters": ('{"ref":"7","sync":{"after":"many"}}', "wrong type: sync.after"),
    "limit beyond 32 bits": ('{"ref":"7","sync":{"limit":4294967296}}', "out of range: sync.limit"),
    "text is a number": (send(content='{"text":5}'), "wrong type: send.content.text"),
    "text and bytes": (send(content='{"text":"a","bytes":"YQ=="}'), "two values: send.content.value"),
    "bytes are no base64": (send(content='{"bytes":"%%%"}'), "send.content.bytes"),
    "user and group": (send(to='{"user":"a","group":"b"}'), "two values: send.to"),
    "nobody": (send(to="{}"), "missing: send.to"),
    "an empty name": (send(to='{"user":""}'), "send.to"),
    "a name with a slash": (send(to='{"user":"a/b"}'), "invalid: send.to.user"),
    "a name with a control character": (send(to='{"user":"a\\u0000b"}'), "invalid: send.to.user"),
    "a name of 129 bytes": (send(to='{"user":"%s"}' % ("x" * 129)), "invalid: send.to.user"),
    "number 0": (send(clientSequence='"0"'), "clientSequence"),
    "an unknown type": (send(type='"shout"'), "unknown value: send.type"),
    "an edit of nothing": (send(type='"edit"'), "edit without a target"),
    "a message about another": (send(target='{"id":"1","seq":"1"}'), "a message has no target"),
    "sync from beyond the end": ('{"ref":"7","sync":{"after":"9000000000"}}', "after is beyond the end"),
    "read beyond the end": ('{"ref":"7","read":{"conversation":{"user":"x"},"seq":"900"}}', "seq is not of this mailbox"),
}
TOO_LARGE_FRAMES = {
    "content": (send(content='{"text":"%s"}' % ("x" * 32_769)), "too long: send.content"),
    "nine headers": (send(headers="[%s]" % ",".join(['{"name":"a","value":"b"}'] * 9)), "too many: send.headers"),
    "long headers": (send(headers='[{"name":"a","value":"%s"}]' % ("x" * 1_024)), "too long: send.headers"),
    "signal": ('{"ref":"7","signal":{"to":{"user":"x"},"content":{"text":"%s"}}}' % ("x" * 4_097), "too long: signal"),
    "token": ('{"ref":"7","renew":{"token":"%s"}}' % ("x" * 8_193), "too long: renew.token"),
    "presence": ('{"ref":"7","presence":{"query":[%s]}}' % ",".join(['"x"'] * 101), "too many: presence"),
}


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_a_bad_frame_gets_a_named_error(session, name):
    text, reason = BAD_FRAMES[name]
    expect_error(session, text, "invalid", reason)


@pytest.mark.parametrize("name", TOO_LARGE_FRAMES)
def test_a_frame_beyond_a_limit_gets_a_named_error(session, name):
    text, reason = TOO_LARGE_FRAMES[name]
    expect_error(session, text, "tooLarge", reason)


def expect_error(session, text, code, reason):
    session.say(text)
    error = session.next("error")
    assert error["code"] == code and reason in error["reason"], error
    if text.startswith('{"ref":"7"') and "malformed" not in reason:
        assert error["ref"] == "7", "an error names the request that it answers"
    assert session.is_alive()


@pytest.mark.parametrize("opening, closing", [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [17, 1_000, 10_000])
def test_deep_nesting_is_refused(session, opening, closing, depth):
    inner = opening * depth + ("" if opening == "[" else "1") + closing * depth
    expect_error(session, '{"ref":"7","unknown":%s,"ping":{}}' % inner, "invalid", "too deep")


def test_unknown_fields_are_skipped(session):
    session.say('{"new":[{"a":[1,2,{"b":null}]}],"ref":"7","ping":{"newer":true}}')
    assert session.next("pong")["ref"] == "7"


def test_a_session_goes_on_after_a_thousand_bad_frames(session):
    for number in range(1_000):
        session.say('{"ref":"%d","dance":{}}' % number)
    for number in range(1_000):
        assert session.next("error")["ref"] == str(number)
    assert session.is_alive()


def test_final_refusals_consume_their_number(session):
    for number, (to, type) in enumerate([('{"user":"martlet:x"}', "message"), ('{"user":"x"}', "system")], 1):
        session.say(send(clientSequence=f'"{number}"', to=to, type=f'"{type}"'))
        rejected = session.next("rejected")
        assert (rejected["code"], rejected["clientSequence"]) == ("forbidden", str(number))
    session.say(send(clientSequence='"3"', to='{"group":"nobody"}'))
    assert session.next("rejected")["code"] == "notFound"
    session.say(send(clientSequence='"4"'))
    assert session.next("accepted")["clientSequence"] == "4"


# Hello.

BEFORE_HELLO = {
    "ping": ('{"ping":{}}', UNAUTHENTICATED, "hello comes first"),
    "send": (send(), UNAUTHENTICATED, "hello comes first"),
    "renew": ('{"renew":{"token":"x"}}', UNAUTHENTICATED, ""),
    "malformed": ("{", INVALID, "malformed"),
    "unknown": ('{"dance":{}}', INVALID, "unknown frame"),
    "hello without a token": ('{"hello":{"device":"x"}}', UNAUTHENTICATED, "no token"),
    "token of 10 KB": ('{"hello":{"token":"%s","device":"x"}}' % ("x" * 10_240), TOO_LARGE, "too long: hello.token"),
    "device of 65 bytes": ('{"hello":{"token":"x","device":"%s"}}' % ("x" * 65), INVALID, "invalid: hello.device"),
}


@pytest.mark.parametrize("name", BEFORE_HELLO)
def test_before_hello_a_bad_frame_ends_the_connection(url, name):
    text, code, reason = BEFORE_HELLO[name]
    stranger = Session(url)
    stranger.say(text)
    got = stranger.closed()
    assert got[0] == code and reason in got[1]


def test_hello_without_a_device_is_refused(url, minter):
    stranger = Session(url)
    stranger.say({"hello": {"token": minter.token()}})
    assert stranger.closed()[0] == INVALID


def test_a_token_for_one_device_is_for_no_other(url, minter):
    stranger = Session(url)
    stranger.say({"hello": {"token": minter.token(device="phone"), "device": "laptop"}})
    assert stranger.closed()[0] == FORBIDDEN


def test_hello_twice_is_refused_and_changes_nothing(session, minter):
    """Not even with the token of somebody else, whose home may be another node."""
    sent = 0
    for number in range(20):
        session.say({"ref": "7", "hello": {"token": minter.token(f"other-{number}"), "device": "x"}})
        error = session.next("error")
        assert (error["code"], error["ref"]) == ("invalid", "7")
        sent += 1
        session.say(send(clientSequence=f'"{sent}"'))
        assert session.next("accepted")["clientSequence"] == str(sent)
    session.say({"ref": "8", "sync": {}})
    entries = session.next("synced")["entries"]
    assert [entry["clientSequence"] for entry in entries] == [str(number + 1) for number in range(sent)]
    assert {entry["from"] for entry in entries} == {session.user}


def test_renewing_with_a_bad_token_keeps_the_session(session, minter):
    for token, reason in [(minter.token(secret=b"x" * 64), "signature"), (minter.token("other"), "somebody else")]:
        session.say({"ref": "7", "renew": {"token": token}})
        error = session.next("error")
        assert error["code"] in ("unauthenticated", "forbidden") and reason in error["reason"]
    session.say({"ref": "8", "renew": {"token": minter.token(session.user)}})
    assert session.next("pong")["ref"] == "8"


# Tokens.

WRONG_TOKENS = [
    "none", "expired", "not yet valid", "wrong key", "empty key", "HS512 named", "alg none", "alg None",
    "alg none, signed", "RS256 with the HMAC secret", "ES256 with the HMAC secret", "no alg", "alg is a number", "crit",
    "kid is a number", "signature cut", "no signature", "body of another", "two parts", "four parts", "garbage",
    "garbage in three parts", "spaces", "10 KB", "no exp", "exp is a text", "no sub", "sub is a list", "sub is empty",
    "sub has a slash", "sub is reserved", "sub is too long", "tier is unknown", "tenant", "claims are a list",
    "claims are no JSON",
]


def test_the_list_of_wrong_tokens_is_whole(minter):
    assert list(minter.wrong()) == WRONG_TOKENS


@pytest.mark.parametrize("name", WRONG_TOKENS)
def test_a_wrong_token_is_refused_by_name(url, minter, name):
    token, reason = minter.wrong()[name]
    stranger = Session(url)
    stranger.say({"hello": {"token": token, "device": "x"}})
    code, said = stranger.closed()
    assert code == (TOO_LARGE if name == "10 KB" else UNAUTHENTICATED) and reason in said
    assert token[:8] not in said or not token, "no part of a token is repeated"


@pytest.mark.parametrize("name", ["expired", "wrong key", "alg none", "garbage"])
def test_a_wrong_token_in_the_header_is_refused_too(url, minter, name):
    token, reason = minter.wrong()[name]
    stranger = Session(url, Authorization=f"Bearer {token}")
    stranger.say({"hello": {"device": "x"}})
    assert stranger.closed() == (UNAUTHENTICATED, reason)


def test_a_foreign_key_id_does_not_matter_where_there_is_one_key_and_never_helps(url, minter):
    stranger = Session(url)
    stranger.say({"hello": {"token": minter.token(header={"kid": "foreign"}, secret=b"y" * 64), "device": "x"}})
    assert stranger.closed()[0] == UNAUTHENTICATED
    # Key headers that would bring their own key are never looked at.
    for header in ({"jwk": {"kty": "oct", "k": "eXl5"}}, {"jku": "http://127.0.0.1/"}, {"x5u": "http://127.0.0.1/"}):
        stranger = Session(url)
        stranger.say({"hello": {"token": minter.token(header=header, secret=b"yyy"), "device": "x"}})
        assert stranger.closed() == (UNAUTHENTICATED, "token signature wrong")


# WebSocket.

BAD_WEBSOCKET = {
    "not masked": (frame(TEXT, '{"ping":{}}', masked=False), 1002),
    "reserved bit 1": (frame(TEXT, '{"ping":{}}', reserved=4), 1002),
    "reserved bit 3": (frame(TEXT, '{"ping":{}}', reserved=1), 1002),
    "unknown opcode": (frame(3, "x"), 1002),
    "unknown control opcode": (frame(11, "x"), 1002),
    "binary on the text sub-protocol": (frame(BINARY, '{"ping":{}}'), 1003),
    "bad UTF-8": (frame(TEXT, b'{"ping":"\xff"}'), 1007),
    "surrogate in UTF-8": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "bad UTF-8 across fragments": (frame(TEXT, b"\xe2\x82", final=False) + frame(0, b"\x28"), 1007),
    "cut UTF-8": (frame(TEXT, b"\xe2\x82"), 1007),
    "a frame of 64 KiB and a byte": (frame(TEXT, "x" * 65_537), 1009),
    "a frame of 4 GB, claimed": (frame(TEXT, length=1 << 32), 1009),
    "fragments beyond 64 KiB": (frame(TEXT, "x" * 40_000, final=False) + frame(0, "x" * 40_000), 1009),
    "length above 2^63": (bytes([0x81, 0xFF]) + struct.pack(">Q", 1 << 63) + b"mask", 1002),
    "length not minimal": (bytes([0x81, 0xFE]) + struct.pack(">H", 5) + b"mask" + b"12345", 1002),
    "ping of 126 bytes": (frame(PING, "x" * 126), 1002),
    "ping in fragments": (frame(PING, "x", final=False), 1002),
    "continuation of nothing": (frame(0, "x"), 1002),
    "message within a message": (frame(TEXT, "x", final=False) + frame(TEXT, "y"), 1002),
    "close of one byte": (frame(CLOSE, b"\x03"), 1002),
    "close code 1005": (frame(CLOSE, struct.pack(">H", 1005)), 1002),
    "close code 999": (frame(CLOSE, struct.pack(">H", 999)), 1002),
    "close reason of bad UTF-8": (frame(CLOSE, struct.pack(">H", 1000) + b"\xff"), 1007),
}


@pytest.mark.parametrize("name", BAD_WEBSOCKET)
def test_a_broken_websocket_is_failed_with_its_code(session, name):
    data, code = BAD_WEBSOCKET[name]
    session.send(data)
    assert session.closed()[0] == code


def test_what_is_allowed_is_taken(session):
    for opcode, payload in ((PING, b""), (PING, b"x" * 125)):
        session.send(frame(opcode, payload))
        assert session.frame() == (PONG, payload)
    session.send(frame(PONG, b"nobody asked"))
    parts = b'{"ref":"7","ping":{}}'
    session.send(frame(TEXT, parts[:5], final=False) + frame(PING) + frame(0, parts[5:9], final=False) + frame(0, parts[9:]))
    assert session.frame() == (PONG, b"")
    assert session.next("pong")["ref"] == "7"
    for byte in frame(TEXT, '{"ref":"8","ping":{}}'):
        session.send(bytes([byte]))
    assert session.next("pong")["ref"] == "8"
    session.send(frame(CLOSE, struct.pack(">H", 1000) + b"bye"))
    assert session.closed()[0] == 1000


def test_text_on_the_binary_sub_protocol(url):
    stranger = Session(url, Sec_WebSocket_Protocol="martlet.v1.proto")
    stranger.send(frame(TEXT, "{}"))
    assert stranger.closed()[0] == 1003


@pytest.mark.parametrize("payload", [b"\xff" * 20, b"\x12\x7f", b"\x08", b"\x12\x02\x0a\xff", b"\x0b\x0c", bytes(100)])
def test_broken_protobuf_is_refused(url, payload):
    stranger = Session(url, Sec_WebSocket_Protocol="martlet.v1.proto")
    stranger.send(frame(BINARY, payload))
    assert stranger.closed()[0] in (INVALID, TOO_LARGE, UNAUTHENTICATED)


def test_noise_breaks_nothing(url, minter):
    """Random bytes in all three phases: before the upgrade, as frames before hello, and in a session."""
    noise = random.Random(7)
    for number in range(120):
        data = noise.randbytes(noise.randint(1, 2_000))
        if number % 3 == 0:
            stranger = Raw(url)
            stranger.send(data)
        else:
            stranger = Session(url, Sec_WebSocket_Protocol="martlet.v1." + ("json", "proto")[number % 2])
            if number % 3 == 1:
                stranger.send(frame(TEXT if number % 2 == 0 else BINARY, data))
            else:
                stranger.send(data)
        stranger.close()


# Requests.

BAD_REQUESTS = {
    "a head without an end": (b"GET /v1/ws HTTP/1.1\r\n" + b"x: " + b"y" * 9_000, 431),
    "a flood of headers": (request(**{f"X_{n}": "y" * 20 for n in range(1_000)}), 431),
    "a long target": (request("/v1/ws?" + "x" * 9_000), 431),
    "a body": (request(Content_Length="5") + b"hello", 400),
    "an empty body": (request(Content_Length="0"), 400),
    "a body in chunks": (request(Transfer_Encoding="chunked"), 400),
    "absolute form": (request("http://127.0.0.1/v1/ws"), 400),
    "asterisk form": (request("*"), 400),
    "two hosts": (request(Host=["a", "b"]), 400),
    "no host": (request(drop=["Host"]), 400),
    "two keys": (request(Sec_WebSocket_Key=["a" * 22 + "==", "b" * 22 + "=="]), 400),
    "no key": (request(drop=["Sec_WebSocket_Key"]), 400),
    "a short key": (request(Sec_WebSocket_Key="YQ=="), 400),
    "version 12": (request(Sec_WebSocket_Version="12"), 426),
    "no version": (request(drop=["Sec_WebSocket_Version"]), 426),
    "no upgrade": (request(drop=["Upgrade"]), 426),
    "another upgrade": (request(Upgrade="h2c"), 426),
    "no connection header": (request(drop=["Connection"]), 426),
    "no sub-protocol": (request(drop=["Sec_WebSocket_Protocol"]), 400),
    "another sub-protocol": (request(Sec_WebSocket_Protocol="mqtt"), 400),
    "a foreign page": (request(Origin="https://evil.example"), 403),
    "a page without origin": (request(Origin="null"), 403),
    "HTTP/1.0": (request(version="HTTP/1.0"), 400),
    "HTTP/2.0": (request(version="HTTP/2.0"), 505),
    "HTTP/2 itself": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "no version at all": (b"GET /v1/ws\r\n\r\n", 400),
    "POST": (request(method="POST"), 405),
    "CONNECT": (request(line="CONNECT 127.0.0.1:80 HTTP/1.1"), 405),
    "two spaces": (request(line="GET  /v1/ws HTTP/1.1"), 400),
    "another path": (request("/v2/ws"), 404),
    "a path that climbs": (request("/v1/../v1/ws"), 404),
    "a path twice encoded": (request("/v1/%77s"), 404),
    "line feeds alone": (request().replace(b"\r\n", b"\n"), 400),
    "a folded header": (request().replace(b"\r\n\r\n", b"\r\nX: a\r\n b\r\n\r\n"), 400),
    "a space before the colon": (request().replace(b"Host:", b"Host :"), 400),
    "a zero byte": (request(Host="a\0b"), 400),
    "a header without a name": (request().replace(b"Host:", b":"), 400),
    "an empty line first": (b"\r\n" + request(), 400),
    "TLS": (bytes.fromhex("16030100c8010000c40303") + bytes(200), 400),
    "connect for nobody": (request("/v1/connect"), 400),
    "connect for two": (request("/v1/connect?user=a&user=b"), 400),
    "connect for a bad name": (request("/v1/connect?user=a%2Fb"), 400),
    "connect for bad UTF-8": (request("/v1/connect?user=%ff"), 400),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_a_bad_request_gets_a_status_and_the_end(url, name):
    data, status = BAD_REQUESTS[name]
    stranger = Raw(url)
    stranger.send(data)
    got, head = stranger.response()
    assert got == status, head
    assert "connection: close" in head.lower()
    stranger.rest()


def test_good_requests(url, shared_cluster):
    for path, body in (("/healthz", b"ok"), ("/v1/connect?user=alice", b"127.0.0.1:")):
        stranger = Raw(url)
        stranger.send(request(path, drop=["Upgrade", "Connection"]) * 2)
        status, _ = stranger.response()
        assert status == 200 and stranger.rest().count(body) == 1, "one answer, and the end"
    Session(url, Origin=shared_cluster.page).close()
    Session(url, Sec_WebSocket_Protocol="mqtt, martlet.v1.json").close()


def test_a_head_may_come_byte_by_byte(url):
    stranger = Raw(url)
    for byte in request():
        stranger.send(bytes([byte]))
    assert stranger.response()[0] == 101


def test_who_says_nothing_is_not_waited_for(url):
    """Both deadlines at once: for the request, and for hello."""
    silent, half, upgraded = Raw(url), Raw(url), Session(url)
    half.send(request()[:40])
    began = time.monotonic()
    for stranger in (silent, half, upgraded):
        stranger.socket.settimeout(20)
    assert upgraded.closed() == (UNAUTHENTICATED, "no hello in time")
    for stranger in (silent, half):
        try:
            assert stranger.rest() == b""
        except ConnectionResetError:
            pass
    assert 5 < time.monotonic() - began < 15


def test_many_who_come_and_go(url):
    for number in range(300):
        stranger = Raw(url)
        if number % 3:
            stranger.send(request()[: 30 * (number % 10)])
        stranger.close()


# The development page's token door.

@pytest.mark.parametrize("body, headers, status", [
    (b"{", {}, 400), (b"[]", {}, 400), (b'{"user":5}', {}, 400), (b'{"user":"a/b"}', {}, 400),
    (b'{"user":"martlet:x"}', {}, 400), (b'{"user":"a","tier":"gold"}', {}, 400), (b"x" * 100_000, {}, 413),
    (b'{"user":"a"}', {"Origin": "https://evil.example"}, 403),
    (b'{"user":"a"}', {"Host": "evil.example"}, 403), (b'{"user":"a"}', {"Content-Type": "text/plain"}, None)])
def test_the_page_gives_tokens_to_well_formed_requests_only(shared_cluster, body, headers, status):
    asked = urllib.request.Request(shared_cluster.page + "/dev/token", data=body, method="POST",
                                   headers={"Content-Type": "application/json", **headers})
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(asked, timeout=10)
    assert error.value.code in ({status} if status else {400, 403, 415})


@pytest.mark.parametrize("path", ["/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/js/../../secret", "//etc/passwd"])
def test_the_page_serves_its_own_files_only(shared_cluster, path):
    stranger = Raw(shared_cluster.page)
    stranger.send(f"GET {path} HTTP/1.1\r\nHost: {shared_cluster.page.split('//')[1]}\r\nConnection: close\r\n\r\n".encode())
    assert stranger.response()[0] in (400, 403, 404)
    assert b"root:" not in stranger.rest()
