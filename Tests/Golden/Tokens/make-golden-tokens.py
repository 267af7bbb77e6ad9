"""Makes golden-tokens.tsv: tokens by PyJWT, and forgeries by hand, with the outcome that each must have.

    .venv/bin/pip install pyjwt cryptography
    .venv/bin/python Tests/Golden/Tokens/make-golden-tokens.py

A row is: outcome, what it is, token. Rows that begin with `key:` hold keys instead. Keys are new at each run.
"""

import base64
import hashlib
import hmac
import json
import pathlib

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

SECRET = b"0123456789abcdefghijklmnopqrstuvwxyz-golden"
NOW = 1_800_000_000
BASE = {"sub": "alice", "exp": NOW + 3600}

rows = []


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(header, claims, secret=SECRET):
    """A token whose parts need not make sense, rightly signed by HMAC with `secret`."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = ".".join(b64(part) for part in parts)
    return signed + "." + b64(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def row(outcome, what, token):
    rows.append((outcome, what, token))


def signed(outcome, what, claims, headers=None, key=SECRET, algorithm="HS256"):
    row(outcome, what, jwt.encode(claims, key, algorithm=algorithm, headers=headers))


HS = {"alg": "HS256", "typ": "JWT"}

# Good ones.
signed("ok", "plain", BASE)
signed("ok", "every claim", dict(
    BASE, device="tab-1", tier="paid", scope="send service", nbf=NOW - 5, iat=NOW - 10, jti="t1", iss="issuer",
    aud=["martlet", "other"]))
signed("ok", "one audience", dict(BASE, aud="martlet"))
signed("ok", "fraction of a second", dict(BASE, exp=NOW + 60.5))
signed("ok", "not before within the leeway", dict(BASE, nbf=NOW + 30))
signed("ok", "a user in other letters", dict(BASE, sub="Äléa ☂ 雨燕"))
signed("ok", "key headers that nobody looks at", BASE, headers={
    "jku": "https://evil.example/keys", "x5u": "https://evil.example/cert", "x5c": ["AAAA"],
    "jwk": {"kty": "oct", "k": "AAAA"}})
signed("ok", "any kid where none is configured", BASE, headers={"kid": "whatever"})
row("ok", "no typ", forge({"alg": "HS256"}, BASE))
row("ok", "unknown claims", forge(HS, dict(BASE, roles=[{"a": None}], deep=[[[[1]]]])))

# The signature and the algorithm.
signed("token signature wrong", "wrong key", BASE, key=b"another key of enough length, but another")
row("token algorithm not allowed", "alg none", jwt.encode(BASE, None, algorithm="none"))
row("token algorithm not allowed", "alg NONE", forge({"alg": "NONE"}, BASE))
row("token algorithm not allowed", "alg none, rightly signed", forge({"alg": "none"}, BASE))
row("token algorithm not allowed", "alg hs256", forge({"alg": "hs256"}, BASE))
row("token algorithm not allowed", "alg empty", forge({"alg": ""}, BASE))
row("malformed token", "alg a list", forge({"alg": ["HS256"]}, BASE))
row("malformed token", "alg absent", forge({"typ": "JWT"}, BASE))
row("malformed token", "alg twice", forge(b'{"alg":"HS256","alg":"none"}', BASE))
signed("token algorithm not allowed", "HS384", BASE, algorithm="HS384", key=SECRET * 2)
signed("token algorithm not allowed", "HS512", BASE, algorithm="HS512", key=SECRET * 2)
row("token asks for an unknown extension", "crit", forge(dict(HS, crit=["b64"], b64=False), BASE))
row("token asks for an unknown extension", "crit empty", forge(dict(HS, crit=[]), BASE))
row("malformed token", "kid a number", forge(dict(HS, kid=7), BASE))

good = jwt.encode(BASE, SECRET, algorithm="HS256")
head, body, mark = good.split(".")
row("token signature wrong", "empty signature", f"{head}.{body}.")
row("token signature wrong", "half a signature", f"{head}.{body}.{mark[:24]}")
row("token signature wrong", "a longer signature", f"{head}.{body}.{mark}AAAA")
row("token signature wrong", "another body", f"{head}.{b64(json.dumps(dict(BASE, sub='mallory')).encode())}.{mark}")
row("malformed token", "two parts", f"{head}.{body}")
row("malformed token", "four parts", f"{good}.{mark}")
row("malformed token", "five parts, as if encrypted", f"{good}.{mark}.{mark}")
row("malformed token", "no header", f".{body}.{mark}")
row("malformed token", "no body", f"{head}..{mark}")
row("malformed token", "padding", f"{head}=.{body}.{mark}")
row("malformed token", "the other base64", f"{head}.{body}.+/{mark[2:]}")
row("malformed token", "bits behind the end", f"{head}.{body}.{mark[:-1]}{chr(ord(mark[-1]) + 1)}")
row("malformed token", "a space", f"{head}.{body}. {mark}")
row("malformed token", "no token at all", "Bearer")
row("malformed token", "dots", "..")
row("malformed token", "header no JSON", forge(b"alg: HS256", BASE))
row("malformed token", "header a list", forge(b'["HS256"]', BASE))
row("malformed token", "header with bad UTF-8", forge(b'{"alg":"HS256","x":"\xff"}', BASE))
row("token too long", "longer than allowed", forge(HS, dict(BASE, filler="x" * 9000)))
row("no token", "empty", "")

# Claims, rightly signed.
row("malformed token claims", "claims no JSON", forge(HS, b"sub=alice"))
row("malformed token claims", "claims a list", forge(HS, b"[]"))
row("malformed token claims", "claims with bad UTF-8", forge(HS, b'{"sub":"\xff"}'))
row("malformed token claims", "sub twice", forge(HS, b'{"sub":"alice","sub":"bob","exp":1800003600}'))
row("malformed token claims", "sub with a zero byte", forge(HS, b'{"sub":"ali\\u0000ce","exp":1800003600}'))
row("malformed token claims", "exp beyond 64 bits", forge(HS, b'{"sub":"alice","exp":99999999999999999999}'))
row("token expired", "expired", forge(HS, dict(BASE, exp=NOW - 1)))
row("token expired", "expires now", forge(HS, dict(BASE, exp=NOW)))
row("token expired", "expired long ago", forge(HS, dict(BASE, exp=-(2**63))))
row("token not yet valid", "not yet valid", forge(HS, dict(BASE, nbf=NOW + 31)))
row("token not yet valid", "valid at the end of time", forge(HS, dict(BASE, nbf=2**63 - 1)))
row("token has no exp", "never expires", forge(HS, {"sub": "alice"}))
row("token has an invalid exp", "exp a text", forge(HS, dict(BASE, exp="1800003600")))
row("token has an invalid exp", "exp null", forge(HS, dict(BASE, exp=None)))
row("token has an invalid exp", "exp too great a fraction", forge(HS, b'{"sub":"alice","exp":1e300}'))
row("token has an invalid nbf", "nbf a list", forge(HS, dict(BASE, nbf=[])))
row("token has an invalid iat", "iat a bool", forge(HS, dict(BASE, iat=True)))
row("token has no sub", "no sub", forge(HS, {"exp": NOW + 1}))
row("token has an invalid sub", "sub a number", forge(HS, dict(BASE, sub=7)))
row("token has an invalid sub", "sub empty", forge(HS, dict(BASE, sub="")))
row("token has an invalid sub", "sub with a slash", forge(HS, dict(BASE, sub="tenant/alice")))
row("token has an invalid sub", "sub with a line break", forge(HS, dict(BASE, sub="a\nb")))
row("token has an invalid sub", "sub too long", forge(HS, dict(BASE, sub="x" * 129)))
row("token has an invalid sub", "sub reserved", forge(HS, dict(BASE, sub="martlet:system")))
row("token has an invalid device", "device with a slash", forge(HS, dict(BASE, device="a/b")))
row("token has an invalid device", "device a number", forge(HS, dict(BASE, device=1)))
row("token has an invalid tier", "tier unknown", forge(HS, dict(BASE, tier="gold")))
row("token has an invalid scope", "scope a list", forge(HS, dict(BASE, scope=["send"])))
row("token has an invalid jti", "jti a number", forge(HS, dict(BASE, jti=1)))
row("token has an invalid aud", "aud with a number in it", forge(HS, dict(BASE, aud=["martlet", 1])))
row("token has an invalid tenant", "tenant, which is reserved", forge(HS, dict(BASE, tenant="acme")))

# HMAC and RSA confused: the attacker knows the public key, and signs by HMAC with its bytes.
private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
public = private.public_key()
formats = serialization.PublicFormat
pem = public.public_bytes(serialization.Encoding.PEM, formats.SubjectPublicKeyInfo)
der = public.public_bytes(serialization.Encoding.DER, formats.SubjectPublicKeyInfo)
numbers = public.public_numbers()
modulus = numbers.n.to_bytes(256, "big")
jwk = json.dumps({"kty": "RSA", "n": b64(modulus), "e": b64(numbers.e.to_bytes(3, "big"))})
row("key:rsa", "public key", jwk)
row("rsa:ok", "RS256", jwt.encode(BASE, private, algorithm="RS256"))
row("rsa:token algorithm not allowed", "HMAC with the public key as PEM", forge(HS, BASE, pem))
row("rsa:token algorithm not allowed", "HMAC with the public key as PEM, no newline", forge(HS, BASE, pem.strip()))
row("rsa:token algorithm not allowed", "HMAC with the public key as DER", forge(HS, BASE, der))
row("rsa:token algorithm not allowed", "HMAC with the public key as JWK", forge(HS, BASE, jwk.encode()))
row("rsa:token algorithm not allowed", "HMAC with the modulus", forge(HS, BASE, modulus))
row("rsa:token signature wrong", "alg says RS256, signed by HMAC", forge({"alg": "RS256"}, BASE, pem))
row("rsa:token algorithm not allowed", "alg none", jwt.encode(BASE, None, algorithm="none"))
row("token algorithm not allowed", "RS256 where only a secret is configured",
    jwt.encode(BASE, private, algorithm="RS256"))
curve = ec.generate_private_key(ec.SECP256R1())
row("token algorithm not allowed", "ES256 where only a secret is configured",
    jwt.encode(BASE, curve, algorithm="ES256"))

row("key:secret", "HS256", SECRET.decode())
path = pathlib.Path(__file__).with_name("golden-tokens.tsv")
path.write_text("".join("\t".join(row) + "\n" for row in rows))
print(f"{len(rows)} rows in {path}")
