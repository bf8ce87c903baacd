"""What a person may say about a join, checked before anything is sealed."""

from collections.abc import Sequence
from dataclasses import dataclass

from diapason.engines.alignment.moments import duration
from diapason.engines.alignment.resampling import Rule
from diapason.errors import DataError
from diapason.vocabulary.language import Text

__all__ = ["APPLY", "ESTIMATE", "Asked"]

ESTIMATE, APPLY = "estimate", "apply"
DIRECTIONS = ("backward", "forward", "nearest")


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of one join, as they go into the sealed plan."""

    on: Sequence[str] = ()
    as_of: str = ""
    delay: str = ""
    direction: str = "backward"
    genealogy: Sequence[str] = ()
    every: str = ""
    rule: Sequence[str] = ()
    lag: str = ""
    offset: str = ""
    within: str = ""

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Columns that must be equal, left and other."""
        parts = (text.partition("=") for text in self.on)
        return tuple((here, there or here) for here, _, there in parts)

    @property
    def rules(self) -> dict[str, Rule]:
        """How tags come to the clock; "" stands for all that are not named."""
        parts = (text.rpartition("=") for text in self.rule)
        return {tag: Rule(rule) for tag, _, rule in parts}

    @property
    def in_time(self) -> bool:
        """Whether the rows meet in time."""
        return bool(self.as_of or self.every)

    def check(self, other: str) -> "Asked":
        """The same, if it says what can be done.

        Raises:
            DataError: nothing to join on, options that do not go together, or a word that is none of those offered.
        """
        if not (self.on or self.in_time or self.genealogy):
            raise DataError(
                Text("there is nothing to join on", "没有指定关联依据"),
                at=other,
                fix=Text(
                    "give --on COLUMN, --as-of 6h, --every 1min, or --genealogy FILE",
                    "请给出 --on 列、--as-of 6h、--every 1min 或 --genealogy 文件",
                ),
            )
        if self.genealogy and not self.on:
            raise DataError(
                Text("genealogy needs the key", "谱系关联需要键"),
                at=other,
                fix=Text("--on coil=heat", "--on coil=heat"),
            )
        self._known("--direction", self.direction, DIRECTIONS)
        for text in self.rule:
            self._known("--rule", text.rpartition("=")[2], tuple(Rule))
        self._apart(other)
        for text in (self.as_of, self.every, self.within):
            if text and not duration(text) > 0:
                raise DataError(
                    Text(f"'{text}' is no time span above 0", f"“{text}”不是大于 0 的时间长度"),
                    at=other,
                    fix=Text("write 30s, 15min, 6h", "请写 30s、15min、6h"),
                )
        for text in (self.lag, self.offset):
            if text not in ("", ESTIMATE, APPLY):
                duration(text)
        return self

    def _apart(self, other: str) -> None:
        """Options that need another one, or that nothing would heed."""
        timed = [f"--{name}" for name in ("lag", "offset", "delay", "within") if getattr(self, name)]
        if timed and (self.genealogy or not self.in_time):
            raise DataError(
                Text(f"{', '.join(timed)} need a join in time", f"{'、'.join(timed)} 需要按时间关联"),
                at=other,
                fix=Text("add --as-of 6h or --every 1min", "请加上 --as-of 6h 或 --every 1min"),
            )
        if self.rule and not self.every:
            raise DataError(
                Text("--rule says how values come to a clock, and there is none", "--rule 用于重采样，但未指定时钟"),
                at=other,
                fix=Text("add --every 1min", "请加上 --every 1min"),
            )
        if self.genealogy and self.in_time:
            raise DataError(
                Text("genealogy and time are two joins", "谱系与时间是两次关联"),
                at=other,
                fix=Text("run join twice", "请分两次运行 join"),
            )

    @staticmethod
    def _known(option: str, word: str, offered: Sequence[str]) -> None:
        if word not in offered:
            raise DataError(
                Text(f"{option} '{word}' is not known", f"{option}“{word}”不可用"),
                at=option,
                fix=Text("choose one of: " + ", ".join(offered), "可选：" + "、".join(offered)),
            )
