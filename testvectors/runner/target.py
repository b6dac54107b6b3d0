"""The request-target and its canonical forms: SPEC 4.1 to 4.3 and 4.6."""

import re

from wire import Refused

MAX_PARAMETERS = 256


def split(target):
    """Returns path and query; refuses what no target may hold."""
    if not re.fullmatch(r"/[\x21-\x7e]*", target) or "#" in target or "\\" in target:
        raise Refused("bad_target")
    path, _, query = target.partition("?")
    return path, query


def decode(text, reason):
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise Refused(reason)
    decoded = re.sub(r"%(..)", lambda escape: chr(int(escape[1], 16)), text)
    try:
        decoded.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(reason) from None
    if "\0" in decoded:
        raise Refused(reason)
    return decoded


def encode(text, keep=""):
    return "".join(c if re.fullmatch(r"[A-Za-z0-9._~-]", c) or c in keep else "%%%02X" % ord(c) for c in text)


def check_path(path):
    """Returns the decoded path."""
    decoded = decode(path, "bad_path")
    if re.search(r"%(2f|5c)", path, re.IGNORECASE):
        raise Refused("bad_path")
    segments = re.split(r"[/\\]", decoded[1:])
    if segments[-1] == "":  # the last one may be empty, unless it is so for its parameters' sake
        segments.pop()
    if any(segment.partition(";")[0] in ("", ".", "..") for segment in segments):
        raise Refused("bad_path")
    return decoded.encode("latin-1").decode("utf-8")


def parse_query(query):
    """Returns the pairs, each as (name as sent, name decoded, value decoded)."""
    if query == "":
        return []
    parts = query.split("&")
    if len(parts) > MAX_PARAMETERS:
        raise Refused("limit_exceeded")
    if ";" in query:
        raise Refused("bad_query")
    pairs = []
    for part in parts:
        sent, _, value = part.partition("=")
        name = decode(sent.replace("+", " "), "bad_query")
        if name == "":
            raise Refused("bad_query")
        pairs.append((sent, name, decode(value.replace("+", " "), "bad_query")))
    return pairs


def canonical_query(pairs, omitted=None):
    encoded = sorted((encode(name), encode(value)) for _, name, value in pairs if name != omitted)
    return "&".join(name + "=" + value for name, value in encoded)


def forms(target, pairs, omitted):
    """Yields (form, canonical path, canonical query); omitted is the signature's parameter, or None."""
    path, query = split(target)
    rule = encode(path, "/"), canonical_query(pairs, omitted)
    yield "rule", *rule
    if omitted is None and "%" not in path:
        if path != rule[0]:
            yield "path-as-sent", path, rule[1]
        if query != rule[1]:
            yield "as-sent", path, query
