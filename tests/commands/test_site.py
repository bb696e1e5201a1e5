"""`dlcourse site`, and `nbconvert` of a lesson: what a page without a kernel holds; tests/browser plays it."""

from __future__ import annotations

import html.parser
import importlib.util
import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter, LatexExporter, MarkdownExporter, SlidesExporter

from dlcourse.commands import program, publishing, site
from dlcourse.commands.errors import CommandError
from dlcourse.commands.serving import ASIDE, WIDGET_VIEW
from dlcourse.commands.stills import with_stills
from dlcourse.lesson import files
from tests.conftest import EVERYTHING

ROOT = Path(__file__).resolve().parents[2]
LESSON = "02"
SHORT = 14  # cells: what one export is tried with is like the rest


class Reader(html.parser.HTMLParser):
    """What a page loads, where it leads, its headings, ids, pictures and records."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.alts: list[str] = []
        self.records: list[Any] = []
        self.inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attributes}
        self.loads += [has[name] for name in ("src", "data", "poster") if name in has]
        if "href" in has:
            (self.leads if tag == "a" else self.loads).append(has["href"])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if "id" in has:
            self.ids.append(has["id"])
        if tag == "img":
            self.alts.append(has.get("alt", ""))
        self.inside = tag == "script" and has.get("type") == "application/json"

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.records.append(json.loads(data))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("site") / "pages"
    chosen = [] if EVERYTHING else [LESSON]
    command = ["site", *chosen, "-o", str(folder), "--repository", "https://github.com/me/course"]
    assert program.main(command) == 0
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.*")}


def lessons(pages: dict[str, str]) -> dict[str, str]:
    return {name[:2]: text for name, text in pages.items() if re.match(r"\d\d_", name)}


def test_a_page_loads_what_lies_beside_it_and_its_links_lead_somewhere(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        if not name.endswith(".html"):
            continue
        page = Reader(text)
        assert [u for u in page.loads if not u.startswith("data:") and u not in pages] == [], name
        inside = [u for u in page.leads if not u.startswith("https://")]
        assert [u for u in inside if u.partition("#")[0] not in ("", *pages)] == [], name
        assert [u for u in inside if u.startswith("#") and u[1:] not in page.ids] == [], name
        assert len(page.ids) == len(set(page.ids)), "an id is an address"
    for name in ("assets/figures.css", "assets/page.css", "assets/figures.js"):
        assert "@import" not in pages[name] and "url(http" not in pages[name]


def test_a_lesson_is_there_with_its_formulas_hints_and_outputs_and_without_its_answers(pages: dict[str, str]) -> None:
    for number, text in lessons(pages).items():
        page = Reader(text)
        assert page.levels[0] == 1 and page.levels.count(1) == 1
        assert all(b <= a + 1 for a, b in zip(page.levels, page.levels[1:], strict=False)), "no level is left out"
        assert "<math" in text and not re.search(r"\$[^$<>{}]*\\\w+[^$<>]*\$", text)
        for exercise in files.exercises(number).values():
            assert text.count(f"Exercise {exercise.id}") >= 1
            assert text.count("<summary>Hint 1</summary>") == len(files.exercises(number))
            answer = exercise.source().strip().splitlines()[-1].strip()
            stub = files.stub(exercise.id)
            given = "\n".join(cell["source"] for cell in files.cells(number))
            assert answer in stub or answer in given or answer not in text, f"{exercise.id} gives its answer away"
        assert "lesson.check(" not in text


def test_each_picture_has_words_and_each_record_a_sentence_for_every_step(pages: dict[str, str]) -> None:
    for number, text in lessons(pages).items():
        page = Reader(text)
        assert page.alts and all(len(alt) > 30 for alt in page.alts), number
        figures = [record for record in page.records if "said" in record]
        shown = sum(cell["source"].count("lesson.show(") for cell in files.cells(number))
        assert len(figures) >= shown - 2, "all but graphs of one's own"
        for record in figures:
            assert len(record["said"]) == record["state"]["last_frame"] + 1 and all(record["said"])
        assert [r for r in page.records if r.get("questions")], "the quiz answers, too"


def test_the_front_page_lists_the_lessons_and_where_to_run_them(pages: dict[str, str]) -> None:
    for number in lessons(pages):
        about = files.about(number)
        assert about["title"] in pages["index.html"] and f"{about['minutes']} minutes" in pages["index.html"]
        name = files.notebook(number).name
        assert f"https://mybinder.org/v2/gh/me/course/HEAD?urlpath=lab/tree/lessons/{name}" in pages["index.html"]
        assert f"https://colab.research.google.com/github/me/course/blob/HEAD/lessons/{name}" in pages["index.html"]
    assert "tangent" in pages["reference.html"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(command in readme for command in site.COMMANDS)


def test_a_course_that_nobody_published_has_no_links_to_run_it() -> None:
    for where in ("", "https://example.org/course"):
        front = dict(site.site_files([], where))["index.html"]
        assert "mybinder" not in front and "colab" not in front and site.COMMANDS[0].split()[0] in front
    assert not publishing.is_named("https://github.com/OWNER/REPO") and publishing.repository()


def test_the_readme_has_both_badges_for_each_lesson_and_fetches_no_picture() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in files.notebooks():
        for url in publishing.run_places(publishing.repository(), path.name).values():
            assert f"]({url})" in readme
    pictures = re.findall(r"!\[[^]]*\]\((.*?)\)|^\[(?:binder|colab)\]: (.*)", readme, re.MULTILINE)
    pictures = [one or other for one, other in pictures]
    assert pictures and [p for p in pictures if not (ROOT / p).is_file()] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["77"], "There is no lesson 77"), ([], "is no site of this course"), (["two"], "no lesson 'two'")],
)
def test_what_cannot_be_written_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    (tmp_path / "mine.txt").write_text("do not touch")
    assert program.main(["site", *arguments, "-o", str(tmp_path)]) == 1
    assert said in capsys.readouterr().err and [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_is_missing_is_named_with_the_extra_that_brings_it() -> None:
    with pytest.raises(CommandError, match=r"pip install 'dlcourse\[lite\]'"):
        site.need({"a_package_that_nobody_has": "lite"})


@pytest.mark.slow
def test_a_jupyterlite_has_the_lessons_and_the_wheel(tmp_path: Path) -> None:
    if importlib.util.find_spec("jupyterlite_core") is None:
        pytest.skip("the extra lite is not installed")  # 16 MB for one test: .ci/run does without
    assert program.main(["site", "00", "-o", str(tmp_path / "pages"), "--lite"]) == 0
    lite = tmp_path / "pages" / "lite"
    assert (lite / "lab" / "index.html").is_file()
    assert sorted(p.name for p in (lite / "files").glob("*.ipynb")) == sorted(p.name for p in files.notebooks())
    lesson = json.loads((lite / "files" / "00_start_here.ipynb").read_text(encoding="utf-8"))
    assert all(isinstance(cell["source"], str) for cell in lesson["cells"]), "it would show commas between lines"
    assert [p.name[:9] for p in (lite / "pypi").glob("*.whl")] == ["dlcourse-"]
    page = next((tmp_path / "pages").glob("00_*.html")).read_text(encoding="utf-8")
    assert "lite/lab/index.html?path=00_start_here.ipynb" in page and "has not been tried" in page


# -------------------------------------------------------------------------------------------- nbconvert


def released(cells: int = SHORT) -> Any:
    notebook: Any = nbformat.read(files.notebook(LESSON), as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells = notebook.cells[:cells]
    return notebook


def executed() -> Any:
    """As a front end without our server extension saves it: with live views, which no page can show."""
    notebook = released()
    for k, output in enumerate(o for cell in notebook.cells for o in cell.get("outputs", []) if "data" in o):
        output.data[WIDGET_VIEW] = {"model_id": f"m{k}", "version_major": 2, "version_minor": 0}
        output.metadata[ASIDE] = {"model_id": f"m{k}"}
    return notebook


def as_the_wheel_sets_it() -> Any:
    from traitlets.config import Config

    text = (ROOT / "dlcourse/commands/jupyter/nbconvert.json").read_text(encoding="utf-8")
    return Config(json.loads(text))


@pytest.mark.parametrize("make", [released, executed])
def test_nbconvert_to_html_shows_picture_words_and_what_plays(make: Any) -> None:
    text, _ = HTMLExporter(config=as_the_wheel_sets_it()).from_notebook_node(make())
    assert text.count('class="dlcourse-still"') == 3  # two questions, and the walk down
    assert "No description has been provided" not in text and "Error displaying widget" not in text
    assert '"model_id": "m0"' not in text
    assert re.search(r'<img [^>]*alt="[^"]{60,}"', text)
    assert text.count("const dlcourse = {}") == 1
    page = Reader(text)
    assert [u for u in page.loads if not u.startswith("data:")] == [], "nothing is fetched"
    assert "<math" in text and r"\\eta" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_nbconvert_to_slides_has_slides_and_pages_below_them() -> None:
    text, _ = SlidesExporter(config=as_the_wheel_sets_it()).from_notebook_node(released(24))
    assert text.count("<section>") + text.count("<section ") > 12
    assert text.count("<details>") == text.count("</details>") > 0
    assert "<math" in text and 'src="data:,"' in text
    assert "overflow-y: auto" in text.partition(".reveal .slides section:not(.stack)")[2][:90], "tall figures scroll"


@pytest.mark.parametrize("make", [released, executed])
def test_nbconvert_to_markdown_has_each_picture_with_its_words_and_the_sentence_below(make: Any) -> None:
    text, resources = MarkdownExporter(config=as_the_wheel_sets_it()).from_notebook_node(make())
    figures = [o for cell in released().cells for o in cell.get("outputs", []) if "image/png" in o.get("data", {})]
    assert len(resources["outputs"]) == len(figures) > 0
    for file, figure in zip(resources["outputs"], figures, strict=True):
        [(words, below)] = re.findall(rf"!\[(.+)\]\(<{file}>\)\s+(.+)", text)
        assert words.replace("\\", "") == figure.metadata["image/png"]["alt"]
        assert below.replace("\\", "") == figure.data["text/plain"]
    assert "![png]" not in text


@pytest.mark.parametrize("lesson", files.numbers())
def test_each_hint_is_a_paragraph_in_markdown_and_in_latex(lesson: str) -> None:
    before = nbformat.read(files.notebook(lesson), as_version=4)
    hints = re.findall(r"<summary>(.*?)</summary>(.*?)</details>", "\n".join(c.source for c in before.cells), re.DOTALL)
    assert len(hints) >= 6
    for exporter in (MarkdownExporter, LatexExporter):
        made = exporter(config=as_the_wheel_sets_it())
        notebook, _ = made._preprocess(nbformat.from_dict(before), made._init_resources({}))
        text = "\n\n".join(cell.source for cell in notebook.cells)
        assert ("<details" in text) == (exporter is MarkdownExporter)
        form = "<details><summary>{}</summary>\n\n{}\n\n</details>" if exporter is MarkdownExporter else "**{}**\n\n{}"
        for name, hint in hints:
            assert f"\n\n{form.format(name, hint.strip())}\n\n" in f"\n\n{text}\n\n"
        bare = [
            re.sub(r"</?(?:details|summary)>|\*\*|\s", "", words)
            for words in ("".join(c.source for c in before.cells), text)
        ]
        assert bare[0] == bare[1], "nothing is lost"


def test_below_a_picture_in_latex_stands_its_sentence() -> None:
    """The notebook that LaTeX is made of; what pandoc makes of it is looked at below, where there is one."""
    exporter = LatexExporter(config=as_the_wheel_sets_it())
    notebook, _ = exporter._preprocess(executed(), exporter._init_resources({}))
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", []) if "data" in o]
    pictures = [k for k, output in enumerate(outputs) if "image/png" in output.data]
    assert pictures and not any(WIDGET_VIEW in output.data for output in outputs)
    for k in pictures:
        assert outputs[k + 1].data["text/markdown"].replace("\\", "") == outputs[k].data["text/plain"]


def test_nbconvert_to_latex_has_the_picture_and_the_words() -> None:
    if shutil.which("pandoc") is None:
        pytest.skip("pandoc is not installed (apt install pandoc)")  # nbconvert asks for it: .ci/run does without
    text, resources = LatexExporter(config=as_the_wheel_sets_it()).from_notebook_node(executed())
    assert "includegraphics" in text or "adjustimage" in text
    assert [name for name in resources["outputs"] if name.endswith(".png")]


def test_a_notebook_that_is_no_lesson_is_left_alone() -> None:
    from dlcourse.commands.stills import Stills

    output = nbformat.v4.new_output("display_data", {"image/png": "aaaa", "text/plain": "a"})  # type: ignore[no-untyped-call]
    cell = nbformat.v4.new_code_cell("x", outputs=[output])  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    before = json.dumps(notebook)
    after, _ = Stills().preprocess(notebook, {})
    assert json.dumps(after) == before


def test_a_cell_that_was_changed_after_it_ran_keeps_its_picture() -> None:
    notebook = released()
    cell = next(cell for cell in notebook.cells if "lesson.show(" in cell.source)
    cell.source += '\nlesson.show("dial")'
    with_stills(notebook)
    page = next(o.data["text/html"] for o in cell.outputs if "image/png" in o.get("data", {}))
    assert "dlcourse-still" not in page and 'alt="' in page
