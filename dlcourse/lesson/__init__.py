"""What a notebook talks to, and what an answers file is written with.

A notebook uses ``open_lesson``; ``lessons/answers/lesson_NN.py`` uses ``exercise``, ``function_of``,
``prediction`` and ``question``. How it fits together, in the order in which a check runs:

``library``      where the lessons and their answers are
``exercises``    an exercise is data: reference, mutants, cases, hints
``literals``     the values that cases are made of
``answering``    runs a learner's cell and observes it; in grading this half is in the student's process
``observation``  values to JSON and back, and the one comparison
``judging``      observations to a verdict in plain words; in grading this half stays outside
``classroom``    the ``lesson`` object: predict, show, check, hint, given, solution, quiz, progress
"""

from dlcourse.lesson.classroom import Lesson, open_lesson
from dlcourse.lesson.exercises import Exercise, exercise, prediction, question
from dlcourse.lesson.literals import function_of

__all__ = ["Exercise", "Lesson", "exercise", "function_of", "open_lesson", "prediction", "question"]
