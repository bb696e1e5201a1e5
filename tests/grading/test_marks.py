"""One mark for each student, from whatever was handed in, by rules and by hand."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("grading needs a Unix", allow_module_level=True)

from dlcourse.commands.program import main
from dlcourse.grading.asking import CannotGrade
from dlcourse.grading.class_pages import _histogram, class_page, difficulty_page, look_alikes_page
from dlcourse.grading.difficulty import how_hard
from dlcourse.grading.exports import canvas_csv, gradebook_csv, gradescope_json, moodle_csv, students_csv, write_exports
from dlcourse.grading.feedback import student_page
from dlcourse.grading.handed_in import progress_of, submitters, timestamp
from dlcourse.grading.late import late_rule
from dlcourse.grading.marks import ClassList, Mark, Rules, class_list, read_overrides
from dlcourse.grading.results import ExerciseResult, Gradebook, Student, SubmissionResult
from dlcourse.grading.roster import read_roster
from dlcourse.grading.similarity import published, too_short
from dlcourse.lesson import files
from tests.grading.books import gradebook
from tests.grading.test_exports import rows

INFO = gradebook().info
DUE = datetime(2026, 12, 1, 23, 0, tzinfo=UTC)


def work(submission: str, student: Student, right: int = 5, **more: object) -> SubmissionResult:
    """A notebook with the first exercises right."""
    done = SubmissionResult(submission, "graded", 8, student=student, file=submission)
    for k, (id, title, points) in enumerate(INFO.exercises):
        done.exercises.append(ExerciseResult(id, points, "passed" if k < right else "failed", ["tried it"], title))
    for key, value in more.items():
        setattr(done, key, value)
    return done


def other(submission: str, student: Student) -> SubmissionResult:
    return SubmissionResult(submission, "rejected", 8, "It is not a notebook.", student=student)


def canvas(name: str, id: str, number: str, right: int = 5, moment: datetime | None = None) -> SubmissionResult:
    student = Student("canvas", name, id, number, handed_in=moment and moment.timestamp(), clock="file")
    return work(f"{name}_{id}_{number}_12.ipynb", student, right)


def made(*submissions: SubmissionResult, **rules: object) -> ClassList:
    return class_list(Gradebook(INFO, sorted(submissions, key=lambda one: one.submission)), Rules(**rules))  # type: ignore[arg-type]


def only(marks: ClassList) -> Mark:
    [mark] = marks.marks
    return mark


def roster_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding="utf-8")
    return path


# -------------------------------------------------------------------------------------------------------- attempts


def test_every_mark_has_a_place_in_the_picture_of_marks():
    said = _histogram([6.3, 6, 0, -1, 9], 7)["text"]
    assert said == "Students by mark: 0 points: 2; 6 points: 2; 7 points: 1. Parts of points are left out here."
    assert _histogram([6, 7], 7)["text"] == "Students by mark: 6 points: 1; 7 points: 1."
    assert _histogram([25.5, 3], 30)["text"].startswith("Students by mark: 2–3 points: 1; 24–25 points: 1. Parts")


def test_a_second_attachment_and_a_second_attempt_are_one_row_with_the_mark_that_counts():
    ada, alan = Student("canvas", "lovelaceada", "41001"), ("turingalan", "41002")
    submissions = [
        canvas("lovelaceada", "41001", "91001"),
        other("lovelaceada_41001_91002_notes.pdf", ada),
        canvas(*alan, "91003"),
        canvas(*alan, "91004", 0),
    ]
    for attempts, mark in (("latest", "0"), ("best", "8")):
        marks = made(*submissions, attempts=attempts)
        for table, key, grade in ((canvas_csv, "ID", INFO.title), (moodle_csv, "Identifier", "Grade")):
            found = [(row[key].removeprefix("Participant "), row[grade]) for row in rows(table(marks)) if row[key]]
            assert found == [("41001", "8"), ("41002", mark)]
        assert [row["counts"] for row in rows(gradebook_csv(marks))] == [
            "yes",
            "no",
            *(["no", "yes"] if mark == "0" else ["yes", "no"]),
        ]
    told = rows(students_csv(marks))
    assert told[0]["also_handed_in"] == "lovelaceada_41001_91002_notes.pdf"
    page = class_page(marks)
    assert "Not used: <bdi>lovelaceada_41001_91002_notes.pdf" in page and "Another attempt: <a" in page


def test_a_table_of_data_beside_one_notebook_does_not_hide_the_result_from_gradescope(tmp_path):
    data = other("data.csv", Student("file", "data"))
    write_exports(made(work("ada.ipynb", Student("file", "ada")), data), tmp_path)
    assert json.loads((tmp_path / "results.json").read_text())["score"] == 8


def test_the_number_of_an_attempt_is_compared_as_a_number():
    assert only(made(canvas("a", "1", "99", 5), canvas("a", "1", "100", 0))).total == 0


def test_what_could_not_be_graded_does_not_push_aside_what_could():
    good, later = canvas("a", "1", "5", 3), canvas("a", "1", "6")
    later.status, later.exercises = "rejected", []
    marks = made(good, later)
    assert only(marks).counts is good and only(marks).attempts == (later,)
    page = student_page(later, marks)
    assert "Something else that you handed in counts: <bdi>a_1_5_12.ipynb" in page
    assert "Something else" not in student_page(good, marks)


def test_eves_file_name_gives_her_her_own_row_only(tmp_path):
    eve = "Eve Müller_777777_assignsubmission_file_x_123456_assignsubmission_file_.ipynb"
    for name in (eve, "Ada_123456_assignsubmission_file_12.ipynb"):
        (tmp_path / name).write_text("{}")
    from dlcourse.grading.intake import entries

    found = [
        work(entry.submission, entry.student, 5 if entry.student.name == "Ada" else 0) for entry in entries(tmp_path)
    ]
    grades = {row["Identifier"]: row["Grade"] for row in rows(moodle_csv(made(*found)))}
    assert grades == {"Participant 123456": "8", "Participant 777777": "0"}


# ---------------------------------------------------------------------------------------------------------- roster


@pytest.mark.parametrize(
    "text",
    [
        "name,id\nAda Lovelace,41001\nAlan Turing,41002\n",
        '\ufeffStudent;ID;SIS User ID\n    Points Possible;;\n"Lovelace, Ada";41001;u1\nTuring, Alan;41002;u2\n',
        "Last name\tFirst name\tUser ID\nLovelace\tAda\t41001\nTuring\tAlan\t41002\n",
        "Identifier,Full name\nParticipant 41001,Ada Lovelace\nParticipant 41002,Alan Turing\n",
    ],
)
def test_a_roster_says_who_is_who_and_who_is_missing(tmp_path, text):
    roster = read_roster(roster_of(tmp_path, text))
    marks = made(canvas("lovelaceada", "41001", "9"), canvas("eve", "666", "8"), roster=roster)
    assert [(mark.status, mark.total) for mark in marks.marks if mark.person.line] == [("graded", 8), ("missing", None)]
    assert [mark.person.name for mark in marks.strangers] == ["eve"] and "Turing" in marks.missing[0].person.name
    page = class_page(marks)
    assert "<strong>missing</strong>" in page and "<strong>not in the roster</strong>" in page
    assert [row["ID"] for row in rows(canvas_csv(marks))[1:]] == ["41001", "666"]  # nothing for who is missing


def test_staff_and_rows_that_are_nobody_are_not_missing(tmp_path):
    text = "First Name,Last Name,SID,Email,Role\nAda,Lovelace,1,a@x,Student\nCharles,Babbage,2,c@x,Instructor\n"
    assert [one.name for one in read_roster(roster_of(tmp_path, text)).people] == ["Ada Lovelace"]
    text = 'Student,ID\n    Points Possible,\n"Student, Test",9\n"Lovelace, Ada",1\n,\n'
    assert [one.name for one in read_roster(roster_of(tmp_path, text)).people] == ["Lovelace, Ada"]


def test_where_the_platform_gives_numbers_a_name_is_not_believed(tmp_path):
    """A display name is the student's to choose; the number is not."""
    roster = read_roster(roster_of(tmp_path, "Student,ID,SIS User ID\nAda Lovelace,41001,u1\nEve,41666,u2\n"))
    marks = made(canvas("lovelaceada", "41666", "9", 0), canvas("lovelaceada", "41001", "8"), roster=roster)
    assert {mark.person.name: mark.total for mark in marks.marks} == {"Ada Lovelace": 8, "Eve": 0}


