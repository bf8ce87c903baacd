"""The fleet of the benchmark: agents with one model, listening to a broker. Prints a line of JSON a second.

Run: python -m benchmarks.fleet_worker FOLDER PORT FORMAT ASSETS TAGS PERIOD SECONDS
"""

import asyncio
import json
import resource
import sys
from pathlib import Path
from typing import Any

from diapason.services.operate import Pace, Wish, attend
from diapason.services.workspace import open_workspace
from diapason.vocabulary.acting import Manifest


def resident() -> float:
    """MB that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    folder, port, form, assets, tags, period, seconds = sys.argv[1:]
    options: dict[str, Any] = {"format": form, "qos": 0}
    if form == "packed":
        options |= {"topic": "plant/{asset}/data", "tags": [f"t{j:02}" for j in range(int(tags))]}
    manifests = [
        Manifest(f"w{i:04}", 1, "", "bench", "2099-01-01T00:00:00+00:00", f"a{i:04}", "fleet@1", ())
        for i in range(int(assets))
    ]
    wish = Wish(
        address=f"mqtt://127.0.0.1:{port}",
        options=options,
        seconds=float(seconds),
        pace=Pace(float(period), 1.0, 10.0),
        unpublished=True,
    )

    def show(facts: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps({**facts, "rss": resident()}, default=str) + "\n")
        sys.stdout.flush()

    asyncio.run(attend(open_workspace(Path(folder)), manifests, wish, show=show))


if __name__ == "__main__":
    main()
