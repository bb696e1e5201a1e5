"""How figures spell numbers and lists: one place, so that the course has one voice.

What a figure says and writes passes ``minus`` on its way to the page, so an f-string will do for most numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_HYPHEN = re.compile(r"(?<![\w)\]])-(?=[\d.]|inf\b)")
_SIGNED_ZERO = re.compile(r"(?<![\w)\]])-(?=0(?:\.0+)?(?!\.?\d))")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def minus(words: str) -> str:
    """True minus signs before numbers, none before a 0; a hyphen inside a word, or between two numbers, stays.

    Examples
    --------
    >>> minus("x = -0.5, in 2-D: (-1, 3)")
    'x = −0.5, in 2-D: (−1, 3)'
    >>> minus("-0.00, -0.001, -0, -inf")
    '0.00, −0.001, 0, −inf'
    """
    return _HYPHEN.sub("−", _SIGNED_ZERO.sub("", words))


def fixed(value: float, digits: int = 2) -> str:
    """So many digits after the point; what rounds to 0 has no sign.

    Examples
    --------
    >>> fixed(-0.001), fixed(-0.25), fixed(1, 1)
    ('0.00', '−0.25', '1.0')
    """
    return minus(f"{round(value, digits) + 0.0:.{digits}f}")


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; what rounds to 0 has none.

    Examples
    --------
    >>> signed(-0.001), signed(-0.25), signed(1)
    ('0.00', '−0.25', '+1.00')
    """
    rounded = f"{value:+.{digits}f}"
    return rounded[1:] if float(rounded) == 0 else minus(rounded)


def short(value: float) -> str:
    """A number to three digits that say something; 0 has no sign.

    Examples
    --------
    >>> short(-0.31), short(12.345), short(-0.0)
    ('−0.31', '12.3', '0')
    """
    return minus(f"{value + 0.0:.3g}")


def few(value: float, least: float = 1e-4) -> str:
    """A positive number with two digits that say something, or that it is under the ``least`` worth telling.

    Examples
    --------
    >>> few(0.0314), few(12.34), few(3e-7)
    ('0.031', '12', 'under 0.0001')
    """
    return f"under {least:g}" if value < least else f"{float(f'{value:.2g}'):g}"


def grouped(number: float) -> str:
    """A count; from five digits on, in groups of three.

    Examples
    --------
    >>> grouped(4096), grouped(1234567)
    ('4096', '1 234 567')
    """
    return f"{number:.0f}" if abs(number) < 10_000 else f"{number:,.0f}".replace(",", " ")


def rounded(number: float, digits: int = 3) -> str:
    """A count of which only the first digits say something.

    Examples
    --------
    >>> rounded(28672), rounded(17.4)
    ('28 700', '17')
    """
    return grouped(float(f"{number:.{digits}g}"))


def power_of_ten(exponent: float) -> str:
    """Ten to the power of a number: 10⁻¹¹, or with one digit in front, 3·10⁻⁵.

    Examples
    --------
    >>> power_of_ten(-11), power_of_ten(-4.5)
    ('10⁻¹¹', '3·10⁻⁵')
    """
    digit, whole = f"{10.0 ** (exponent % 1):.0f}", int(exponent // 1)
    return ("" if digit == "1" else f"{digit}·") + f"10{str(whole).translate(_RAISED)}"


def scientific(value: float) -> str:
    """A size with one digit.

    Examples
    --------
    >>> scientific(2.9e-11), scientific(0)
    ('3·10⁻¹¹', '0')
    """
    if value == 0:
        return "0"
    digit, exponent = f"{value:.0e}".split("e")
    return f"{digit}·10{str(int(exponent)).translate(_RAISED)}"


def listed(words: Sequence[str]) -> str:
    """Words in a row.

    Examples
    --------
    >>> listed(["w"]), listed(["w", "b", "x"])
    ('w', 'w, b and x')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def count(n: int, one: str, many: str = "") -> str:
    """A number with its noun.

    Examples
    --------
    >>> count(1, "box", "boxes"), count(3, "operation")
    ('1 box', '3 operations')
    """
    return f"{n} {one if n == 1 else many or one + 's'}"
