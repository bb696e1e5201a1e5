"""Which one-edit variants of a reference do the cases of its exercise let through?

``python -m tests.lesson.variants 02.5`` prints them, with the kind of edit; give several ids, or numbers of lessons.
What is printed as *passes* passes in the notebook; the number behind *seeds* says how many of the 20 grading
seeds let it through. A variant that is as right as the reference belongs into the exercises file, as
``exercise.equivalent(old, new, reason)``, if no better case tells it from the reference.
"""

from __future__ import annotations

import ast
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlcourse.lesson import files
from dlcourse.lesson.editing import TICK, edits, with_ticks
from dlcourse.lesson.exercises import Exercise
from dlcourse.lesson.judging import accepted, expected_of, size_of
from dlcourse.lesson.running import Report, TimeUp, observe_case, quiet, without_names

SEEDS = tuple(range(1, 21))
MANY = 40  # times the turns of the reference: a variant that goes round more often is taken for one without an end


@dataclass(frozen=True)
class Survivor:
    """A variant that some set of cases lets through."""

    kind: str
    text: str
    notebook: bool
    seeds: int  # how many of the seeds let it through


class Draw:
    """One set of cases, with what the reference gives and how many turns it takes; what rejects most comes first."""

    def __init__(self, exercise: Exercise, seed: int | None, turns: Turns) -> None:
        self.exercise, self.turns = exercise, turns
        self.cases = exercise.draw(seed)
        self.expected = expected_of(exercise, self.cases)
        answer = turns.built(with_ticks(ast.parse(exercise.bare_source)))
        self.most = []
        for case in self.cases:
            turns.begin(10_000_000)
            began = time.process_time()
            observe_case(answer, exercise.observer, case)
            self.most.append((1000 + MANY * turns.made, 0.3 + MANY * (time.process_time() - began)))
        self.order = sorted(range(len(self.cases)), key=lambda i: size_of(self.cases[i]))

    def lets_through(self, answer: Any) -> bool:
        """Whether an answer passes; stops at the first case that it fails."""
        for i in list(self.order):
            self.turns.begin(*self.most[i])
            try:
                report: Report = observe_case(answer, self.exercise.observer, self.cases[i])
            except TimeUp:
                report = Report("time")
            if report.changed or not accepted(self.exercise, self.cases[i], self.expected[i], report):
                self.order.remove(i)
                self.order.insert(0, i)
                return False
        return True


class Turns:
    """Counts the turns of loops and the calls of a program, and ends it after too many."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.made = self.most = 0
        self.until = 0.0

    def begin(self, most: int, seconds: float = 60.0) -> None:
        self.made, self.most = 0, most
        self.until = time.process_time() + seconds

    def tick(self) -> None:
        self.made += 1
        if time.process_time() > self.until:  # few turns may do, where a list doubles on each
            self.made = self.most + 1
        if self.made > self.most:
            raise TimeUp

    def built(self, tree: ast.Module) -> Any:
        """What a program defines; None where it is no program."""
        self.begin(1000)
        space = dict(vars(sys.modules[self.exercise.answer.__module__])) | {TICK: self.tick}
        try:
            exec(compile(tree, "<edited>", "exec", dont_inherit=True), space)
            return space[self.exercise.name]
        except KeyboardInterrupt:
            raise
        except BaseException:
            return None


def variants(exercise: Exercise, every: int = 1) -> Iterator[tuple[str, ast.Module]]:
    """Each k-th slip in the reference: its kind, and the program, which is good until the next step.

    Not in lines that the task leaves to the learner.
    """
    tree = with_ticks(ast.parse(exercise.bare_source))
    lines = [line.strip() for line in exercise.bare_source.splitlines()]
    with closing(edits(tree, mending=False)) as slips:  # type: ignore[type-var]
        for number, edit in enumerate(slips):
            left_open = lines[edit.line - 1].startswith(tuple(exercise.open_lines))
            if number % every == 0 and not left_open:
                yield edit.kind, tree


def survivors(
    exercise: Exercise, *, seeds: Sequence[int] = SEEDS, every: int = 1, listed: bool = False
) -> list[Survivor]:
    """The variants that pass in the notebook or under a seed and are not listed as equivalent.

    ``every`` takes each k-th variant only. With ``listed`` those that are listed are among them.
    """
    known = {_normal(exercise.bare_source)}
    if not listed:
        known |= {_normal(equivalent.text) for equivalent in exercise.equivalents}
    turns = Turns(exercise)
    found = []
    with quiet(), without_names(exercise.without), np.errstate(all="ignore"):
        draws = [Draw(exercise, seed, turns) for seed in (None, *seeds)]
        for kind, tree in variants(exercise, every):
            text = _plain(tree)
            answer = None if text in known else turns.built(tree)
            if answer is None:
                continue
            passes = []
            for draw in draws:
                passes.append(draw.lets_through(answer))
                if turns.made > turns.most:  # a loop without an end has none under another seed either
                    break
            if any(passes):
                known.add(text)
                found.append(Survivor(kind, text, passes[0], sum(passes[1:])))
    return found


def _normal(text: str) -> str:
    return ast.unparse(ast.parse(text))


def _plain(tree: ast.Module) -> str:
    return "\n".join(line for line in ast.unparse(tree).splitlines() if line.strip() != f"{TICK}()")


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