def test_two_people_of_one_name_are_told_apart_or_nobody_is_meant(tmp_path):
    roster = read_roster(roster_of(tmp_path, "name,login\nAda Lovelace,ada1\nAda Lovelace,ada2\n"))
    ada, someone = Student("file", "ada2"), Student("file", "Ada Lovelace")
    marks = made(work("ada2.ipynb", ada), work("Ada Lovelace.ipynb", someone, 0), roster=roster)
    assert [(mark.person.login, mark.status) for mark in marks.marks if mark.person.line] == [
        ("ada1", "missing"),
        ("ada2", "graded"),
    ]
    assert len(marks.strangers) == 1


@pytest.mark.parametrize(
    "name", ["ada", "ADA (1)", "Ada Lovelace", "lovelace, ada", "a.l@x.edu", "Ada Lovelace - Copy"]
)
def test_folders_and_files_are_found_by_what_people_call_them(tmp_path, name):
    roster = read_roster(roster_of(tmp_path, "login,first name,last name,email\nada,Ada,Lovelace,a.l@x.edu\n"))
    assert only(made(work("x", Student("folder", name)), roster=roster)).person.login == "ada"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("name\n", "names nobody"),
        ("shoe size\n39\n", "no column says who somebody is"),
        ("name,id\nA,1\nB,1\n", "lines 2 and 3 have the same id, 1"),
        ("name,due\nA,soon\n", "line 2: 'soon' is no time; write it like 2026-12-01T23:59"),
    ],
)
def test_what_is_wrong_with_a_roster_is_said_with_its_line(tmp_path, text, reason):
    with pytest.raises(CannotGrade, match=reason):
        read_roster(roster_of(tmp_path, text))
    with pytest.raises(CannotGrade, match="There is no file"):
        read_roster(tmp_path / "nowhere.csv")
    (tmp_path / "roster.csv").write_bytes("name\nZoë\n".encode("latin-1"))
    with pytest.raises(CannotGrade, match='save it as "CSV UTF-8"'):
        read_roster(tmp_path / "roster.csv")


