"""Recheck NAME.evidence without Diapason: Python's standard library and `cryptography`, nothing else.

    python recount.py turbofan.evidence --signer 4be1...  [--anchor turbofan.anchor] [--json]

Written from the description in docs/evidence.md, apart from the package. It answers two questions: is the file intact
(every byte, the signature, the chain, the plans sealed before their results), and do the stated scores follow from the
kept predictions. Exit status: 0 both hold, 1 something does not, 2 the call is wrong.
"""

import argparse
import base64
import csv
import hashlib
import io
import json
import math
import struct
import sys
import zipfile
import zlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

IN_TOTO = "application/vnd.in-toto+json"


class Broken(Exception):
    """Something does not hold."""


MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, csv.Error)
"""What reading an odd file may raise; all of it means: does not hold."""


def demand(holds, what):
    if not holds:
        raise Broken(what)


def sha(data):
    return hashlib.sha256(data).hexdigest()


# --- canonical JSON (RFC 8785) ---------------------------------------------------------------------------------------


def number(x):
    if isinstance(x, int):
        return str(x)
    if x == int(x) and abs(x) < 1e21:
        return str(int(x))
    digits, _, exponent = f"{abs(x)!r}".partition("e")
    sign = "-" if x < 0 else ""
    power = int(exponent or 0)
    if exponent and -7 <= power < 0:  # Python turns to exponents at 1e-5, ECMAScript at 1e-7
        whole, _, rest = digits.partition(".")
        return sign + "0." + "0" * (-power - 1) + whole + rest
    return sign + digits + (f"e{'+' if power > 0 else '-'}{abs(power)}" if exponent else "")


def spell(x):
    if x is None or isinstance(x, bool):
        return {None: "null", True: "true", False: "false"}[x]
    if isinstance(x, str):
        return json.dumps(x, ensure_ascii=False)
    if isinstance(x, (int, float)):
        return number(x)
    if isinstance(x, list):
        return "[" + ",".join(map(spell, x)) + "]"
    keys = sorted(x, key=lambda k: k.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(json.dumps(k, ensure_ascii=False) + ":" + spell(x[k]) for k in keys) + "}"


def digest(x):
    return sha(spell(x).encode())


# --- the box ---------------------------------------------------------------------------------------------------------


def members(data):
    """Read the zip with the standard library, then demand that it is spelled in the one allowed way."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            demand(not any(i.compress_type or i.file_size != i.compress_size for i in box.infolist()), "compressed")
            names = box.namelist()
            demand(len(set(names)) == len(names), "a member comes twice")
            found = {name: box.read(name) for name in names}
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        EOFError,
        ValueError,
        RuntimeError,
        OSError,
        zlib.error,
        struct.error,
    ) as error:
        raise Broken(f"not a whole zip: {error}") from error
    demand(found, "empty")
    for name in found:
        parts = name.split("/")
        demand(all(p and p[0] != "." and "\\" not in p and ":" not in p for p in parts), f"unsafe name {name!r}")
    demand(box_bytes(found) == data, "the zip has bytes that belong to no member")
    return found


def box_bytes(found):
    body, listing = b"", b""
    for name, data in found.items():
        raw = name.encode()
        common = struct.pack("<HHHHLLLHH", 0x800, 0, 0, 0x21, zlib.crc32(data), len(data), len(data), len(raw), 0)
        listing += b"PK\1\2\x14\3\x14\0" + common + struct.pack("<HHHLL", 0, 0, 0, 0o100644 << 16, len(body)) + raw
        body += b"PK\3\4\x14\0" + common + raw + data
    return (
        body + listing + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, len(found), len(found), len(listing), len(body), 0)
    )


# --- signatures ------------------------------------------------------------------------------------------------------


def unseal(envelope, keys):
    """The statement in a DSSE envelope that one of these keys signed, and the id of that key."""
    demand(envelope["payloadType"] == IN_TOTO, "an envelope of another type")
    payload = base64.b64decode(envelope["payload"], validate=True)
    signed = b"DSSEv1 %d %s %d %s" % (len(IN_TOTO), IN_TOTO.encode(), len(payload), payload)
    for signature in envelope["signatures"]:
        if signature["keyid"] in keys:
            try:
                key = Ed25519PublicKey.from_public_bytes(keys[signature["keyid"]])
                key.verify(base64.b64decode(signature["sig"], validate=True), signed)
            except InvalidSignature:
                continue
            statement = json.loads(payload)
            demand(statement["_type"] == "https://in-toto.io/Statement/v1", "no in-toto statement")
            return statement, signature["keyid"]
    raise Broken("signed by none of the keys that may sign it")


def unseal_file(text, keys, kind):
    """A signed file: one signature, canonical spelling, of the right kind."""
    envelope = json.loads(text)
    statement, keyid = unseal(envelope, keys)
    again = {
        "payload": base64.b64encode(base64.b64decode(envelope["payload"])).decode(),
        "payloadType": IN_TOTO,
        "signatures": [
            {"keyid": keyid, "sig": base64.b64encode(base64.b64decode(envelope["signatures"][0]["sig"])).decode()}
        ],
    }
    demand(spell(again).encode() == text, "a signed file is spelled in another way")
    demand(statement["predicateType"] == f"urn:diapason:predicate:{kind}:v1", "a signed file of another kind")
    return statement, keyid


def signers(known, wanted):
    """The keys that may have signed: all in the file, or the one that the caller knows."""
    if not wanted:
        return known
    try:
        key = serialization.load_pem_public_key(Path(wanted).read_bytes())
        raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {sha(raw): raw}
    except OSError:
        wanted = wanted.lower().removeprefix("sha256:").replace(":", "").replace(" ", "")
    return {keyid: raw for keyid, raw in known.items() if keyid == wanted}


# --- trees and chain -------------------------------------------------------------------------------------------------


def tree(leaves):
    """Merkle Tree Hash of RFC 6962, by its recursive definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + tree(leaves[:k]) + tree(leaves[k:])).digest()


