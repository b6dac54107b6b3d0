"""Reads the published vectors. ../README.md is all that this file knows about them."""

import json
import re
from datetime import datetime, timezone

GROUPS = "path query headers syntax scope time nonce body keys presigned dialect limits".split()
NAME = re.compile(r"(accept|refuse)/(%s)/[a-z0-9-]+\.txt" % "|".join(GROUPS))
HEX = r"[0-9a-f]{64}"
WORD = r"[A-Za-z0-9._~-]"
REASONS = """bad_target bad_path bad_query bad_header bad_authorization bad_time bad_nonce bad_payload_hash
mixed_modes unsigned_header missing_header bad_expires limit_exceeded trailer body_truncated missing_signature
wrong_scope far_time unknown_key key_disabled key_expired key_environment key_dialect signature_mismatch
body_mismatch clock_skew presign_expired replayed source_not_allowed unsigned_payload payload_too_large
store_floor insufficient_scope no_route rate_limited claim_quota keys_unavailable store_unavailable store_full
disk_low overloaded""".split()
FIELDS = {  # the form of each field's value
    "about": r".+", "time": r"[0-9]{8}T[0-9]{6}Z", "reason": "|".join(REASONS), "differs-from": r"accept/.+",
    "layer": r"parser|http2", "remote": r"[0-9a-f.:]+", "claimed": WORD + r"{1,128} " + WORD + r"{16,128}",
    "form": r"rule|path-as-sent|as-sent", "reusable": r"true", "canonical-request-sha256": HEX, "signature": HEX,
}
REQUIRED = {
    "accept": {"about", "time", "form", "canonical-request-sha256", "signature"},
    "refuse": {"about", "time", "reason", "differs-from"},
}
OPTIONAL = {"accept": {"layer", "remote", "claimed", "reusable"}, "refuse": {"layer", "remote", "claimed"}}
SETTINGS = {"version", "region", "service", "max_body", "max_unhashed_body", "presign_max_expires",
            "require_signed", "reusable_presigned", "keys"}
KEY = {"id", "environment", "dialects", "secrets", "scopes", "disabled", "expires_at", "sources", "unsigned_payload",
       "signature_nonce"}


def load(directory):
    """Returns the settings and the cases, in order of their names; ValueError says what is wrong."""
    settings = json.loads((directory / "verifier.json").read_text("utf-8"))
    unknown = set(settings) - SETTINGS | {field for key in settings["keys"] for field in set(key) - KEY}
    if settings["version"] != 1 or unknown:
        raise ValueError(f"verifier.json: version {settings['version']}, unknown fields {unknown}")
    cases = []
    for folder in "accept", "refuse":
        files = sorted(path for path in (directory / folder).rglob("*") if not path.is_dir())
        if not files:
            raise ValueError(f"{folder} holds no case")
        cases += [read_case(path.relative_to(directory).as_posix(), path.read_bytes()) for path in files]
    names = {case["name"] for case in cases}
    for case in cases:
        if case.get("differs-from", case["name"]) not in names:
            raise ValueError(f"{case['name']}: there is no {case['differs-from']}")
    return settings, cases


def read_case(name, text):
    """Returns a case's fields, claimed as a list, and beside them its name, raw request and defaults."""
    head, _, raw = text.partition(b"\n\n")
    if not NAME.fullmatch(name) or not raw:
        raise ValueError(f"{name}: not the name of a case, or no request")
    case = {"claimed": [], "name": name, "raw": raw}
    for line in head.decode("utf-8").split("\n"):
        field, _, value = line.partition(": ")
        if value != value.strip() or not re.fullmatch(FIELDS.get(field, "(?!)"), value):
            raise ValueError(f"{name}: no field, or no value of it: {line!r}")
        if field == "claimed":
            case[field].append(tuple(value.split(" ")))
        elif field in case:
            raise ValueError(f"{name}: {field} comes twice")
        else:
            case[field] = value
    folder = name.split("/")[0]
    fields = set(case) - {"name", "raw"}
    if not REQUIRED[folder] <= fields <= REQUIRED[folder] | OPTIONAL[folder] | {"claimed"}:
        raise ValueError(f"{name}: a field is missing, or does not belong in {folder}")
    if "signature" in case and b"Signature=" + case["signature"].encode() not in raw:
        raise ValueError(f"{name}: the request does not carry the signature that the field says")
    if folder == "accept" and case.get("layer") == "parser":
        raise ValueError(f"{name}: what a parser may refuse cannot be accepted")
    case["now"] = datetime.strptime(case["time"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
    case.setdefault("remote", "127.0.0.1")
    return case