def test_a_group_has_what_one_of_it_handed_in(tmp_path):
    text = "name,id,userid,group\nAda,41001,,G1\nAlan,41002,,G1\nBob,41003,,\n"
    roster = read_roster(roster_of(tmp_path, text))
    marks = made(canvas("ada", "41001", "9", 5), canvas("alan", "41002", "10", 1), roster=roster)
    assert {mark.person.name: mark.total for mark in marks.marks} == {"Ada": 1, "Alan": 1, "Bob": None}
    lines = (tmp_path / "overrides.csv").write_text(
        "student,score,comment\nAda,8,Ada alone did the work\n"
    ) and read_overrides(tmp_path / "overrides.csv", INFO.exercises)
    marks = made(canvas("ada", "41001", "9", 5), canvas("alan", "41002", "10", 1), roster=roster, overrides=lines)
    assert {mark.person.name: mark.total for mark in marks.marks} == {"Ada": 8, "Alan": 1, "Bob": None}
    shared = student_page(marks.marks[0].counts, marks)  # type: ignore[arg-type]
    assert "Ada alone" not in shared and "a mark of their own" in shared
    assert "Ada alone" in student_page(marks.marks[0].counts, marks, marks.marks[0])  # type: ignore[arg-type]


# ----------------------------------------------------------------------------------------------------- by rule, by hand


def test_late_points_come_off_by_the_rule_and_everybody_may_have_a_deadline_of_their_own(tmp_path):
    roster = read_roster(roster_of(tmp_path, "name,id,due\nAda,1,\nBob,2,2026-12-09\nCyd,3,\n"))
    late = DUE + timedelta(hours=25)
    handed_in = [canvas("ada", "1", "7", 5, late), canvas("bob", "2", "8", 5, late), canvas("cyd", "3", "9", 5, DUE)]
    marks = made(*handed_in, roster=roster, due=DUE, late=late_rule("10% per day"))
    assert {m.person.name: m.total for m in marks.marks} == {"Ada": pytest.approx(6.4), "Bob": 8, "Cyd": 8}
    page = student_page(handed_in[0], marks)
    assert "1.6 points are taken off for handing in 1 day 1 hour late" in " ".join(page.split())
    assert "1 day 1 hour late, 1.6 off (by the time of the file)" in class_page(marks)
    assert rows(canvas_csv(marks))[1][INFO.title] == "6.4"
    assert rows(gradebook_csv(marks))[0]["score"] == "8"  # what was found


