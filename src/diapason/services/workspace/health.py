"""Is the workspace whole, and can this computer serve it? Each complaint comes with its fix."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Any

from diapason.engines.evidence import dsse
from diapason.errors import DiapasonError
from diapason.ports.ledger import Ledger
from diapason.services.workspace.forgetting import models, references, vault_has
from diapason.services.workspace.layout import Stores, emptied, home, settings, stores
from diapason.services.workspace.looking import folder_size
from diapason.services.workspace.opening import own_key
from diapason.services.workspace.people import checked_key, holder, people
from diapason.vocabulary.language import Text
from diapason.vocabulary.wire import plain

__all__ = ["Check", "doctor"]

_GIGABYTE = 1 << 30
_RESTORE = Text(
    "bring back the newest backup: diapason restore FILE NEW-FOLDER", "恢复最近的备份：diapason restore 文件 新文件夹"
)
"""The fix for what was changed or lost."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: "good", "look" (it works, but) or "bad"."""

    name: str
    state: str
    said: Text
    fix: Text = Text("", "")  # noqa: RUF009  (frozen)


def doctor(folder: Path) -> dict[str, Any]:
    """Look at everything, also where the workspace cannot be opened; nothing is changed but what a kill left behind.

    Returns:
        whole (nothing is bad), and checks: name, state, said and fix in both languages.

    Raises:
        NotFound: no workspace here or above.
    """
    found = home(folder)
    checks = [*_workspace_checks(found), *_computer_checks(found)]
    return {"folder": str(found), "whole": all(c.state != "bad" for c in checks), "checks": plain(checks)}


def _workspace_checks(folder: Path) -> Iterator[Check]:
    """The checks that need stores; the ledger first: nothing is touched where it does not hold."""
    held: list[Stores] = []
    yield _tried("settings", lambda: _said(settings(folder)["name"], str(folder)))
    yield _tried("ledger", lambda: _ledger(folder, held))
    if not held:
        return
    opened = held[0]
    yield _undone(opened)
    yield _clock(opened.ledger)
    yield _able(_tried("key", lambda: _key(opened)), opened)
    yield from _keys(opened)
    yield from _complaints("lake", opened.lake.check())
    yield from _complaints("vault", opened.vault.check())
    yield from _complaints("evidence", _lost(opened))
    yield _saved(opened.ledger)
    opened.ledger.close()


def _said(en: str, zh: str) -> Text:
    return Text(en, zh)


def _tried(name: str, look: Callable[[], Text]) -> Check:
    try:
        return Check(name, "good", look())
    except DiapasonError as error:
        at = f" ({error.at})" if error.at else ""
        what, fix = (part if isinstance(part, Text) else Text(str(part), str(part)) for part in (error.what, error.fix))
        return Check(name, "bad", Text(what.en + at, what.zh + at), fix)


def _ledger(folder: Path, held: list[Stores]) -> Text:
    opened = stores(folder)
    count = opened.ledger.check()
    if count == 0:
        raise emptied(folder)
    held.append(opened)
    return Text(f"{count} entries, the chain holds", f"{count} 条，链完整")


def _undone(opened: Stores) -> Check:
    done = [*opened.lake.reconcile(), *opened.vault.tidy()]
    if not done:
        return Check("interruptions", "good", Text("nothing half-done was left", "没有中断留下的内容"))
    words = "; ".join(done)
    return Check("interruptions", "good", Text(f"mended: {words}", f"已修复：{words}"))


def _clock(ledger: Ledger) -> Check:
    last = ledger.last()
    ahead = last is not None and datetime.fromisoformat(last.at) > datetime.now(UTC) + timedelta(minutes=5)
    if not ahead:
        return Check("clock", "good", Text("not behind the newest entry", "不早于最新条目"))
    said = Text(f"the clock is behind the newest entry ({last.at if last else ''})", "系统时钟早于账本最新条目")
    return Check("clock", "look", said, Text("set this computer's clock", "请校准本机时钟"))


def _key(opened: Stores) -> Text:
    key = own_key(opened)
    key.sign(b"diapason doctor")
    _private(opened, "workspace")
    return Text(f"can sign, fingerprint {key.keyid[:16]}", f"可签名，指纹 {key.keyid[:16]}")


def _able(check: Check, opened: Stores) -> Check:
    """A private key that is kept elsewhere keeps this place from signing, but damages nothing."""
    here = os.access(opened.keys.files("workspace")[0], os.R_OK)
    return check if here or check.state == "good" else replace(check, state="look")


def _private(opened: Stores, who: str) -> None:
    """Raise where others may read a private key (only where the system knows owners)."""
    path: Path = opened.keys.files(who)[0]
    if os.name == "posix" and path.is_file() and path.stat().st_mode & 0o077:
        raise DiapasonError(
            Text("others on this computer can read a private key", "本机其他用户可读取私钥"),
            at=str(path),
            fix=Text(f"chmod 600 {path}", f"chmod 600 {path}"),
        )


def _keys(opened: Stores) -> Iterator[Check]:
    """The keys of persons; one that is not here is no fault: a person may carry it elsewhere."""
    for name, person in people(opened.ledger).items():
        if not opened.keys.has(holder(name)):
            continue
        check = _tried("people", lambda name=name, person=person: _one(opened, name, person["keyid"]))  # type: ignore[misc]
        if check.state != "good":
            yield check


def _one(opened: Stores, name: str, keyid: str) -> Text:
    checked_key(opened.keys, holder(name), keyid)
    _private(opened, holder(name))
    return Text(name, name)


