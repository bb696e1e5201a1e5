"""Answers that look alike, for a human to judge. Nothing here touches a mark.

An answer becomes the set of its 5-grams of tokens, after names of its own, comments, layout and docstrings are gone.
What the lesson itself holds (stub, reference, known mistakes) is taken out: everybody may have that. Two sets are
compared by the Jaccard index |A ∩ B| / |A ∪ B|. Pairs are found without looking at all of them: two sets with a
Jaccard index of at least t must share one of the rarest ⌊(1 − t)|A|⌋ + 1 elements of A (Bayardo, Ma and Srikant,
*Scaling up all pairs similarity search*, 2007).
"""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dlcourse.grading.bounded import each
from dlcourse.grading.results import Gradebook
from dlcourse.lesson import files
from dlcourse.lesson.exercises import Exercise

__all__ = ["Likeness", "Published", "alike", "grams", "jaccard", "look_alikes", "published", "tokens_of", "too_short"]

SIZE = 5  # tokens in a gram
LONGEST = 20_000  # characters of an answer that are looked at
READING = 3  # seconds of CPU for an answer
ENOUGH = 12  # grams of its own that an answer needs before likeness says anything
THRESHOLD = 0.7  # a copy with a line added has more, two people with the same idea less
NEARLY = 0.9  # like the published answer: a name or a line is different
TELLING = 40  # grams of a published answer that is not written alike by many who never saw it
Grams = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Likeness:
    """Answers to one exercise that look alike.

    Attributes
    ----------
    exercise : str
    similarity : float
        The Jaccard index; 1.0 for answers that are the same but for names and layout.
    submissions : tuple of str
        Two, or more where all are the same.
    """

    exercise: str
    similarity: float
    submissions: tuple[str, ...]


@dataclass(frozen=True)
class Published:
    """A submission with answers that are those of the lesson's own solutions.

    Attributes
    ----------
    submission : str
    same : tuple of str
        The exercises whose answer is the published one letter for letter, its explanation included.
    nearly : tuple of str
        Those where only names, comments, layout or a little more are different.
    often : mapping of str to int
        By exercise of ``nearly``, how many submissions are so: a short answer is written alike by many.
    """

    submission: str
    same: tuple[str, ...]
    nearly: tuple[str, ...]
    often: Mapping[str, int]


Tokens = tuple[str, ...]
KNOWN: dict[str, Tokens] = {}  # three pages look at the same answers


def tokens_of(sources: Iterable[str]) -> dict[str, Tokens]:
    """The tokens of answers: the same for those that are the same but for names, comments, layout and docstrings.

    They are found in a process that may be lost. An answer that keeps it busy, or breaks it, has none.
    """
    wanted = list(dict.fromkeys(sources))
    new = [source for source in wanted if source not in KNOWN]
    for source, tokens in zip(new, each(lambda source: _tokens(source[:LONGEST]), new, READING), strict=True):
        KNOWN[source] = tuple(tokens or ())
    return {source: KNOWN[source] for source in wanted}


def published(gradebook: Gradebook) -> list[Published]:
    """Find the answers that are the published ones, letter for letter or nearly.

    Returns
    -------
    list of Published
        Most of them first. Nearly says something of longer answers only (``too_short``), and of those that not half
        of the class has, too.
    """
    exercises = files.exercises(gradebook.info.lesson)
    references = {id: (_lines(e.source()), grams(e.source())) for id, e in exercises.items()}
    short = too_short(gradebook.info.lesson)
    tokens = tokens_of(result.answer for one in gradebook.submissions for result in one.exercises)
    known: dict[tuple[str, str], str] = {}

    def kind(id: str, answer: str) -> str:
        text, reference = references[id]
        if _lines(answer) == text:
            return "same"
        own = _grams(tokens[answer])
        return "nearly" if id not in short and jaccard(own, reference) >= NEARLY else ""

    found: dict[str, dict[str, str]] = {}
    for one in gradebook.submissions:
        for result in one.exercises:
            if result.answer and result.id in references:
                key = (result.id, result.answer)
                if key not in known:
                    known[key] = kind(*key)
                if known[key]:
                    found.setdefault(one.submission, {})[result.id] = known[key]
    often = Counter(id for kinds in found.values() for id, kind in kinds.items() if kind == "nearly")
    graded = sum(one.status == "graded" for one in gradebook.submissions)
    listed = []
    for submission, kinds in found.items():
        same = tuple(id for id in references if kinds.get(id) == "same")
        nearly = tuple(id for id in references if kinds.get(id) == "nearly")
        if same or any(2 * often[id] <= max(graded, 4) for id in nearly):
            listed.append(Published(submission, same, nearly, {id: often[id] for id in nearly}))
    return sorted(listed, key=lambda one: (-len(one.same), -len(one.nearly), one.submission))


def too_short(lesson: str) -> list[str]:
    """The exercises whose published answer is so short that most right answers are written like it.

    Examples
    --------
    >>> too_short("02")
    ['02.1', '02.3', '02.4']
    """
    return [id for id, e in files.exercises(lesson).items() if len(grams(e.source())) < TELLING]


def _lines(source: str) -> list[str]:
    return [line.rstrip() for line in source.splitlines() if line.strip()]