def test_the_best_attempt_is_the_best_after_lateness():
    first, second = canvas("a", "1", "7", 4, DUE), canvas("a", "1", "8", 5, DUE + timedelta(days=3))
    mark = only(made(first, second, attempts="best", due=DUE, late=late_rule("1 point per day")))
    assert mark.counts is first and mark.total == 7


def test_marks_and_comments_by_hand_are_shown_as_such_and_what_was_found_stays(tmp_path):
    (tmp_path / "overrides.csv").write_text(
        "\ufeffStudent;Exercise;Score;Comment\nlovelaceada_41001_91001_12.ipynb;12.2;0,5;See <me>\n41002;;3;\n", "utf-8"
    )
    lines = read_overrides(tmp_path / "overrides.csv", INFO.exercises)
    late = DUE + timedelta(hours=1)
    handed_in = [canvas("lovelaceada", "41001", "91001", 1, late), canvas("alan", "41002", "9", 5, late)]
    marks = made(*handed_in, overrides=lines, due=DUE, late=late_rule("1 point"))
    alan, ada = marks.marks
    assert (ada.total, ada.scores["12.2"], ada.by_hand) == (0.5, 0.5, {"12.2"})  # 1 + 0.5, less 1
    assert (alan.total, alan.penalty, alan.by_hand) == (3, 0, {"total"})  # a whole mark by hand is final
    page = student_page(handed_in[0], marks)
    assert "12.2: See &lt;me&gt;" in page and "0.5 of 1, by hand" in page
    assert "0.5 by hand" in class_page(marks) and "Mark by hand, found: 8." in class_page(marks)
    assert "12.2: 0.5 of 1 (by hand)" in moodle_csv(marks)
    assert gradescope_json(ada, marks)["score"] == 0.5
    assert [entry["score"] for entry in marks.gradebook.contract()["submissions"]] == [8, 1]
    assert not marks.unknown and made(overrides=lines).unknown == lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,score\nA,1\n", "must name the columns student"),
        ("student,score\n,1\n", "line 2: it names no student"),
        ("student,exercise,score\nA,13.1,1\n", "line 2: there is no exercise '13.1' here"),
        ("student,exercise,score\nA,12.1,x\n", "line 2: 'x' is no number"),
        ("student,exercise,score\nA,12.1,2\n", "line 2: 2 is not between 0 and 1"),
        ("student,exercise,score\nA,,80\n", "line 2: 80 is not between 0 and 8"),
    ],
)
def test_what_is_wrong_with_a_line_by_hand_is_said(tmp_path, text, reason):
    (tmp_path / "overrides.csv").write_text(text)
    with pytest.raises(CannotGrade, match=reason):
        read_overrides(tmp_path / "overrides.csv", INFO.exercises)


@pytest.mark.parametrize(
    "rule", ["", "10", "10% per fortnight", "at most 50%", "ten points", "-1 point", "10% per day per day"]
)
def test_what_is_no_rule_is_refused(rule):
    with pytest.raises(ValueError, match="is no rule; write for instance"):
        late_rule(rule)


# ------------------------------------------------------------------------------------ times, and progress files


def test_times_are_read_as_platforms_write_them(tmp_path):
    assert timestamp("2026-12-01 23:00:00.5 UTC") == DUE.timestamp() + 0.5
    assert timestamp("2026-12-01 23:00:00 Z") == timestamp("2026-12-01T15:00:00-08:00") == DUE.timestamp()
    assert timestamp("2026-12-02 00:00:00 Europe/Berlin\n") == DUE.timestamp()
    for text in (
        "",
        "soon",
        "2026-13-01 00:00:00",
        "2026-12-01 00:00:00 Atlantis/Deep",
        "2026-12-01 00:00:00 ../../etc",
    ):
        with pytest.raises(ValueError):
            timestamp(text)
    metadata = tmp_path / "submission_metadata.yml"
    for damage in ("", "[", "- 1", "a: 1", "a:\n  :submitters: []", "!!python/object/apply:os.system ['true']"):
        metadata.write_text(damage)
        assert submitters(metadata) == {}
    assert submitters(tmp_path / "nowhere") == {}
    os.mkfifo(tmp_path / "pipe")
    assert submitters(tmp_path / "pipe") == {}
    metadata.write_text(
        "---\nsubmission_7:\n  :submitters:\n  - :name: Zoë\n    :sid: '007'\n    :email: z@x.edu\n"
        "  :created_at: 2026-12-01 23:00:00.25 Z\n  :results: !ruby/object:Any\n"
        "    a: !ruby/array:Of [1]\n    b: !x y\n",
        encoding="utf-8",
    )
    expected = Student(
        "gradescope", "Zoë", "007", "7", email="z@x.edu", handed_in=DUE.timestamp() + 0.25, clock="Gradescope"
    )
    assert submitters(metadata) == {"submission_7": expected}


