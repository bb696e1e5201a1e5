"""What the lessons say of figures and outputs, and no test proves: `python -m tests.lessons.unproved 08`.

A sentence with a number, a comparison or a cause is a claim. It is proved when a claim test quotes it, or when its
numbers stand in the output above it, which nbval compares. What is no claim is recognised by how it is written
(`why_not`); what cannot be, `lesson.toml` names with the reason:

    [no_claim]
    "A cell of the table is one number." = "definition"     # as the sentence begins
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlcourse.lesson import files
from tests.lessons.claims import plain

SAYS_NOTHING_NEW = {
    "title",
    "objectives",
    "summary",
    "next",
    "progress",
}  # a summary repeats; what it repeats is proved
NUMBER_WORDS = (
    "half|twice|two|three|four|five|six|seven|eight|nine|ten|dozen|hundred|thousand|million|billion|third|quarter"
)
NUMBER = re.compile(rf"\d|%|\b(?:{NUMBER_WORDS}|tenth|times|none|nothing|never|always|every|all|only)\b", re.IGNORECASE)
COMPARISON = re.compile(
    r"\bthan\b|\b(?:more|less|fewer|most|least|equal|same|as \w+ as|instead of|nearly|about|almost|hardly)\b"
    r"|\b(?:larg|small|great|fast|slow|short|long|steep|flat|deep|high|low|near|far|clos|cheap|dear|strong|weak|wid|narrow"
    r"|few|earli|lat)(?:er|est)\b|\b(?:better|worse|best|worst)\b",
    re.IGNORECASE,
)
CAUSE = re.compile(
    r"\b(?:because|therefore|so|since|hence|why|makes?|causes?|due to|leads? to)\b|: for ", re.IGNORECASE
)
TASK = re.compile(
    r"(?:Try|Drag|Press|Slide|Step|Write|Set|Turn|Move|Pull|Choose|Give|Look|Go|Take|Say|Type|Click|Change|Compare|Count"
    r"|Draw|Put|Play|Read|Keep|Start|Begin|Walk|Add|Multiply|Divide|Subtract|Watch|Run|Use|Work|Find|Open|Ask|See|Print"
    r"|Return|Note|Guess|Measure|Remember|Train|Follow|Think|Let|Suppose|Make|Send|Show|Then|Now|Next|Before|Here|Do)\b"
)
DEFINES = re.compile(
    r"\*\*[^*?]+\*\*|\b(?:is|are) called\b|\bstands? for\b|\bwe (?:write|call)\b|\bmeans\b|\bLet \$|\bis written\b"
)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a Markdown text; formulas set apart, code blocks, tables and what is folded away are left out.

    >>> list(sentences("One is 1. Two,\\nhere, is **2**: lesson 03 says so.\\n\\n$$a = b$$"))
    ['One is 1.', 'Two, here, is **2**: lesson 03 says so.']
    """
    text = re.sub(r"```.*?```|\$\$.*?\$\$|<details>.*?</details>|<!--.*?-->", "\n\n", text, flags=re.DOTALL)
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", text):
        lines = [line for line in block.splitlines() if not re.match(r"\s*(?:\||#)", line)]
        words = " ".join(" ".join(lines).split()).removeprefix("- ")
        # a full stop ends a sentence unless it stands in a formula, in code or in an initial
        held = re.sub(r"`[^`]*`|\$[^$]*\$", lambda m: m[0].replace(". ", ".\0").replace("? ", "?\0"), words)
        held = re.sub(r"\b(?:[A-Z]|e\.g|i\.e|ch|vol)\. ", lambda m: m[0][:-1] + "\0", held)
        for sentence in re.split(r"(?<=[.!?…])[*_)\"”]* (?=[A-Z*_`$(\"“0-9ηαβ])", held):
            if sentence.strip("*_ "):
                yield sentence.replace("\0", " ").strip()


def without_formulas(sentence: str) -> str:
    """A sentence without formulas, code, and the numbers of lessons, exercises, sections and years."""
    sentence = re.sub(r"\$[^$]*\$|`[^`]*`", " ", sentence)
    places = r"(?:lessons?|exercises?|sections?|ch\.|part) \d+(?:[.,]\d+)*(?:,? (?:and|to) \d+(?:\.\d+)?)*"
    return re.sub(rf"{places}|\b\d\d\.\d\b|\b(?:18|19|20)\d\d\b", " ", sentence, flags=re.IGNORECASE)


