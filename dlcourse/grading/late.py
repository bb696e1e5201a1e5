"""What being late costs, by a rule that everybody can read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import timedelta

__all__ = ["LateRule", "late_rule", "spell"]

UNITS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 7 * 86400.0}
CLAUSE = re.compile(r"(?P<much>\d+(?:\.\d+)?) ?(?P<kind>%|points?)(?: (?:per|a|each|an|every) (?P<unit>\w+?)s?)?")
MOST = re.compile(r"(?:at most|up to|max(?:imum)?) (?P<much>\d+(?:\.\d+)?) ?(?P<kind>%|points?)")
FREE = re.compile(r"(?P<much>\d+(?:\.\d+)?) (?P<unit>\w+?)s? free")


@dataclass(frozen=True)
class LateRule:
    """How many points are taken off.

    Attributes
    ----------
    text : str
        The rule as it was given.
    share, points : float
        Taken off each time: a share of the lesson's points, or points.
    seconds : float
        How long each time is; one that has begun counts. 0 for once.
    most_share, most_points : float
        Never more than these.
    free : float
        Seconds that cost nothing.
    """

    text: str
    share: float = 0.0
    points: float = 0.0
    seconds: float = 0.0
    most_share: float = 1.0
    most_points: float = math.inf
    free: float = 0.0

    def penalty(self, late_by: timedelta, max_score: float) -> float:
        """The points that are taken off, of a lesson that is worth ``max_score``.

        Examples
        --------
        >>> rule = late_rule("10% per day, at most 50%, 15 minutes free")
        >>> [rule.penalty(timedelta(minutes=m), 8) for m in (15, 16, 24 * 60 + 16, 90 * 24 * 60)]
        [0.0, 0.8, 1.6, 4.0]
        """
        over = late_by.total_seconds() - self.free
        if over <= 0:
            return 0.0
        times = math.ceil(over / self.seconds) if self.seconds else 1
        taken = times * (self.share * max_score + self.points)
        return round(min(taken, self.most_share * max_score, self.most_points), 6)


def late_rule(text: str) -> LateRule:
    """Read a rule; what is none raises ``ValueError`` with a sentence.

    Examples
    --------
    >>> late_rule("1 point per hour").penalty(timedelta(minutes=61), 8)
    2.0
    >>> late_rule("25%").penalty(timedelta(days=9), 8)
    2.0
    >>> late_rule("a bit")
    Traceback (most recent call last):
        ...
    ValueError: 'a bit' is no rule; write for instance "10% per day", "1 point per hour, at most 50%" or "25%".
    """
    problem = ValueError(
        f'{text!r} is no rule; write for instance "10% per day", "1 point per hour, at most 50%" or "25%".'
    )
    found: dict[str, float] = {}
    for clause in text.split(","):
        clause = " ".join(clause.split())
        if match := MOST.fullmatch(clause):
            found["most_share" if match["kind"] == "%" else "most_points"] = _amount(match["much"], match["kind"])
        elif match := FREE.fullmatch(clause):
            if match["unit"] not in UNITS:
                raise problem
            found["free"] = float(match["much"]) * UNITS[match["unit"]]
        elif (match := CLAUSE.fullmatch(clause)) and match["unit"] in (None, *UNITS):
            found["share" if match["kind"] == "%" else "points"] = _amount(match["much"], match["kind"])
            found["seconds"] = UNITS.get(match["unit"] or "", 0.0)
        else:
            raise problem
    if not found.keys() & {"share", "points"}:
        raise problem
    return LateRule(text, **found)


def _amount(much: str, kind: str) -> float:
    return float(much) / 100 if kind == "%" else float(much)


def spell(late_by: timedelta) -> str:
    """How late, in words.

    Examples
    --------
    >>> spell(timedelta(days=1, hours=2, minutes=5)), spell(timedelta(seconds=20))
    ('1 day 2 hours', '1 minute')
    """
    minutes = max(1, math.ceil(late_by.total_seconds() / 60))
    days, rest = divmod(minutes, 24 * 60)
    parts = [(days, "day"), (rest // 60, "hour"), (rest % 60, "minute")]
    told = [f"{n} {unit}{'s' if n != 1 else ''}" for n, unit in parts if n]
    return " ".join(told[:2])
