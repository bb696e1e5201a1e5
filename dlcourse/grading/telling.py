"""What ``dlcourse grade`` says at the end of a run, and instead of one."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from statistics import median

from dlcourse.grading.class_run import (
    OVERRIDES,
    Request,
    check_places,
    rejected,
    rules_of,
    run_info,
    the_notebook,
    timed,
    to_regrade,
)
from dlcourse.grading.gradebook import known_results
from dlcourse.grading.intake import Rejected, cells_of, entries, read, shown
from dlcourse.grading.late import spell
from dlcourse.grading.marks import ClassList, class_list
from dlcourse.grading.results import OUTCOMES, Gradebook
from dlcourse.grading.splicing import belongs

__all__ = ["dry_run", "summary"]


def dry_run(request: Request) -> str:
    """Say who is found, what is skipped and what would be graded. Nothing is run, and nothing is written."""
    check_places(request)
    found = list(entries(request.submissions))
    info = run_info(request)
    rules = rules_of(request, info, found)
    again = to_regrade(request, info, found)
    known = known_results(request.output, info)
    results, fates = [], {}
    for entry in found:
        path, reason, content = request.submissions / entry.submission, "", b""
        try:
            path = the_notebook(entry, info.lesson)
            content = read(path)
            belongs(cells_of(content), info.lesson)
        except Rejected as problem:
            reason = str(problem)
        file = str(entry.notebooks[0].relative_to(request.submissions)) if entry.notebooks else ""
        result = rejected(timed(entry, path), info, reason, file)
        if not reason:
            result.status = "graded"
        earlier = known.get(entry.submission)
        same = earlier is not None and earlier.sha256 == hashlib.sha256(content).hexdigest()
        if same and not reason and entry.submission not in again and earlier is not None:
            fates[entry.submission] = f"graded already, {earlier.score} of {info.max_score}"
            result.exercises = earlier.exercises
        else:
            fates[entry.submission] = f"rejected: {reason}" if reason else "would be graded"
        results.append(result)
    listed = class_list(Gradebook(info, results), rules)
    lines = [f"Lesson {info.lesson} ({info.max_score} points), {len(found)} entries. Nothing is run or written."]
    for mark in listed.marks:
        who = f"{shown(mark.person.name)}{f' ({shown(mark.person.id)})' if mark.person.id else ''}"
        if mark.counts is None:
            lines.append(f"  {who}: missing")
            continue
        late = f", {spell(mark.late_by)} late" if mark.late_by else ", late" if mark.late else ""
        more = "" if mark.person.line or rules.roster is None else ", not in the roster"
        lines.append(f"  {who}: {shown(mark.counts.submission)}, {fates[mark.counts.submission]}{late}{more}")
        for other in mark.attempts:
            which = f"another attempt; the {rules.attempts} counts"
            lines.append(f"    also {shown(other.submission)}: {fates[other.submission]} ({which})")
        lines += [f"    also {shown(other.submission)}: {other.reason}" for other in mark.others]
    system = [shown(one.submission) for one in results if one.student.layout == "system"]
    if system:
        lines.append(f"Nobody's, so nobody has a mark for it: {', '.join(system[:10])}.")
    return "\n".join([*lines, *_skipped(listed)])


def _skipped(marks: ClassList) -> list[str]:
    """What was not looked at, and who is not there."""
    lines = []
    names = list(map(shown, marks.rules.hidden))
    if names:
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        lines.append(
            f"Not looked at, for its name begins with a dot: {', '.join(names[:10])}{more}. "
            "If that is a submission, rename it."
        )
    for people, said in ((marks.missing, "Missing"), (marks.strangers, "Not in the roster")):
        if people:
            some = ", ".join(shown(mark.person.name) for mark in people[:10])
            lines.append(f"{said}: {some}{f' and {len(people) - 10} more' if len(people) > 10 else ''}.")
    return lines


def summary(marks: ClassList, folder: Path) -> str:
    """What to say at the end.

    Examples
    --------
    >>> from dlcourse.grading.results import RunInfo, SubmissionResult
    >>> info = RunInfo("12", "Train", 5, False, "", 20.0, {}, [("12.1", "Softmax", 2)])
    >>> book = Gradebook(info, [SubmissionResult("a.txt", "rejected", 2, "It is no notebook.")])
    >>> print(summary(class_list(book), Path("out")))
    Lesson 12: 0 submissions graded, 1 rejected.
      rejected: a.txt: It is no notebook.
    Graded without the sandbox: what ran could read and change files here.
    The seed is 5. Everything is in out: class.html, students.csv, gradebook.json, feedback/ and more.
    """
    book = marks.gradebook
    graded = [result for result in book.submissions if result.status == "graded"]
    refused = [r for r in book.submissions if r.status == "rejected" and r.student.layout != "system"]
    beside = [r for r in refused if r.submission in marks.beside]
    refused = [r for r in refused if r.submission not in marks.beside]
    lines = [f"Lesson {book.info.lesson}: {len(graded)} submissions graded, {len(refused)} rejected."]
    if graded:
        scores = [result.score for result in graded]
        middle = median(scores)
        lines[0] += f" Median {middle:g} of {book.info.max_score}, from {min(scores)} to {max(scores)}."
        for number, (id, title, _) in enumerate(book.info.exercises):
            counts = Counter(result.exercises[number].outcome for result in graded)
            told = ", ".join(f"{outcome} {counts[outcome]}" for outcome in OUTCOMES if counts[outcome])
            lines.append(f"  {id} {title}: {told}")
    lines += [f"  rejected: {shown(result.submission)}: {result.reason}" for result in refused[:10]]
    if len(refused) > 10:
        lines.append(f"  and {len(refused) - 10} more that were rejected")
    if beside:
        some = ", ".join(shown(result.submission) for result in beside[:5]) + (", ..." if len(beside) > 5 else "")
        lines.append(f"Other files beside a notebook, left alone: {len(beside)} ({some}).")
    twice = [mark for mark in marks.marks if mark.attempts]
    if twice:
        lines.append(f"Handed in more than once: {len(twice)}; the {marks.rules.attempts} attempt counts.")
    late = [mark for mark in marks.marks if mark.late]
    if late:
        cost = sum(mark.penalty > 0 for mark in late)
        lines.append(f"Late: {len(late)}; it costs points for {cost}.")
    hand = sum(bool(mark.by_hand or mark.comments) for mark in marks.marks)
    if hand:
        lines.append(f"With marks or comments by hand, from {OVERRIDES}: {hand}.")
    lines += _skipped(marks)
    evasive = [shown(result.submission) for result in graded if any(exercise.evasions for exercise in result.exercises)]
    if evasive:
        some = ", ".join(evasive[:5]) + (f" and {len(evasive) - 5} more" if len(evasive) > 5 else "")
        lines.append(f"To look at yourself, for an answer may use what it was to build: {some}.")
    lacking = Counter(package for result in graded for package in result.lacking)
    if lacking:
        some = ", ".join(f"{package} ({count})" for package, count in sorted(lacking.items())[:10])
        lines.append(f"Used, and not installed here: {some}. Install what may be used; then --regrade all.")
    if book.info.warning:
        lines.append(book.info.warning)
    seed = f"The seed is {book.info.seed}."
    lines.append(f"{seed} Everything is in {folder}: class.html, students.csv, gradebook.json, feedback/ and more.")
    return "\n".join(lines)
