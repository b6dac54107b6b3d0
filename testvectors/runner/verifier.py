"""A whole verifier, in the order of SPEC 10. It is written for clarity: it hides nothing from a clock."""

import hashlib
import hmac
from datetime import datetime
from ipaddress import ip_address, ip_network

import headers
import pieces
import target
import wire
from wire import Refused

SKEW, DAY = 300, 86400


class Verifier:
    """claims is the nonce store: a set of (key id, nonce)."""

    def __init__(self, settings, now, remote, claims):
        self.settings, self.now, self.remote, self.claims = settings, now, remote, claims
        self.keys = {key["id"]: key for key in settings["keys"]}

    def verify(self, raw, http2=False):
        """Returns (form, SHA-256 of the canonical request, signature), or raises Refused."""
        request = wire.parse(raw, http2)  # step 1
        path, query = target.split(request.target)
        path = target.check_path(path)
        pairs = target.parse_query(query)
        headers.check_lines(request)
        wire.check_framing(request)
        signed = pieces.find(request, pairs, self.settings["presign_max_expires"])
        headers.check_signed(request, signed, self.settings["require_signed"])

        self.check_scope(signed)  # step 2
        self.check_time(signed, far_alone=True)
        key, problem = self.find_key(signed)  # step 3

        body = None  # step 4
        if signed.payload_hash is None:
            if wire.announces_body(request):
                self.check_time(signed)
            body = wire.read_body(request, min(self.settings["max_unhashed_body"], self.settings["max_body"]))
        proof = self.prove(request, pairs, signed, body, key)
        if problem:
            raise Refused(problem)
        if proof is None:
            raise Refused("signature_mismatch")

        self.check_time(signed)  # step 5
        claim = None
        if not self.reusable(request, path, signed):
            claim = signed.key_id, signed.nonce or signed.signature
        if claim in self.claims:  # step 6
            raise Refused("replayed")
        if body is None:  # step 7
            body = wire.read_body(request, self.settings["max_body"])
            if signed.payload_hash not in ("UNSIGNED-PAYLOAD", sha256(body)):
                raise Refused("body_mismatch")
        self.authorise(signed, key)  # step 8
        if claim:
            self.claims.add(claim)  # step 9
        return proof

    def reusable(self, request, path, signed):
        """SPEC 5.2: which requests are accepted again and again."""
        presigned = signed.expires is not None
        return presigned and request.method in ("GET", "HEAD") and path in self.settings["reusable_presigned"]

    def check_scope(self, signed):
        if (signed.region, signed.service) != (self.settings["region"], self.settings["service"]):
            raise Refused("wrong_scope")
        if signed.day != signed.date[:8]:
            raise Refused("wrong_scope")

    def check_time(self, signed, far_alone=False):
        age = self.now - signed.timestamp
        oldest = SKEW if signed.expires is None else signed.expires
        if age < -SKEW - DAY or age > oldest + DAY:
            raise Refused("far_time")
        if far_alone:
            return
        if age < -SKEW or age > oldest and signed.expires is None:
            raise Refused("clock_skew")
        if age > oldest:
            raise Refused("presign_expired")

    def find_key(self, signed):
        key = self.keys.get(signed.key_id)
        if key is None:
            return None, "unknown_key"
        if key.get("disabled"):
            return key, "key_disabled"
        if "expires_at" in key and self.now >= instant(key["expires_at"]):
            return key, "key_expired"
        if key["environment"] != self.settings["region"]:
            return key, "key_environment"
        if signed.dialect not in key["dialects"]:
            return key, "key_dialect"
        return key, None

    def prove(self, request, pairs, signed, body, key):
        """Looks for a form and an active secret that give the signature."""
        omitted = None
        if signed.expires is not None:
            omitted = {"cs4": "X-Countersign-Signature", "aws4": "X-Amz-Signature"}[signed.dialect]
        lines = [name + ":" + headers.canonical_value(request, name) for name in signed.signed]
        payload_hash = signed.payload_hash or sha256(body)
        for form, path, query in target.forms(request.target, pairs, omitted):
            text = "\n".join([request.method, path, query, *lines, "", ";".join(signed.signed), payload_hash])
            for secret in key["secrets"] if key else []:
                if "not_after" in secret and self.now > instant(secret["not_after"]):
                    continue
                signature = sign(signed, secret["secret"], sha256(text))
                if hmac.compare_digest(signature, signed.signature):
                    return form, sha256(text), signature
        return None

    def authorise(self, signed, key):
        if signed.nonce is None and not key.get("signature_nonce"):
            raise Refused("missing_header")
        sources = key.get("sources")
        if sources and not any(ip_address(self.remote) in ip_network(source) for source in sources):
            raise Refused("source_not_allowed")
        if signed.payload_hash == "UNSIGNED-PAYLOAD" and not key.get("unsigned_payload"):
            raise Refused("unsigned_payload")


def sign(signed, secret, canonical_hash):
    """SPEC 4.5."""
    terminator = signed.dialect + "_request"
    scope = "/".join([signed.day, signed.region, signed.service, terminator])
    string_to_sign = "\n".join([pieces.TOKENS[signed.dialect], signed.date, scope, canonical_hash])
    key = (signed.dialect.upper() + secret).encode()
    for text in signed.day, signed.region, signed.service, terminator:
        key = hmac.digest(key, text.encode(), "sha256")
    return hmac.new(key, string_to_sign.encode(), "sha256").hexdigest()


def sha256(text):
    return hashlib.sha256(text.encode("latin-1")).hexdigest()


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
