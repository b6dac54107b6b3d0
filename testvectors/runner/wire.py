"""From the bytes of a case to a request. Texts hold one character for each byte."""

import re
from collections import namedtuple

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
MAX_LINES, MAX_HEADER_BYTES, MAX_TARGET = 100, 32 * 1024, 16 * 1024

# headers is a list of (lower-case name, value); rest is what follows the head.
Request = namedtuple("Request", "method target headers rest")


class Refused(Exception):
    """A refusal; its only argument is the reason."""


def parse(raw, http2=False):
    head, _, rest = raw.decode("latin-1").partition("\r\n\r\n")
    lines = head.split("\r\n")
    method, target, lines = (split_fields if http2 else split_request_line)(lines)
    if not TOKEN.fullmatch(method) or len(method) > 64:
        raise Refused("bad_target")
    if len(target) > MAX_TARGET or len(lines) > MAX_LINES:
        raise Refused("limit_exceeded")
    return Request(method, target, parse_lines(lines), rest)


def split_request_line(lines):
    method, _, line = lines[0].partition(" ")
    target, _, version = line.rpartition(" ")
    if not re.fullmatch(r"HTTP/1\.[01]", version):
        raise Refused("bad_target")
    return method, target, lines[1:]


def split_fields(lines):
    """Takes HTTP/2's pseudo-headers off the other fields, and makes one Host line of the host."""
    pseudo = dict(line.split(": ", 1) for line in lines if line.startswith(":"))
    fields = [line for line in lines if not line.startswith((":", "host: "))]
    hosts = [line[len("host: "):] for line in lines if line.startswith("host: ")]
    hosts = [pseudo[":authority"], *hosts] if ":authority" in pseudo else hosts
    if len(set(hosts)) > 1:
        raise Refused("bad_header")
    return pseudo.get(":method", ""), pseudo.get(":path", ""), ["host: " + host for host in hosts[:1]] + fields


def parse_lines(lines):
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        value = value.strip(" \t")
        # A folded line begins with a space, which is in no token (SPEC 4.4).
        if not colon or not TOKEN.fullmatch(name) or re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value):
            raise Refused("bad_header")
        headers.append((name.lower(), value))
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES:
        raise Refused("limit_exceeded")
    return headers


def values(request, name):
    return [value for header, value in request.headers if header == name]


def check_framing(request):
    """SPEC 4.4: what would let two parsers see two bodies."""
    lengths, codings = values(request, "content-length"), values(request, "transfer-encoding")
    if lengths and codings or len(codings) > 1 or codings and codings[0].lower() != "chunked":
        raise Refused("bad_header")
    if lengths and not re.fullmatch(r"[0-9]{1,18}", lengths[0]):
        raise Refused("bad_header")


def announces_body(request):
    return bool(values(request, "transfer-encoding")) or content_length(request) > 0


def content_length(request):
    return int((values(request, "content-length") or ["0"])[0])


def read_body(request, limit):
    """SPEC 3.7: the body without its transfer coding."""
    if values(request, "transfer-encoding"):
        return read_chunks(request.rest, limit)
    length = content_length(request)
    if length > limit:
        raise Refused("payload_too_large")
    if len(request.rest) < length:
        raise Refused("body_truncated")
    return request.rest[:length]


def read_chunks(rest, limit):
    body = ""
    while True:
        size, end, rest = rest.partition("\r\n")
        size = size.partition(";")[0]
        if not end or not re.fullmatch(r"[0-9A-Fa-f]{1,8}", size):
            raise Refused("body_truncated")
        size = int(size, 16)
        if size == 0:
            break
        body += rest[:size]
        if len(body) > limit:
            raise Refused("payload_too_large")
        if rest[size:size + 2] != "\r\n":
            raise Refused("body_truncated")
        rest = rest[size + 2:]
    if not rest.startswith("\r\n"):
        raise Refused("trailer" if "\r\n\r\n" in rest else "body_truncated")
    return body
