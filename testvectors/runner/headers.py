"""The rules about header lines: SPEC 3.5, 3.6 and 4.4."""

import re

from pieces import OWN, PREFIXES
from wire import Refused, values

SINGLE = {"host", "authorization", "content-length", "content-type", "content-encoding"}
OVERRIDES = {"x-http-method", "x-http-method-override", "x-method-override"}
ADDED_ON_THE_WAY = {"x-amz-cf-id"}
MAX_OPTIONS = 64


def prefixed(name):
    return name.startswith(tuple(PREFIXES.values()))


def check_lines(request):
    """What holds for every request, before it is known who signed it and how."""
    names = [name for name, _ in request.headers]
    for name in names:
        if (name in SINGLE or prefixed(name)) and names.count(name) > 1:
            raise Refused("bad_header")
        if name.startswith("x-countersign-") and name[len("x-countersign-"):] not in OWN:
            raise Refused("bad_header")
    if "trailer" in names:
        raise Refused("trailer")
    if "host" not in names:
        raise Refused("missing_header")
    if not re.fullmatch(r"[A-Za-z0-9._~!$&'()*+,;=:\[\]%-]{1,261}", values(request, "host")[0]):
        raise Refused("bad_header")


def check_signed(request, pieces, require_signed):
    """What SignedHeaders must name, and what it must not."""
    present = {name for name, _ in request.headers}
    signed = set(pieces.signed)
    if not signed <= present:
        raise Refused("missing_header")
    needed = OVERRIDES | set(require_signed) | {"host"}
    needed |= {name for name in present - ADDED_ON_THE_WAY if name.startswith(PREFIXES[pieces.dialect])}
    if pieces.dialect == "cs4":
        needed |= {"content-type", "content-encoding"}
    if not needed & present <= signed:
        raise Refused("unsigned_header")
    check_aliases(present, signed | needed)
    check_connection(request, signed)


def check_aliases(present, known):
    known = known | {"authorization", "connection", "content-length", "content-type", "content-encoding", "expect",
                     "trailer", "transfer-encoding"}
    known |= {prefix + name for prefix in PREFIXES.values() for name in OWN}
    folded = {}
    for name in known:
        folded.setdefault(fold(name), set()).add(name)
    for name in present:
        if folded.get(fold(name), {name}) != {name} or prefixed(fold(name)) and fold(name) != name:
            raise Refused("bad_header")


def fold(name):
    return re.sub(r"[^a-z0-9]", "-", name)


def check_connection(request, signed):
    options = [option.strip(" \t").lower() for value in values(request, "connection") for option in value.split(",")]
    if len(options) > MAX_OPTIONS:
        raise Refused("limit_exceeded")
    if any(option in signed or option == "authorization" or prefixed(option) for option in options):
        raise Refused("bad_header")


def canonical_value(request, name):
    return ",".join(re.sub(r" {2,}", " ", value) for value in values(request, name))
