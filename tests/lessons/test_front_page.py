"""Whatever stands on the package's front page, a learner meets in a lesson or finds in the reference page."""

from __future__ import annotations

import re

import dlcourse as dl
from dlcourse.lesson import files

# On the front page, and met by no learner: a lesson or the reference page owes them a line. This may only get shorter.
STILL_TO_COME: set[str] = set()


def met() -> set[str]:
    """The names that lessons or the reference page write as `dl.name`."""
    texts = [cell["source"] for lesson in files.numbers() for cell in files.cells(lesson)]
    texts.append((files.room("00").parent / "reference.md").read_text(encoding="utf-8"))
    return {name for text in texts for name in re.findall(r"\bdl\.(\w+)", text)}


def test_what_is_on_the_front_page_is_met_or_listed():
    missing = set(dl.__all__) - met()
    assert missing - STILL_TO_COME == set(), "use it in a lesson, or put it into lessons/backstage/reference.md"
    assert not STILL_TO_COME - missing, "these are met by now: take them off the list"
