"""What a notebook talks to, and what an answers file is written with.

A notebook uses ``open_lesson``; ``lessons/backstage/lesson_NN/exercises.py`` uses ``exercise``, ``function_of``,
``prediction`` and ``question``. How it fits together, in the order in which a check runs:

``files``        where the lessons and their answers are
``exercises``    an exercise is data: reference, mutants, cases, hints
``cases``        the values that cases are made of
``running``      runs a learner's cell and observes it; in grading this half is in the student's process
``values``       values to JSON and back, and the one comparison
``judging``      observations to a verdict in plain words; in grading this half stays outside
``editing``      every small edit of a program
``explaining``   why it is wrong, found out by running such edits; where the learner's own code may run
``practice``     problems by hand, drawn from a seed; a family of them is data, in its lesson's room
``on_screen``    the cells that were run, and whether the page shows others by now
``home``         the course page
``progress``     what the learner has done, in a local file
``notebook``     the ``lesson`` object: predict, show, check, hint, given, solution, practice, quiz, progress
"""

from dlcourse.lesson.cases import function_of
from dlcourse.lesson.exercises import Exercise, exercise, prediction, question
from dlcourse.lesson.explaining import diagnose
from dlcourse.lesson.notebook import Lesson, open_lesson

__all__ = ["Exercise", "Lesson", "diagnose", "exercise", "function_of", "open_lesson", "prediction", "question"]