def grams(source: str) -> Grams:
    """The 5-grams of an answer's tokens, without what can be changed in a minute.

    Examples
    --------
    >>> one = grams("def f(x):\\n    y = 2 * x  # twice\\n    return y + 1")
    >>> one == grams("def f(value):\\n    \\'\\'\\'Double.\\'\\'\\'\\n    double = 2*value\\n    return (double + 1)")
    True
    >>> one == grams("def f(x):\\n    return 2 * x + 1")
    False
    """
    return _grams(tuple(_tokens(source[:LONGEST])))


def _grams(tokens: Tokens) -> Grams:
    return frozenset(tokens[i : i + SIZE] for i in range(len(tokens) - SIZE + 1))


def _tokens(source: str) -> list[str]:
    """Depth first through the syntax tree; an answer that Python cannot read is taken word by word."""
    try:
        tree = ast.parse(source)
        own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        own |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        tokens: list[str] = []
        _walk(tree, own, tokens)
        return tokens
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _words(source)


def _walk(node: ast.AST, own: set[str], tokens: list[str]) -> None:
    if isinstance(node, ast.Name):
        tokens.append("own name" if node.id in own else node.id)
    elif isinstance(node, ast.arg):
        tokens.append("own name")
    elif isinstance(node, ast.Constant):
        tokens.append(repr(node.value)[:40])
    elif isinstance(node, ast.Attribute):
        _walk(node.value, own, tokens)
        tokens.append(f".{node.attr}")
    elif isinstance(node, ast.expr_context):
        return
    else:
        tokens.append(type(node).__name__)
        if isinstance(node, ast.keyword):
            tokens.append(f"{node.arg}=")
        body = getattr(node, "body", None)
        for child in ast.iter_child_nodes(node):
            is_text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if not (is_text and isinstance(body, list) and child in body):  # a docstring
                _walk(child, own, tokens)


def _words(source: str) -> list[str]:
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    words = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type not in skipped:
                words.append(token.string)
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass  # up to where it could be read
    return words


def jaccard(one: Grams, other: Grams) -> float:
    """How much two sets have in common: |A ∩ B| / |A ∪ B|.

    Examples
    --------
    >>> jaccard(frozenset("abc"), frozenset("bcd"))
    0.5
    """
    return len(one & other) / len(one | other) if one or other else 1.0


def look_alikes(gradebook: Gradebook, threshold: float = THRESHOLD) -> list[Likeness]:
    """Find the answers of a class that look alike, exercise by exercise.

    Parameters
    ----------
    gradebook : Gradebook
    threshold : float
        The lowest Jaccard index to report.

    Returns
    -------
    list of Likeness
        By exercise, the most alike first.
    """
    exercises = files.exercises(gradebook.info.lesson)
    answers: dict[str, dict[str, str]] = {id: {} for id in exercises}
    for one in gradebook.submissions:
        for result in one.exercises:
            if result.answer and result.id in answers:
                answers[result.id][one.submission] = result.answer
    return [found for id, sources in answers.items() for found in alike(id, sources, _lesson(exercises[id]), threshold)]


def _lesson(exercise: Exercise) -> list[str]:
    """What everybody may have: the stub, the reference and the mistakes that the lesson knows."""
    known = [mutant.source(exercise.name) for mutant in exercise.mutants]
    return [files.stub(exercise.id), exercise.source(), *known]


def alike(
    exercise: str, answers: Mapping[str, str], known: Iterable[str] = (), threshold: float = THRESHOLD
) -> list[Likeness]:
    """Compare the answers to one exercise.

    Parameters
    ----------
    exercise : str
    answers : mapping of submission to source
    known : sources
        What they may have in common.
    threshold : float

    Returns
    -------
    list of Likeness
        Answers that are the same are one group; pairs are between groups.

    Examples
    --------
    >>> loop = "def f(rows):\\n  out = []\\n  for r in rows:\\n    out.append(max(r) - min(r))\\n  return out"
    >>> alike("90.1", {"ada": loop, "bob": loop.replace("out", "result"), "cyd": "def f(r): return r"})
    [Likeness(exercise='90.1', similarity=1.0, submissions=('ada', 'bob'))]
    """
    common: set[tuple[str, ...]] = set().union(*(grams(source) for source in known))
    groups: dict[Grams, list[str]] = defaultdict(list)
    tokens = tokens_of(answers.values())
    by_source: dict[str, Grams] = {}  # a thousand copies are looked at once
    for submission, source in answers.items():
        if source not in by_source:
            by_source[source] = frozenset(_grams(tokens[source]) - common)
        if len(by_source[source]) >= ENOUGH:
            groups[by_source[source]].append(submission)
    found = [Likeness(exercise, 1.0, tuple(members)) for members in groups.values() if len(members) > 1]
    names = [members[0] for members in groups.values()]
    for i, j, similarity in _pairs(list(groups), threshold):
        found.append(Likeness(exercise, similarity, (names[i], names[j])))
    return sorted(found, key=lambda f: (-f.similarity, f.submissions))


def _pairs(sets: Sequence[Grams], threshold: float) -> list[tuple[int, int, float]]:
    often = Counter(gram for one in sets for gram in one)
    index: dict[tuple[str, ...], list[int]] = defaultdict(list)
    found = []
    for j, one in enumerate(sets):
        rarest = sorted(one, key=lambda gram: (often[gram], gram))[: math.floor((1 - threshold) * len(one) + 1e-9) + 1]
        for i in {i for gram in rarest for i in index[gram]}:
            similarity = jaccard(sets[i], one)
            if similarity >= threshold:
                found.append((i, j, similarity))
        for gram in rarest:
            index[gram].append(j)
    return found