def test_a_progress_file_is_read_and_not_believed():
    content = b"""{"exercises": {
        "12.1": {"began_at": 100, "passed_at": 400, "attempts": 3, "hints": -1, "passed": true},
        "12.2": {"began_at": 1e99, "passed": "yes"}, "12.3": [], "02.1": {"attempts": 1}, "12.<b>": {"attempts": 2}},
        "choices": {}}"""
    found = progress_of(content, "12")
    assert found == {"12.1": {"attempts": 3, "passed": 1, "seconds": 300}, "12.2": {}, "12.<b>": {"attempts": 2}}
    for damage in (b"", b"[]", b'{"exercises": []}', b"[" * 99_999):
        assert progress_of(damage, "12") == {}


# ------------------------------------------------------------------------------------------------------------ how hard


def test_how_hard_it_was_shows_the_code_of_answers_that_got_no_name_once():
    handed_in = []
    for i in range(6):
        one = canvas(f"student{i}", str(i), "9", 5)
        if i < 3:
            one.exercises[0].outcome = "failed"
            one.exercises[0].answer = f"def softmax(Z):  # mine, {i}\n    s{i} = Z * 2\n    return s{i} < 3"
        if i == 3:
            one.exercises[0].outcome, one.exercises[0].misconception = "failed", "You divided by `n`."
        if i > 3:
            one.progress = {"12.1": {"passed": 1, "attempts": i - 2, "hints": 0, "seconds": 60 * i}}
        handed_in.append(one)
    marks = made(*handed_in)
    first, *rest = how_hard(marks)
    assert (first.tried, first.counts["passed"], first.named, first.unexplained) == (6, 2, 1, 3)
    assert first.misconceptions == [("You divided by `n`.", 1)] and first.minutes == [4.0, 5.0]
    [unnamed] = first.unnamed
    assert len(unnamed.submissions) == 3 and all(not one.unnamed for one in rest)
    page = difficulty_page(marks)
    assert page.count("s0 = Z * 2") == 1 and "s1 = Z" not in page and "3 submissions, failed: tried it" in page
    assert "a median of 4.5 minutes" in page and "12.1: 2 passed, 1 with a known misconception, 3 wrong" in page


def test_published_answers_are_listed_letter_for_letter_or_nearly():
    exercises = {id: files.exercises("12")[id] for id, _, _ in INFO.exercises}
    copied, renamed, own = (canvas(name, name, "9") for name in ("copied", "renamed", "own"))
    for k, e in enumerate(exercises.values()):
        copied.exercises[k].answer = f"\n{e.source()}\n\n"
        renamed.exercises[k].answer = e.source().replace("Z", "scores").replace('"""', "'''").replace("  # ", " #")
        own.exercises[k].answer = f"def {e.name}(*given):\n    return helper(given, {k})"
    found = {one.submission: one for one in published(Gradebook(INFO, [copied, renamed, own]))}
    assert found["copied_copied_9_12.ipynb"].same == tuple(exercises)
    other = found["renamed_renamed_9_12.ipynb"]
    short = too_short("12")  # where most right answers are written like the published one, nearly says nothing
    assert set(other.same) | set(other.nearly) == set(exercises) - set(short) and other.nearly and "12.2" in short
    assert len(found) == 2
    page = class_page(made(copied, renamed, own))
    assert f"5 of 5: {', '.join(exercises)}" in page


def test_a_package_that_the_grader_lacks_is_told_to_the_student_and_to_the_instructor():
    from dlcourse.grading.class_run import say_what_is_lacking
    from dlcourse.grading.telling import summary
    from dlcourse.lesson.judging import judge
    from dlcourse.lesson.running import observe_answer

    exercise = files.exercises("12")["12.1"]
    cases, ada = exercise.draw(3), canvas("ada", "1", "9", 0)
    source = f"import no_such_package.part as x\n{exercise.source()}"
    verdict = judge(exercise, cases, observe_answer(source, exercise.name, exercise.observer, cases, exercise="12.1"))
    ada.exercises[0].outcome, ada.exercises[0].lines = verdict.outcome, list(verdict.lines)
    say_what_is_lacking(ada, (0, 0))
    assert ada.lacking == ["no_such_package"] and len(ada.exercises[0].lines) <= 3
    page = student_page(ada, made(ada))
    assert "The grader has no no_such_package: leave the import out, or ask your instructor" in page
    assert "Use what the setup cell imports" not in page
    assert "no_such_package (1)" in class_page(made(ada)) and "no_such_package (1)" in summary(made(ada), Path("out"))


