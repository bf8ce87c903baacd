"""Run benchmarks and write their figures into RESULTS.md; a benchmark not named keeps its last figures.

Run: python -m benchmarks.results [--quick] [NAME ...]
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NAMES = (
    *("resonance", "harm", "cost", "detection", "promises", "splits", "tables", "spine", "economics"),
    *("recipes", "loop", "quality", "scanning", "rivals", "guarding", "kills", "start", "evidence", "plant", "files"),
    *("join", "scores", "passing", "steady", "gateway", "fleet", "agents_detection", "improving", "opcua", "mqtt"),
    "faults",
)
HERE = Path(__file__).parent
KEPT = HERE / "results"


def _measured(name: str, quick: bool) -> dict[str, Any]:
    begin = time.monotonic()
    flags = ["--json", *(["--quick"] if quick else [])]
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *flags],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {**json.loads(done.stdout), "quick": quick, "seconds": round(time.monotonic() - begin)}


def _row(r: dict[str, Any]) -> str:
    holds = {True: "holds", False: "**missed**", None: ""}[r["holds"]]
    return f"| `{r['id']}` | {r['what']} | {r['value']:.4g} {r['unit']} | {r['bar']} | {holds} |"


def _section(name: str, facts: dict[str, Any]) -> str:
    machine, versions = facts["machine"], facts["versions"]
    made = ", ".join(f"{k} {v}" for k, v in versions.items())
    command = f"`python -m benchmarks.{name}{' --quick' if facts['quick'] else ''}`"
    where = f"{machine['cpus']} cores, {machine['processor']}, Python {machine['python']}"
    seeds = f"seeds {facts['seeds'] or 'none'}"
    head = f"## {name}\n\n{command} · {facts['date']} · {facts['seconds']} s · {where} · {seeds}  \n{made}\n\n"
    table = "| id | what | measured | bar | |\n|---|---|---|---|---|\n" + "\n".join(map(_row, facts["results"]))
    notes = KEPT / f"{name}.md"
    return head + table + "\n" + (f"\n{notes.read_text(encoding='utf-8').strip()}\n" if notes.exists() else "")


def main() -> None:
    """Measure what is named (all by default), then write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only-write", action="store_true", help="write the page from the figures kept")
    flags = parser.parse_args()
    if unknown := set(flags.names) - set(NAMES):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; choose of {', '.join(NAMES)}")
    KEPT.mkdir(exist_ok=True)
    for name in [] if flags.only_write else flags.names or NAMES:
        facts = _measured(name, flags.quick)
        (KEPT / f"{name}.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    kept = [(n, KEPT / f"{n}.json") for n in NAMES]
    parts = [_section(n, json.loads(f.read_text(encoding="utf-8"))) for n, f in kept if f.exists()]
    top = (
        "# Measured\n\nThe last full output of each benchmark. A figure with its bar; "
        "where a bar is missed, what was tried stands below the table.\n\n"
    )
    (HERE / "RESULTS.md").write_text(top + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
