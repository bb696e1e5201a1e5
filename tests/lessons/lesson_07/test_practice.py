"""The practice of lesson 07: each order is computed once more, node by node, by somebody who only looks at arrows."""

from __future__ import annotations

from itertools import permutations

from dlcourse.lesson import files
from dlcourse.lesson.practice import Problem, judge


def order_to_compute_in(problem: Problem) -> dict[str, str]:
    """Each time the last in the alphabet of those that are ready."""
    needs, done = problem.given["needs"], []
    while len(done) < len(needs):
        done.append(max(name for name in needs if name not in done and set(needs[name]) <= set(done)))
    return dict(zip((box.name for box in problem.boxes), done, strict=True))


second_way = {"07.order": order_to_compute_in}


def test_an_order_is_right_exactly_if_each_node_comes_after_what_it_needs():
    for seed in range(4):
        problem = files.practice("07")["07.order"].problem(seed, seed % 2)
        needs = problem.given["needs"]
        for row in permutations(needs):
            settled: dict[str, str] = {}
            for box, name in zip(problem.boxes, row, strict=True):
                if judge(problem, box, name, settled).verdict != "right":
                    break
                settled[box.name] = name
            valid = all(set(needs[name]) <= set(row[:k]) for k, name in enumerate(row))
            assert (len(settled) == len(row)) == valid


def test_what_is_right_in_one_box_leaves_an_order_for_the_others():
    problem = files.practice("07")["07.order"].problem(1, 1)
    needs, last = problem.given["needs"], problem.boxes[-1]
    ends = [name for name in needs if not any(name in other for other in needs.values())]
    said = {name: judge(problem, last, name, {}).verdict for name in needs}
    assert [name for name, verdict in said.items() if verdict == "right"] == ends


def test_what_is_said_of_a_wrong_place_is_true_of_the_graph():
    for seed in range(12):
        problem = files.practice("07")["07.order"].problem(seed, seed % 3)
        needs = problem.given["needs"]
        for k, box in enumerate(problem.boxes):
            for name in needs:
                told = judge(problem, box, name, {})
                if told.verdict == "right":
                    continue
                if told.message.startswith("That is too late"):
                    users = [one for one in needs if name in problem.order._before(one)]
                    assert all(one in told.message for one in users) and len(users) > len(needs) - 1 - k
                else:
                    before = problem.order._before(name)
                    assert f"{name} needs " in told.message and f"number {len(before) + 1} at the" in told.message
                    assert all(one in told.message for one in before) and k < len(before)
