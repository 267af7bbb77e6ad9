"""Development tokens made by hand, right ones and wrong ones."""

import base64
import hashlib
import hmac
import json
import pathlib
import time


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Minter:
    """Signs with the cluster's own secret, unless told otherwise."""

    def __init__(self, cluster):
        self.secret = (pathlib.Path(cluster.info["data"]) / "secret").read_bytes()

    def token(self, user="mallory", header=None, secret=None, drop=(), **claims):
        now = int(time.time())
        body = {"sub": user, "iat": now, "exp": now + 600, **claims}
        body = {name: value for name, value in body.items() if name not in drop}
        return self.sign({"alg": "HS256", "typ": "JWT", **(header or {})}, body, secret)

    def sign(self, header, body, secret=None):
        text = f"{part(header)}.{part(body)}"
        signature = hmac.new(secret or self.secret, text.encode(), hashlib.sha256).digest()
        return f"{text}.{part(signature)}"

    def wrong(self):
        """Name, token, and the reason with which it has to be refused."""
        now, good = int(time.time()), self.token()
        head, body, signature = good.split(".")
        none = part({"alg": "none"})
        return {
            "none": ("", "no token"),
            "expired": (self.token(exp=now - 1), "token expired"),
            "not yet valid": (self.token(nbf=now + 3_600), "token not yet valid"),
            "wrong key": (self.token(secret=b"x" * 64), "token signature wrong"),
            "empty key": (self.token(secret=b"\0"), "token signature wrong"),
            "HS512 named": (self.token(header={"alg": "HS512"}), "token algorithm not allowed"),
            "alg none": (f"{none}.{body}.", "token algorithm not allowed"),
            "alg None": (f"{part({'alg': 'None'})}.{body}.", "token algorithm not allowed"),
            "alg none, signed": (f"{none}.{body}.{signature}", "token algorithm not allowed"),
            "RS256 with the HMAC secret": (self.token(header={"alg": "RS256"}), "token algorithm not allowed"),
            "ES256 with the HMAC secret": (self.token(header={"alg": "ES256"}), "token algorithm not allowed"),
            "no alg": (self.sign({"typ": "JWT"}, {"sub": "mallory", "exp": now + 60}), "malformed token"),
            "alg is a number": (self.token(header={"alg": 256}), "malformed token"),
            "crit": (self.token(header={"crit": ["exp"]}), "token asks for an unknown extension"),
            "kid is a number": (self.token(header={"kid": 1}), "malformed token"),
            "signature cut": (f"{head}.{body}.{signature[:-3]}", "token signature wrong"),
            "no signature": (f"{head}.{body}.", "token signature wrong"),
            "body of another": (f"{head}.{part({'sub': 'alice', 'exp': now + 60})}.{signature}", "token signature wrong"),
            "two parts": (f"{head}.{body}", "malformed token"),
            "four parts": (f"{good}.{signature}", "malformed token"),
            "garbage": ("garbage", "malformed token"),
            "garbage in three parts": ("a.b.c", "malformed token"),
            "spaces": (f" {good}", "malformed token"),
            "10 KB": ("a" * 10_240, "token"),
            "no exp": (self.token(drop=["exp"]), "token has no exp"),
            "exp is a text": (self.token(exp="tomorrow"), "token has an invalid exp"),
            "no sub": (self.token(drop=["sub"]), "token has no sub"),
            "sub is a list": (self.token(user=["mallory"]), "token has an invalid sub"),
            "sub is empty": (self.token(user=""), "token has an invalid sub"),
            "sub has a slash": (self.token(user="a/b"), "token has an invalid sub"),
            "sub is reserved": (self.token(user="martlet:system"), "token has an invalid sub"),
            "sub is too long": (self.token(user="x" * 129), "token has an invalid sub"),
            "tier is unknown": (self.token(tier="gold"), "token has an invalid tier"),
            "tenant": (self.token(tenant="acme"), "token has an invalid tenant"),
            "claims are a list": (self.sign({"alg": "HS256"}, [1, 2]), "malformed token claims"),
            "claims are no JSON": (self.sign({"alg": "HS256"}, b"\xff{"), "malformed token claims"),
        }