def test_an_anonymous_page_of_look_alikes_names_nobody():
    from tests.grading.books import LOOP

    ada, bob = canvas("lovelaceada", "41001", "9"), canvas("bobson", "41002", "9")
    for one, text in ((ada, "  # by Ada Lovelace\n"), (bob, "\n")):
        one.exercises[0].answer = LOOP.replace(":\n", f":{text}", 1).replace("top = ", "'Lovelace'; top = ")
    named, anonymous = (look_alikes_page(made(ada, bob, anonymous=yes)) for yes in (False, True))
    assert "<bdi>lovelaceada</bdi>; <bdi>bobson</bdi>" in named or "<bdi>bobson</bdi>; <bdi>lovelaceada</bdi>" in named
    assert "100 % alike" in anonymous
    for secret in ("lovelace", "Lovelace", "bobson", "4100", "feedback/", "class.html"):
        assert secret not in anonymous
    assert "Student 001" in anonymous and "power / total for power" in anonymous
    pair = "12.1: 100 % alike:"
    shown = [class_page(made(ada, bob, anonymous=yes)).partition(pair)[2][:200] for yes in (False, True)]
    assert "lovelaceada" in shown[0] and "lovelaceada" not in shown[1] and "2 submissions" in shown[1]


def test_nobody_looks_like_their_own_other_attempt():
    from tests.grading.books import LOOP

    first, second = canvas("ada", "1", "9"), canvas("ada", "1", "10")
    for one in (first, second):
        one.exercises[0].answer = LOOP
    assert "alike</h2>" not in look_alikes_page(made(first, second))


# ----------------------------------------------------------------------------------------------------- once more


def test_what_is_to_be_graded_anew_is_one_student_or_one_exercise(tmp_path, capsys):
    from dlcourse.grading.class_run import Request, merged, run_info
    from dlcourse.grading.gradebook import Records
    from tests.grading.corpus import Book

    request = Request("12", tmp_path / "in", tmp_path / "out", seed=5)
    request.submissions.mkdir()
    request.output.mkdir()
    content = Book("12").bytes()
    records = Records(request.output, run_info(request))
    for name in ("ada.ipynb", "bob.ipynb"):
        (request.submissions / name).write_bytes(content)
        records.add(work(name, Student("file", name[:3]), 3, sha256=hashlib.sha256(content).hexdigest()))
    records.finish()
    words = ["grade", "12", str(request.submissions), "-o", str(request.output), "--dry-run"]
    for regrade, again in (
        ("", []),
        ("ada", ["ada"]),
        ("bob.ipynb", ["bob"]),
        ("12.3", ["ada", "bob"]),
        ("all", ["ada", "bob"]),
    ):
        assert main([*words, "--regrade", regrade]) == 0
        said = capsys.readouterr().out
        for name in ("ada", "bob"):
            fate = "would be graded" if name in again else f"graded already, 5 of {records.info.max_score}"
            assert f"{name}: {name}.ipynb, {fate}" in said
    assert main([*words, "--regrade", "12.9"]) == 1 and "nobody handed in as that" in capsys.readouterr().err

    earlier, anew = work("ada.ipynb", Student(), 2), work("ada.ipynb", Student(), 5)
    assert [e.outcome for e in merged(anew, earlier, "12.3").exercises] == ["passed"] * 3 + ["failed"] * 2
    assert merged(anew, earlier, "ada") is anew and merged(anew, None, "12.3") is anew


def test_a_line_by_hand_that_fits_nobody_stops_the_run_before_it_begins(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.ipynb").write_text("{}")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "overrides.csv").write_text("student,score\nada,3\nadda,3\n")
    assert main(["grade", "12", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--dry-run"]) == 1
    assert "overrides.csv, line 3: 'adda' fits nobody, or two" in capsys.readouterr().err
