"""Which one-edit variants of a reference do the cases of its exercise let through?

``python -m tests.lesson.variants 02.5`` prints them, with the kind of edit; give several ids or the number of a lesson.
What is printed as *passes* passes in the notebook; the number behind *seeds* says how many of the 20 grading
seeds let it through. A variant that is as right as the reference belongs into the exercises file, as
``exercise.equivalent(old, new, reason)``.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.explaining import one_edit_variants
from dlcourse.lesson.judging import accepted, expected_of, size_of
from dlcourse.lesson.running import quiet, without_names

SEEDS = tuple(range(1, 21))


@dataclass(frozen=True)
class Survivor:
    """A variant that some set of cases lets through."""

    kind: str
    text: str
    notebook: bool
    seeds: int  # how many of the seeds let it through


def survivors(
    exercise: Exercise, *, seeds: tuple[int, ...] = SEEDS, every: int = 1, seconds: float = 600.0
) -> list[Survivor]:
    """The variants that pass in the notebook or under a seed and are not listed as equivalent.

    ``every`` takes each k-th variant only.
    """
    listed = {_normal(equivalent.text) for equivalent in exercise.equivalents} | {_normal(exercise.bare_source)}
    draws: list[tuple[list[dict[str, Any]], list[Any], list[int]]] = []
    for seed in (None, *seeds):
        cases = exercise.draw(seed)
        draws.append((cases, expected_of(exercise, cases), sorted(range(len(cases)), key=lambda i: size_of(cases[i]))))
    trials, variants = one_edit_variants(exercise, seconds)
    found = []
    with quiet(), without_names(exercise.without), np.errstate(all="ignore"):
        for number, edit in enumerate(variants):
            if number % every:
                continue
            passes = []
            for cases, expected, order in draws:
                reports = zip(order, trials.reports(cases, order), strict=False)
                good = 0
                for i, report in reports:
                    if report.changed or not accepted(exercise, cases[i], expected[i], report):
                        break
                    good += 1
                passes.append(good == len(cases))
                if not any(passes) and len(passes) > 3:  # nothing like it passes: one more seed will not
                    break
            if any(passes):
                text = _plain(trials.tree)
                if text not in listed:
                    listed.add(text)
                    found.append(Survivor(edit.kind, text, passes[0], sum(passes[1:])))
            if trials.over:
                raise TimeoutError(f"{exercise.id}: not all variants were tried in {seconds:g} seconds")
    return found


def _normal(text: str) -> str:
    return ast.unparse(ast.parse(text))


def _plain(tree: ast.Module) -> str:
    return "\n".join(line for line in ast.unparse(tree).splitlines() if line.strip() != "_tick_()")


def changed_lines(exercise: Exercise, text: str) -> str:
    """The lines of a variant that the reference does not have, and what stood there."""
    ours, theirs = _normal(exercise.bare_source).splitlines(), text.splitlines()
    new = [line.strip() for line in theirs if line not in ours]
    old = [line.strip() for line in ours if line not in theirs]
    if not new and not old:
        return "the order of lines: " + " / ".join(
            line.strip() for line, other in zip(theirs, ours, strict=False) if line != other
        )
    return f"{' / '.join(old) or 'nothing'}  ->  {' / '.join(new) or 'nothing'}"


def chosen(words: list[str]) -> list[Exercise]:
    """The exercises that ids or numbers of lessons name."""
    found = []
    for word in words:
        exercises = files.exercises(files.lesson_number(word.split(".")[0]))
        found += [exercises[word]] if "." in word else list(exercises.values())
    return found


def main(words: list[str]) -> None:
    """Print the survivors."""
    for exercise in chosen(words):
        found = survivors(exercise)
        sys.stdout.write(f"{exercise.id} {exercise.title}: {len(found)} variants survive\n")
        for one in found:
            passes = "passes" if one.notebook else "fails "
            lines = changed_lines(exercise, one.text)
            sys.stdout.write(f"  {passes} seeds {one.seeds:2d}/{len(SEEDS)}  [{one.kind}]  {lines}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
