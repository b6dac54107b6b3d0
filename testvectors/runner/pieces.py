"""The parts of a signature, and where the two modes have them: SPEC 2, 3.1 to 3.5, 3.7 and 5."""

import re
from calendar import monthrange
from datetime import datetime, timezone

from wire import Refused, values

TOKENS = {"cs4": "CS4-HMAC-SHA256", "aws4": "AWS4-HMAC-SHA256"}
PREFIXES = {"cs4": "x-countersign-", "aws4": "x-amz-"}
OWN = ("date", "nonce", "content-sha256")
FORBIDDEN = {"authorization", "connection", "expect", "trailer", "transfer-encoding"}
WORD = r"[A-Za-z0-9._~-]"
MAX_EXPIRES = 604800


class Pieces:
    """What a signature says of itself. payload_hash and, in aws4, nonce are None where they are not sent; expires
    is so in header mode."""

    expires = payload_hash = nonce = None

    def set_credential(self, text):
        scope = r"([a-z0-9-]{1,64})/((?!s3)[a-z0-9-]{1,64})/%s_request" % self.dialect
        match = re.fullmatch(r"(%s{1,128})/([0-9]{8})/%s" % (WORD, scope), text)
        if not match or match[1] in (".", "..") or match[1].startswith("cs_") or not is_day(match[2]):
            raise Refused("bad_authorization")
        self.key_id, self.day, self.region, self.service = match.groups()

    def set_signed_headers(self, text):
        names = text.split(";")
        if any(not re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+", name) for name in names) or names != sorted(set(names)):
            raise Refused("bad_authorization")
        if len(names) > 64 or max(map(len, names)) > 128:
            raise Refused("limit_exceeded")
        if FORBIDDEN & set(names):
            raise Refused("bad_header")
        self.signed = names

    def set_signature(self, text):
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            raise Refused("bad_authorization")
        self.signature = text

    def set_date(self, text):
        match = re.fullmatch(r"([0-9]{8})T([01][0-9]|2[0-3])([0-5][0-9])([0-5][0-9])Z", text)
        if not match or not is_day(match[1]):
            raise Refused("bad_time")
        self.date = text
        self.timestamp = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()

    def set_nonce(self, text):
        if not re.fullmatch(WORD + "{16,128}", text):
            raise Refused("bad_nonce")
        self.nonce = text

    def set_payload_hash(self, text):
        if not re.fullmatch(r"[0-9a-f]{64}|UNSIGNED-PAYLOAD", text):
            raise Refused("bad_payload_hash")
        self.payload_hash = text

    def set_expires(self, text, cap):
        if not re.fullmatch(r"[1-9][0-9]{0,5}", text) or int(text) > min(cap, MAX_EXPIRES):
            raise Refused("bad_expires")
        self.expires = int(text)


def is_day(text):
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    return year > 0 and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def of_dialects(name):
    """Returns the dialects, at most one, whose prefix a name begins with, in any case."""
    return [dialect for dialect, prefix in PREFIXES.items() if name.lower().startswith(prefix)]


def find(request, pairs, cap):
    reserved = [pair for pair in pairs if of_dialects(pair[1])]
    authorizations = values(request, "authorization")
    if authorizations and reserved:
        raise Refused("mixed_modes")
    if authorizations:
        return in_headers(request, authorizations[0])
    if reserved:
        return in_query(request, reserved, cap)
    raise Refused("missing_signature")


def in_headers(request, authorization):
    algorithm = authorization.partition(" ")[0]
    if algorithm.upper() not in TOKENS.values():
        raise Refused("missing_signature")
    match = re.fullmatch(r"(CS4|AWS4)-HMAC-SHA256 Credential=([^,]*), ?SignedHeaders=([^,]*), ?Signature=([^,]*)", authorization)
    if not match:
        raise Refused("bad_authorization")
    pieces = Pieces()
    pieces.dialect = match[1].lower()
    pieces.set_credential(match[2])
    pieces.set_signed_headers(match[3])
    pieces.set_signature(match[4])
    present = own_headers(request)
    if any(dialect != pieces.dialect for dialect, _ in present):
        raise Refused("mixed_modes")
    for name in "date", "nonce":
        if (pieces.dialect, name) not in present and not (name == "nonce" and pieces.dialect == "aws4"):
            raise Refused("missing_header")
    for (_, name), value in present.items():
        {"date": pieces.set_date, "nonce": pieces.set_nonce, "content-sha256": pieces.set_payload_hash}[name](value)
    return pieces


def own_headers(request):
    """Returns the Date, Nonce and Content-Sha256 headers of both dialects."""
    names = {prefix + name: (dialect, name) for dialect, prefix in PREFIXES.items() for name in OWN}
    return {names[name]: value for name, value in request.headers if name in names}


def in_query(request, reserved, cap):
    dialects = {of_dialects(name)[0] for _, name, _ in reserved}
    if len(dialects) > 1 or own_headers(request):
        raise Refused("mixed_modes")
    pieces = Pieces()
    pieces.dialect = dialects.pop()
    prefix = {"cs4": "X-Countersign-", "aws4": "X-Amz-"}[pieces.dialect]
    setters = {
        "Algorithm": None, "Credential": pieces.set_credential, "Date": pieces.set_date,
        "Expires": lambda text: pieces.set_expires(text, cap), "SignedHeaders": pieces.set_signed_headers,
        "Signature": pieces.set_signature, "Nonce": pieces.set_nonce, "Content-Sha256": pieces.set_payload_hash,
    }
    found = {}
    for sent, name, value in reserved:
        own = name[len(prefix):]
        defined = own in setters
        if sent != name or not name.startswith(prefix) or not defined and own.lower() in map(str.lower, setters):
            raise Refused("bad_query")
        if not defined and pieces.dialect == "cs4":
            raise Refused("bad_query")
        if own in found:
            raise Refused("bad_expires" if own == "Expires" else "bad_query")
        found[own] = value
    if "Signature" not in found:
        raise Refused("missing_signature")
    if found.pop("Algorithm", "") != TOKENS[pieces.dialect]:
        raise Refused("bad_authorization")
    for own, setter in setters.items():
        if own in found:
            setter(found[own])
        elif own not in ("Algorithm", "Content-Sha256") and not (own == "Nonce" and pieces.dialect == "aws4"):
            raise Refused("missing_header")
    return pieces