def lines(text):
    return text.removesuffix(b"\n").split(b"\n") if text else []


def follow(entries):
    before = "0" * 64
    for seq, entry in enumerate(entries, 1):
        demand(entry["seq"] == seq, f"ledger entry {seq} is missing or out of order")
        head = {k: entry[k] for k in ("seq", "at", "kind", "run", "subject", "body")}
        before = digest({**head, "before": before})
        demand(entry["hash"] == before, f"ledger entry {seq} is not what was chained")
        demand("said" not in entry or digest(entry["said"]) == entry["body"], f"body of entry {seq} was changed")
    return before


# --- scores ----------------------------------------------------------------------------------------------------------


def scores(text, task):
    """All measures of a kept table from its columns truth and prediction."""
    rows = list(csv.DictReader(io.StringIO(text.decode(), newline="")))
    classes = [c[2:] for c in (rows[0] if rows else {}) if c.startswith("p_")]
    rows = [r for r in rows if r["truth"] not in ("", "NaN")]
    if task == "classification":
        return counted([(r["truth"], r["prediction"]) for r in rows], classes, None)
    pairs = [(float(r["truth"]), float(r["prediction"] or "nan")) for r in rows]
    if task == "monitoring":
        return counted([(str(int(t >= 1)), str(int(p >= 1))) for t, p in pairs], ["0", "1"], "1")
    return measured(pairs, task == "remaining_life")


def measured(pairs, life):
    if not pairs:
        return {"rmse": None, "mae": None, "r2": None}
    n, mean = len(pairs), math.fsum(t for t, _ in pairs) / len(pairs)
    squares, spread = math.fsum((p - t) ** 2 for t, p in pairs), math.fsum((t - mean) ** 2 for t, _ in pairs)
    found = {"rmse": math.sqrt(squares / n), "mae": math.fsum(abs(p - t) for t, p in pairs) / n}
    found["r2"] = 1 - squares / spread if spread > 0 else None
    if life:
        clipped = [min(500, max(-500, p - t)) for t, p in pairs]
        found["nasa_score"] = math.fsum(math.exp(-e / 13 if e < 0 else e / 10) - 1 for e in clipped)
    return {k: v if v is None or math.isfinite(v) else None for k, v in found.items()}


def counted(pairs, classes, alarm):
    names = classes + sorted({x for pair in pairs for x in pair} - set(classes))
    cells = {(a, b): 0 for a in names for b in names}
    for pair in pairs:
        cells[pair] += 1
    n = len(pairs)
    per_class = {}
    for c in names:
        hit, was, said = cells[c, c], sum(cells[c, x] for x in names), sum(cells[x, c] for x in names)
        per_class[c] = {
            "was": was,
            "recall": hit / was if was else None,
            "f1": 2 * hit / (was + said) if was + said else None,
            "misses": (was - hit) / was if was else None,
            "false_alarms": (said - hit) / (n - was) if n > was else None,
        }

    def mean(what):
        known = [v[what] for v in per_class.values() if v[what] is not None]
        return math.fsum(known) / len(known) if known else None

    event = None if len(names) != 2 else alarm or min(names, key=lambda c: per_class[c]["was"])
    found = {k: per_class[event][k] if event else mean(k) for k in ("f1", "misses", "false_alarms")}
    right = sum(cells[c, c] for c in names)
    return found | {"accuracy": right / n if n else None, "balanced_accuracy": mean("recall"), "macro_f1": mean("f1")}


def same(a, b):
    return a is b if a is None or b is None else math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


# --- the recheck -----------------------------------------------------------------------------------------------------


