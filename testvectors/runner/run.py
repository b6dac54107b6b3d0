"""Judges every published vector: python3 testvectors/runner/run.py [DIR].

It knows the protocol from canonical/SPEC.md and the vectors from testvectors/README.md, and needs
nothing but Python 3.9. Exit code 1: a case was judged otherwise than it says, or none could be read.
"""

import sys
from pathlib import Path

sys.dont_write_bytecode = True  # before the first import from this folder

from corpus import load
from verifier import Verifier
from wire import Refused


def judge(settings, case):
    """Returns what a verifier does wrong with a case, or None."""
    claims = set(case["claimed"])
    before = set(claims)
    verifier = Verifier(settings, case["now"], case["remote"], claims)
    http2 = case.get("layer") == "http2"
    try:
        proof = verifier.verify(case["raw"], http2)
    except Refused as refusal:
        if "reason" not in case:
            return f"refused as {refusal}, and must be accepted"
        if str(refusal) != case["reason"]:
            return f"refused as {refusal}, and must be refused as {case['reason']}"
        return "refused, and something was claimed" if claims != before else None
    if "reason" in case:
        return f"accepted, and must be refused as {case['reason']}"
    stated = case["form"], case["canonical-request-sha256"], case["signature"]
    if proof != stated:
        return f"(form, canonical request, signature) is {proof}, and must be {stated}"
    again = ""
    try:
        verifier.verify(case["raw"], http2)
    except Refused as refusal:
        again = str(refusal)
    if "reusable" in case:
        return f"sent again it is refused as {again!r}, or it was claimed" if again or claims != before else None
    return None if again == "replayed" else f"sent again it must be refused as replayed, and is as {again!r}"


def main(arguments):
    directory = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    try:
        settings, cases = load(directory)
    except (OSError, ValueError, KeyError) as error:
        print(f"{directory}: {type(error).__name__}: {error}")
        return 1
    failed = 0
    for case in cases:
        problem = judge(settings, case)
        if problem:
            failed += 1
            print(f"FAIL {case['name']}: {problem}")
    accepted = sum("reason" not in case for case in cases)
    print(f"{accepted} accepted and {len(cases) - accepted} refused cases judged: {len(cases) - failed} right, {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
