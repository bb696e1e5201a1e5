"""What all pages that grading writes have in common: templates, and untrusted text made safe to look at.

Every page is one HTML file that fetches nothing. All that a student can influence (file names, code, messages) is
untrusted: it is escaped, cut to a length, and rid of what would act on a terminal, hide in the text or turn it around.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from dlcourse.grading.files import file_name, file_names
from dlcourse.grading.late import spell
from dlcourse.grading.results import ExerciseResult, Gradebook

__all__ = ["clean", "environment", "page_name"]

MOST_NAME, MOST_LINE, MOST_TEXT, MOST_CODE = 120, 300, 2000, 4000
ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b.?", re.DOTALL)
MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{3})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


def clean(text: str, most: int = MOST_TEXT) -> str:
    """Untrusted text made safe to look at; escaping for HTML is the template's.

    Terminal escapes are dropped. Characters that cannot be seen or that turn the text around are shown by their
    numbers. Line ends and tabs stay, everything beyond ``most`` characters does not.

    Examples
    --------
    >>> clean("\\x1b[31mred\\x1b[0m"), clean("abc\\u202efdp.ipynb"), clean("caf\\udce9")
    ('red', 'abc⟨U+202E⟩fdp.ipynb', 'caf⟨byte E9⟩')
    >>> clean("a" * 9, 4)
    'aaaa …'
    """
    cut = len(text) > most
    text = ESCAPES.sub("", text[:most]).replace("\r\n", "\n").replace("\r", "\n")
    text = MARKS.sub(r"\1", "".join(map(_visible, text)))  # heaps of accents run over the lines around them
    return text + " …" if cut else text


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if character in "\n\t" or kind not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return character
    if character in "\u200c\u200d":  # some scripts, and emoji, are written with these
        return character
    number = ord(character)
    return f"⟨byte {number - 0xDC00:02X}⟩" if 0xDC80 <= number <= 0xDCFF else f"⟨U+{number:04X}⟩"


def page_name(submission: str) -> str:
    """The name of the page for a submission, in ``feedback/``."""
    return f"{file_name(submission)}.html"


def _name(text: str) -> str:
    return clean(text, MOST_NAME).replace("\n", "⏎").replace("\t", "⇥")


def _line(text: str) -> str:
    return " ".join(clean(text, MOST_LINE).split())


def _text(text: str) -> Any:
    """A sentence; what stands in backticks, as in the lessons, is set as code."""
    from markupsafe import Markup, escape

    parts = re.split(r"`([^`]+)`", " ".join(clean(text).split()))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in enumerate(parts)
    )


def _anchor(id: str) -> str:
    return "ex-" + re.sub(r"[^0-9A-Za-z]+", "-", id)


LABELS = (
    ("tried ", "What was tried"),
    ("came back: ", "What came back"),
    ("ran ", "What was done"),
    ("Python cannot read ", "What Python says"),
    ("It says: ", "It says"),
)


def _said(result: ExerciseResult) -> list[tuple[str, str, str]]:
    """The lines of a verdict with a label each; those with the learner's own values are set as code."""
    said: list[tuple[str, str, str]] = []
    for i, line in enumerate(result.lines):
        line = line.removeprefix(f"{result.id}: ")
        sentence = line[:1].upper() + line[1:]
        label = next(((label, start) for start, label in LABELS if line.startswith(start)), None)
        if result.misconception and i == len(result.lines) - 1:
            said.append(("What that usually means", line, ""))
        elif label is not None:
            keep = label[1] in ("Python cannot read ", "ran ")
            said.append((label[0], sentence if keep else line.removeprefix(label[1]), "" if keep else "code"))
        else:
            said.append(("What that means" if i else "What happened", sentence, ""))
    return said


def environment(gradebook: Gradebook) -> Any:
    """Where the templates are, and how they write what is not ours."""
    try:
        import jinja2
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('feedback pages need Jinja2: pip install "dlcourse[grade]"') from error
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("dlcourse.grading", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    names = file_names(one.submission for one in gradebook.submissions)
    made.filters |= {
        "name": _name,
        "line": _line,
        "text": _text,
        "code": lambda text: clean(text, MOST_CODE),
        "anchor": _anchor,
        "page": lambda submission: f"{names[submission]}.html",
        "said": _said,
        "points": lambda value: f"{round(value, 2):g}",
        "spell": spell,
    }
    return made
