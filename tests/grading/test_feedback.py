"""What students and instructors read: all of it there, in the lesson's own words, and nothing of it dangerous."""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser

import pytest

from dlcourse.grading.class_pages import SORTING, class_page, difficulty_page, look_alikes_page
from dlcourse.grading.feedback import feedback_zip, student_page, write_feedback
from dlcourse.grading.marks import class_list
from dlcourse.grading.pages import clean, environment, page_name
from dlcourse.grading.results import ExerciseResult, Gradebook, SubmissionResult
from dlcourse.lesson import files
from tests.grading.books import LOOP, NAMES, gradebook


class Page(HTMLParser):
    """A page's elements and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for key, value in attributes:
            assert not key.startswith("on") and key not in ("src", "srcset", "formaction"), (tag, key)
            if key == "id":
                self.ids.append(value or "")
            if key == "href":
                self.links.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        words = " ".join(" ".join(self.words).split())
        return re.sub(r" (?=[.,;?!](?:\s|$))", "", words)  # code at the end of a sentence is an element of its own


def test_a_student_reads_for_every_exercise_how_it_went_and_what_the_lesson_says_to_the_mistake():
    book = gradebook()
    marks, made = class_list(book), environment(book)
    for one in book.submissions:
        page = Page(student_page(one, marks, made=made))
        assert f"{one.score} of 8 points" in page.text or one.status == "rejected"
        for e in one.exercises:
            assert f"{e.id} {e.title}" in page.text and e.outcome in page.text
            assert e.misconception.replace("`", "") in page.text and "came back: " not in page.text
        assert sorted(link for link in page.links if link.startswith("#")) == sorted(f"#{id}" for id in page.ids)
        if one.status == "rejected":
            assert "is no notebook" in page.text and "Not graded" in page.text


def test_no_page_says_the_seed_to_a_student_or_shows_another_students_name():
    book = gradebook()
    marks, made = class_list(book), environment(book)
    for one in book.submissions:
        html = student_page(one, marks, made=made)
        assert str(book.info.seed) not in html
        assert "Lovelace" not in html or "Lovelace" in one.submission


ATTACKS = [
    "</code></pre><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "&lt;script&gt;",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "<!--",
    "]]>",
    "</title><b>",
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\link",
    "\x00\x07\x08\x0b",
    "\u202eevil\u2066",
    "\u2028",
    "\ud800",
    "\udcff",
    "\U000e0041\U000e0042",
    "a" + "\u0301" * 5000,
    "\ufeff\u200b\u00ad",
    "x" * 100_000,
    "\ufffe",
]


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_what_a_student_writes_stays_text(attack):
    book = gradebook(["a", "b", "c"])
    marks, made = class_list(book), environment(book)  # made once: a template takes longer to read than to fill
    clear = [len(Page(student_page(one, marks, made=made)).tags) for one in book.submissions]
    for one in book.submissions:
        one.submission = one.student.__dict__["name"] = attack + one.submission
        for e in one.exercises:
            e.answer, e.lines = LOOP + attack, [attack, attack, attack]
            e.evasions = [attack]
    book.submissions[1].status, book.submissions[1].reason = "rejected", attack
    marks, made = class_list(book), environment(book)
    for i, one in enumerate(book.submissions):
        html = student_page(one, marks, made=made)
        page = Page(html)
        html.encode()
        assert not set(page.tags) & {"script", "img", "b", "iframe", "object", "form", "base"}
        assert len(page.tags) <= clear[i] + 40 and len(html) < 60_000
        assert set(html) & set("\x00\x07\x08\x0b\x1b\u202e\u2066\u2028\ufeff\u200b\ufffe") == set()
    for make in (class_page, difficulty_page, look_alikes_page):
        html = make(marks, made)
        html.encode()
        page = Page(html)
        assert not set(page.tags) & {"img", "b", "iframe", "object", "form", "base"}
        assert page.tags.count("script") == html.count("<script>" + SORTING) == (make is class_page)
        if attack.startswith("{"):
            assert attack in html
        assert len(html) < 120_000


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\nhere", "plain\ttext\nhere"),
        ("\x1b[1;31mred\x1b[0m and \x1b]0;title\x07more", "red and more"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("pdf\u202e.exe", "pdf⟨U+202E⟩.exe"),
        *[(text, text) for text in ("\u0645\u0631\u062d\u0628\u0627 李", "\U0001f468\u200d\U0001f469", "e\u0301")],
        ("\x9b31mred", "⟨U+009B⟩31mred"),
    ],
)
def test_untrusted_text_is_made_visible(text, shown):
    assert clean(text) == shown


def test_the_class_page_counts_what_is_there():
    book = gradebook()
    page = Page(class_page(class_list(book)))
    graded = [one for one in book.submissions if one.status == "graded"]
    refused = len(book.submissions) - len(graded)
    assert f"{len(graded)} notebooks graded, {refused} rejected" in page.text
    for id, title, _ in book.info.exercises:
        results = [e for one in graded for e in one.exercises if e.id == id]
        assert f"{id} {title}" in page.text
        for message in {e.misconception for e in results if e.misconception}:
            assert message.replace("`", "") in page.text
    eights = sum(one.score == 8 for one in graded)
    assert f"8 points: {eights}." in page.text
    assert {f"feedback/{page_name(name)}" for name in NAMES} <= set(page.links)
    assert "softmax reads dl.softmax under another name" in page.text
    assert "12.1: 100 % alike" in page.text
    assert Page(look_alikes_page(class_list(book))).text.count("power / total for power") >= 1
    assert str(book.info.seed) in page.text
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_code_in_a_sentence_is_set_as_code_and_a_sentence_begins_like_one():
    book = gradebook(["a"])
    lines = ["12.1: your answer changed it.", "Work on a copy: `x = x - <b>` makes one."]
    one = SubmissionResult("a", "graded", 8, exercises=[ExerciseResult("12.1", 1, "failed", lines, "t")])
    html = student_page(one, class_list(book))
    assert "<code>x = x - &lt;b&gt;</code>" in html and "Your answer changed it." in html


def test_an_empty_class_and_a_class_of_rejected_ones_have_pages():
    empty = Gradebook(gradebook().info, [])
    assert "0 notebooks graded, 0 rejected" in Page(class_page(class_list(empty))).text
    rejected = Gradebook(gradebook().info, [SubmissionResult("a", "rejected", 8, "It is empty.")])
    assert "It is empty." in Page(class_page(class_list(rejected))).text


def test_every_page_says_when_there_was_no_sandbox():
    book = gradebook(["a", "b"], sandbox=False)
    for html in (class_page(class_list(book)), *(student_page(one, class_list(book)) for one in book.submissions)):
        assert "Graded without the sandbox" in Page(html).text and "<title>NOT SANDBOXED" in html


def test_pages_of_submissions_that_are_gone_are_removed_and_others_are_left(tmp_path):
    write_feedback(class_list(gradebook(["a", "b"])), tmp_path)
    (tmp_path / "feedback" / "notes.html").write_text("mine")
    write_feedback(class_list(gradebook(["a"])), tmp_path)
    names = {path.name for path in (tmp_path / "feedback").iterdir()}
    assert names == {page_name("a"), "notes.html"}


def test_the_words_of_every_misconception_reach_the_student():
    book = gradebook(["a"])
    marks, made = class_list(book), environment(book)
    for id, exercise in list(files.exercises("12").items())[:5]:  # those of the book
        for n, mutant in enumerate(exercise.mutants):
            lines = [f"{id}: tried x", "came back: 3", mutant.message]
            result = ExerciseResult(id, 1, "failed", lines, "t", n, mutant.message)
            one = SubmissionResult("a", "graded", 8, exercises=[result])
            message = mutant.message.replace("`", "")  # what stands in backticks is set as code
            assert f"What that usually means {message}" in Page(student_page(one, marks, made=made)).text


def test_every_system_can_unpack_the_pages():
    """Windows has no files that are called like its old devices, whatever their ending, nor any of these signs."""
    awful = ["CON.ipynb", "nul.ipynb", "com1.old.ipynb", "a\\..\\..\\evil.ipynb", "a:b|c?*.ipynb", "line\nbreak.ipynb"]
    with zipfile.ZipFile(io.BytesIO(feedback_zip(class_list(gradebook(awful))))) as packed:
        names = packed.namelist()
    assert len(names) == len(awful) and {"CON-.html", "nul-.html", "com1-.old.html"} <= set(names)
    for name in names:
        assert not re.search(r'[\\:*?"<>|\x00-\x1f]', name) and not name.startswith(".") and "/" not in name
