"""The headings of a lesson are its table of contents: one title, and no level is skipped on the way down."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from dlcourse.lesson import files
from tests.conftest import LESSONS


def headings(lesson: str) -> list[tuple[int, str]]:
    """The level and the words of each heading, in the order of the cells; a # in code is none."""
    texts = [cell["source"] for cell in files.cells(lesson) if cell["cell_type"] == "markdown"]
    prose = re.sub(r"```.*?```", "", "\n\n".join(texts), flags=re.DOTALL)
    return [(len(marks), words) for marks, words in re.findall(r"^(#+) +(.*)$", prose, flags=re.MULTILINE)]


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_level_of_heading_is_skipped(lesson):
    found = headings(lesson)
    assert [words for level, words in found if level == 1] == [found[0][1]], "one title, and it comes first"
    assert [words for (above, _), (level, words) in pairwise(found) if level > above + 1] == []