def _complaints(name: str, found: Iterator[Text]) -> Iterator[Check]:
    wrong = list(found)
    if not wrong:
        yield Check(name, "good", Text("every file is what was committed", "每个文件都与提交时一致"))
    yield from (Check(name, "bad", complaint, _RESTORE) for complaint in wrong)


def _lost(opened: Stores) -> Iterator[Text]:
    """Blobs that a result or a model stands on and that are gone without having been forgotten."""
    erased = {d for e in opened.ledger.entries(kind="erase") for d in references(e)}
    for subject, parts in _stood_on(opened.ledger):
        for part, digest in parts.items():
            if digest not in erased and not vault_has(opened.vault, digest):
                yield Text(f"{subject}: {part} is gone", f"{subject}：{part} 不见了")


def _stood_on(ledger: Ledger) -> Iterator[tuple[str, dict[str, str]]]:
    """What models and results are made of: digests by name."""
    for subject, entry in models(ledger).items():
        parts = entry.body.get("parts", {})
        yield subject, {f"part {name}": str(digest) for name, digest in dict(parts).items()}
    for entry in ledger.entries(kind="result"):
        kept = dsse.opened(entry.body).predicate.get("kept", {})
        yield entry.run, {f"kept {name}": str(facts["sha256"]) for name, facts in dict(kept).items()}


def _saved(ledger: Ledger) -> Check:
    last = ledger.last(kind="backup")
    old = last is None or datetime.now(UTC) - datetime.fromisoformat(last.at) > timedelta(days=30)
    if not old:
        return Check(
            "backup", "good", Text(f"last {last.at[:10] if last else ''}", f"最近 {last.at[:10] if last else ''}")
        )
    return Check(
        "backup",
        "look",
        Text("none within 30 days", "30 天内没有备份"),
        Text("diapason backup, and keep the file elsewhere", "运行 diapason backup，并异地保存"),
    )


def _computer_checks(folder: Path) -> Iterator[Check]:
    free, used = shutil.disk_usage(folder).free, folder_size(folder / "lake") + folder_size(folder / "vault")
    enough = free > max(_GIGABYTE, used)
    size = f"{free / _GIGABYTE:.1f} GB"
    yield Check(
        "disk",
        "good" if enough else "look",
        Text(f"{size} free", f"可用空间 {size}"),
        Text("", "")
        if enough
        else Text("make room: at least 1 GB and as much as the lake", "请腾出至少 1 GB 且不少于数据湖的空间"),
    )
    if not os.access(folder, os.W_OK):
        yield Check(
            "disk",
            "look",
            Text("this folder can only be read", "该文件夹只读"),
            Text("allow writing there to go on working", "如需继续工作，请开放写权限"),
        )
    yield from _dependencies()
    yield _font()


def _dependencies() -> Iterator[Check]:
    """Whether what is installed is what the package asks for."""
    wrong = [line for line in metadata.requires("diapason") or [] if "extra" not in line and not _fits(line)]
    if not wrong:
        yield Check("packages", "good", Text("all versions fit", "所有版本均符合"))
    for line in wrong:
        fix = Text("install again: pip install --upgrade diapason", "请重新安装：pip install --upgrade diapason")
        yield Check("packages", "bad", Text(f"{line} is not installed", f"未安装 {line}"), fix)


def _fits(line: str) -> bool:
    """Whether an installed version lies within `name>=a,<b`."""
    requirement = line.split(";", maxsplit=1)[0].strip()
    cut = next((i for i, c in enumerate(requirement) if c in "<>=!~ ["), len(requirement))
    try:
        here = _ordered(metadata.version(requirement[:cut]))
    except metadata.PackageNotFoundError:
        return False
    limits = [limit.strip() for limit in requirement[cut:].strip(" ()").split(",") if limit.strip()]
    lowest = [_ordered(limit[2:]) for limit in limits if limit.startswith(">=")]
    below = [_ordered(limit[1:]) for limit in limits if limit.startswith("<") and not limit.startswith("<=")]
    return all(here >= low for low in lowest) and all(here < high for high in below)


def _ordered(version: str) -> tuple[int, ...]:
    """The numbers of a version, as far as they go.

    >>> _ordered("2.1.0") < _ordered("2.10")
    True
    """
    numbers = []
    for part in version.split("."):
        digits = "".join(c for c in part if c.isdecimal())
        if not digits:
            break
        numbers.append(int(digits))
    return tuple(numbers)


_FONTS = ("*CJK*", "*SourceHan*", "wqy-*", "DroidSansFallback*", "msyh*", "simsun*", "simhei*", "PingFang*", "STHeiti*")


def _font() -> Check:
    """A font with Chinese letters, for reports in a browser on this computer."""
    places = [
        Path(p).expanduser() for p in ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
    ]
    places += [
        Path("/System/Library/Fonts"),
        Path("/Library/Fonts"),
        Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",
    ]
    there = any(next(place.rglob(name), None) for place in places if place.is_dir() for name in _FONTS)
    if there:
        return Check("font", "good", Text("one with Chinese letters is here", "已有中文字体"))
    return Check(
        "font",
        "look",
        Text(
            "no font with Chinese letters was found; reports would show boxes",
            "未找到中文字体，报告中的汉字会显示为方框",
        ),
        Text("Debian and Ubuntu: apt install fonts-noto-cjk", "Debian 与 Ubuntu：apt install fonts-noto-cjk"),
    )