def is_candidate(sentence: str) -> bool:
    """Whether a sentence has a number, a comparison or a cause outside formulas."""
    said = without_formulas(sentence)
    return any(pattern.search(said) for pattern in (NUMBER, COMPARISON, CAUSE))


def why_not(sentence: str) -> str:
    """Why a sentence is no claim, as seen from how it is written; empty if it is one.

    >>> why_not("Slide the batch to 16."), why_not("How many are there?"), why_not("It takes 16 steps.")
    ('task', 'question', '')
    """
    opening = sentence.removeprefix("**What did you see?**").strip("* ")
    if sentence.rstrip("*_ ").endswith("?"):
        return "question"
    if TASK.match(opening):
        return "task"
    if opening and DEFINES.search(sentence.replace("**What did you see?**", "").replace("**Try", "")):
        return "definition"
    return ""


@functools.cache
def quoted() -> dict[tuple[str, str], list[str]]:
    """The sentences that claim tests quote, by lesson and cell, read from the tests without running them."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(Path(__file__).parent.glob("lesson_*/test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "claim":
                lesson, cell, *said = [ast.literal_eval(argument) for argument in node.args]
                found.setdefault((lesson, cell), []).extend(said)
    return found


def numbers(text: str) -> set[str]:
    """The numbers of a text, written alike: 1,000 and 1 000 are 1000.

    >>> sorted(numbers("12 288 of 3.50, and −2"))
    ['12288', '2', '3.5']
    """
    text = re.sub(r"(?<=\d)[   ,](?=\d{3}\b)", "", text)
    return {n.rstrip("0").rstrip(".") if "." in n else n for n in re.findall(r"\d+(?:\.\d+)?", text)}


def printed(cell: dict[str, Any]) -> str:
    """What is stored as the output of a cell: text, and the sentence of a figure."""
    outputs = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in cell.get("outputs", [])]
    return "\n".join("".join(output) for output in outputs)


def unproved(lesson: str) -> list[tuple[str, str]]:
    """The claims of a lesson that nothing proves: (cell, sentence)."""
    reasons = [plain(begin) for begin in files.about(lesson).get("no_claim", {})]
    cells, found, above = files.cells(lesson), [], ""
    for cell, following in zip(cells, [*cells[1:], {}], strict=True):
        if cell["cell_type"] == "code":
            above += printed(cell) + "\n"
            continue
        text = cell["source"]
        if "answer" in following.get("metadata", {}).get("tags", []):
            text = text.partition("### Exercise")[0]  # what a task says of values, the check and its test try
        tests = [plain(quote) for quote in quoted().get((lesson, cell["id"]), [])]
        practice = cell["id"].startswith("practice-")  # how practice goes is tested with its families
        if cell["id"] not in SAYS_NOTHING_NEW and not practice and "objectives" not in cell["metadata"].get("tags", []):
            found += [
                (cell["id"], sentence)
                for sentence in sentences(text)
                if is_candidate(sentence)
                and not why_not(sentence)
                and not any(quote in plain(sentence) or plain(sentence).strip() in quote for quote in tests)
                and not any(plain(sentence).startswith(begin) for begin in reasons)
                and not stands_above(sentence, above)
            ]
        above = ""
    return found


def stands_above(sentence: str, output: str) -> bool:
    """Whether the numbers of a sentence, telling ones among them, are in the output above it; causes need a test."""
    said = numbers(without_formulas(sentence))
    return bool(said) and said <= numbers(output) and any(len(n) > 1 for n in said) and not CAUSE.search(sentence)


def main(arguments: list[str]) -> None:
    for lesson in arguments or files.numbers():
        found = unproved(lesson)
        for cell, sentence in found:
            print(f"{lesson} {cell}: {sentence}")
        print(f"{lesson}: {len(found)} unproved")


if __name__ == "__main__":
    main([files.lesson_number(argument) for argument in sys.argv[1:]])
