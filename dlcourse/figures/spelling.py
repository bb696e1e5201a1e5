"""How figures spell numbers and lists: one place, so that the course has one voice."""

from __future__ import annotations

from collections.abc import Sequence


def grouped(number: int) -> str:
    """1234567 as 1 234 567; four digits stay together."""
    return str(number) if number < 10_000 else f"{number:,}".replace(",", " ")


def listed(words: Sequence[str]) -> str:
    """Words in a row.

    >>> listed(["w"]), listed(["w", "b", "x"])
    ('w', 'w, b and x')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