def recheck(data, signer="", anchor=b""):
    """Everything that holds, as a dict; raises Broken at the first thing that does not."""
    found = members(data)
    known = {keyid: bytes.fromhex(facts["public"]) for keyid, facts in json.loads(found["keys.json"]).items()}
    allowed = signers(known, signer)
    statement, keyid = unseal_file(found["manifest.json"], allowed, "bundle")
    demand(all(sha(raw) == name for name, raw in known.items()), "a key has another fingerprint")
    listed = {s["name"]: s["digest"]["sha256"] for s in statement["subject"]}
    demand([s["name"] for s in statement["subject"]] == [n for n in found if n != "manifest.json"], "members differ")
    for name, expected in listed.items():
        demand(sha(found[name]) == expected, f"member {name} was changed")
    facts = statement["predicate"]
    raw = lines(found["ledger.jsonl"])
    demand(facts["entries"] == {"count": len(raw), "root": tree(raw).hex()}, "the ledger's root differs")
    entries = [json.loads(line) for line in raw]
    demand(facts["head"] == {"seq": len(entries), "hash": follow(entries)}, "the ledger's head differs")
    if anchor:
        mark = unseal_file(anchor, allowed, "anchor")[0]["predicate"]
        demand(len(entries) >= mark["seq"], f"cut or rolled back: the anchor saw {mark['seq']} entries")
        demand(
            not mark["seq"] or entries[mark["seq"] - 1]["hash"] == mark["hash"], "another ledger than the anchor saw"
        )
    runs, scored = results(facts["name"], entries, known, found)
    begun = {e["run"] for e in entries if e["kind"] == "plan" and belongs(e, facts["name"])}
    return {
        "name": facts["name"],
        "signer": keyid,
        "known_signer": bool(signer),
        "entries": len(entries),
        "runs": len(runs),
        "abandoned": len(begun - runs),
        "scores": scored,
    }


def belongs(entry, name):
    """Whether an entry is about the name; `*` is the whole workspace."""
    return name in ("*", entry["subject"].split("@")[0])


def results(name, entries, known, found):
    """The finished runs about a name: plan sealed before, signed, and their kept tables recounted."""
    runs, scored, signed = set(), {}, [e for e in entries if "payloadType" in e.get("said", {})]
    for entry in entries:
        demand("said" in entry or not belongs(entry, name), f"entry {entry['seq']} is not shown")
    for entry in signed:
        statement, _ = unseal(entry["said"], known)
        if entry["kind"] != "result":
            continue
        said, run = statement["predicate"], entry["run"]
        plan = entries[said["sealed"]["seq"] - 1]
        sealed = plan["kind"] == "plan" and plan["run"] == run == said["run"] and plan["seq"] < entry["seq"]
        demand(sealed and plan["hash"] == said["sealed"]["hash"], f"{run} has no sealed plan")
        demand(plan["said"]["digest"] == digest(said["plan"]), f"{run} followed another plan")
        runs.add(run)
        for table, kept in said["kept"].items():
            text = found.get(f"kept/{run}/{table}.csv")
            if text is None:
                continue
            demand(sha(text) == kept["sha256"] and tree(lines(text)).hex() == kept["root"], f"{run}/{table} differs")
            if "scores" in kept:
                again = scores(text, kept["task"])
                demand(set(again) == set(kept["scores"]), f"{run}/{table} states other scores")
                for metric, value in kept["scores"].items():
                    demand(same(value, again[metric]), f"{run}/{table}: {metric} is {again[metric]}, stated {value}")
                headline(f"{run}/{table}", said["result"].get(table), again)
                scored[f"{run}/{table}"] = again
    return runs, scored


def headline(where, card, again):
    """The scorecard that the result states under the table's name says the same."""
    if isinstance(card, dict) and "metric" in card and "score" in card:
        for metric, estimate in {card["metric"]["name"]: card["score"], **card.get("others", {})}.items():
            demand(metric not in again or same(estimate["value"], again[metric]), f"{where}: {metric} stated otherwise")


def main():
    asked = argparse.ArgumentParser(description="Recheck NAME.evidence without Diapason.")
    asked.add_argument("file")
    asked.add_argument("--signer", default="", help="fingerprint or public key file (PEM) of the signer you know")
    asked.add_argument("--anchor", default="", help="a file that `diapason anchor` wrote earlier")
    asked.add_argument("--json", action="store_true")
    asked = asked.parse_args()
    try:
        data = Path(asked.file).read_bytes()
        anchor = Path(asked.anchor).read_bytes() if asked.anchor else b""
    except OSError as error:
        sys.exit(f"cannot read: {error}")
    try:
        holds = recheck(data, asked.signer, anchor)
    except Broken as error:
        print(f"DOES NOT HOLD: {error}")
        sys.exit(1)
    except MALFORMED as error:
        print(f"DOES NOT HOLD: malformed ({type(error).__name__}: {error})")
        sys.exit(1)
    if asked.json:
        print(json.dumps(holds, indent=2, ensure_ascii=False))
        return
    print(f"{holds['name']}: intact, {holds['runs']} runs, {holds['abandoned']} abandoned, {holds['entries']} entries.")
    if not holds["known_signer"]:
        print(f"Signed by {holds['signer']}: give --signer, or you do not know who that is.")
    for table, values in holds["scores"].items():
        print(f"  {table}: " + ", ".join(f"{k} {v:.6g}" for k, v in values.items() if v is not None))
    print("Not shown by any of this: that the input was true.")


if __name__ == "__main__":
    main()
