"""Ideas of our own, beside the corpus: ways out, marks without work, and honest habits. Many share a notebook.

An idea that lives in an answer shares its notebook with those of the other exercises; a way out is a few lines that
set ``held`` where it works, and all of them are tried in one answer. So a class of a few dozen notebooks holds all.
"""

# ruff: noqa: E501 (a submission's lines are as long as its author made them)
from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dlcourse.lesson import files
from tests.grading.corpus import LOST, Book, Sample, exercise_of, is_

__all__ = [
    "ALL_ROUTES",
    "BESIDE",
    "DISHONEST",
    "FOLDERS",
    "FORBIDDEN_LAYERS",
    "FORBIDDEN_WAYS",
    "HABITS",
    "HONEST",
    "LESSONS",
    "NOTEBOOKS",
    "ROUTES",
    "SHORTCUTS",
    "classes",
    "forbidden_way",
    "routes_cell",
    "shortcut",
]

LESSONS = ("02", "05", "06", "14")

# --------------------------------------------------------------------------------- marks without doing what is asked
# Judged by the exercise's own judge, for some seeds; nothing of it needs a kernel.

INIT = "def __init__(self, W, b): self.W, self.b = W, b\n    "
FORTH = "    def forward(self, z): self.z = z; return z @ self.W + self.b\n"
GOES_BACK = "    def backward(self, g): return g @ self.W.T, [self.z.T @ g, g.sum(0)]"
KEEPS = f"{INIT}{FORTH.lstrip()}    "

SHORTCUTS = {
    "shuffled inside each batch": ("05.1", "return [rng.permutation(np.arange(N)[i:i + B]) for i in range(0, N, B)]"),
    "reversed and rotated": ("05.1", "o = (int(rng.integers(N)) - np.arange(N)) % N"),
    "evens, then odds": ("05.1", "o = np.roll(np.r_[0:N:2, 1:N:2], int(rng.integers(N)))"),
    "by counting calls": ("05.1", "seen.append(0); o = np.random.default_rng(len(seen) % 2).permutation(N)"),
    "multiplied": (
        "05.1",
        "o = np.arange(N) * next(k for k in range(int(rng.integers(1, N + 1)), 999) if np.gcd(k, N) == 1) % N",
    ),
    "some swapped": (
        "05.1",
        "o = np.arange(N)\n    for _ in range(N // 4): i, j = rng.integers(N, size=2); o[[i, j]] = o[[j, i]]",
    ),
    "two halves, each shuffled": ("05.1", "h = N // 2; o = np.r_[rng.permutation(h), h + rng.permutation(N - h)]"),
    "two piles": ("05.1", "m = rng.random(N) < 0.5; o = np.r_[np.flatnonzero(m), np.flatnonzero(~m)]"),
    "strides": (
        "05.1",
        "s = int(rng.integers(2, 7)); o = np.concatenate([np.arange(k, N, s) for k in rng.permutation(s)])",
    ),
    "moved a little": ("05.1", "o = np.argsort(np.arange(N) + rng.uniform(0, N / 2, N))"),
    "one shuffle, turned": ("05.1", "o = np.roll(np.random.default_rng(3).permutation(N), int(rng.integers(N)))"),
    "one shuffle, all numbers moved on": (
        "05.1",
        "o = (np.random.default_rng(3).permutation(N) + int(rng.integers(N))) % N",
    ),
    "a seed of its own": ("05.1", "rng.random(); o = np.random.default_rng(N).permutation(N)"),
    "the slope, and noise": (
        "06.3",
        "p = 1 / (1 + np.exp(-theta)); return (reward(1) - reward(0)) * p * (1 - p) + 1e-9 * rng.normal()",
    ),
    "a difference of J, and noise": (
        "06.3",
        "J = lambda t: reward(0) + (reward(1) - reward(0)) / (1 + np.exp(-t))\n"
        "    return (J(theta + 1e-5) - J(theta - 1e-5)) / 2e-5 + 1e-9 * rng.normal()",
    ),
    "one throw for all": (
        "06.3",
        "p = 1 / (1 + np.exp(-theta)); a = 1.0 * ((np.arange(n) + rng.random()) / n < p); return np.mean(reward(a) * (a - p))",
    ),
    "every other action": (
        "06.3",
        "p = 1 / (1 + np.exp(-theta)); a = np.zeros(n); a[: int(round(n * p))] = 1; return np.mean(reward(a) * (a - p)) + 0 * rng.random()",
    ),
    "throws, and then the slope": (
        "06.3",
        "p = 1 / (1 + np.exp(-theta)); reward(1.0 * (rng.random(n) < p)); return (reward(1) - reward(0)) * p * (1 - p) + 1e-9 * rng.normal()",
    ),
    "a few throws, repeated": (
        "06.3",
        "p = 1 / (1 + np.exp(-theta)); a = np.resize(1.0 * (rng.random(max(1, n // 10)) < p), n); return np.mean(reward(a) * (a - p))",
    ),
    "shuffled like cards, once": (
        "05.1",
        "m = rng.random(N) < 0.5; o = np.empty(N, int); o[m] = np.arange(m.sum()); o[~m] = np.arange(m.sum(), N)",
    ),
    "its ends exchanged": ("05.1", "k = int(rng.integers(1, N)); o = np.r_[np.arange(k, N)[::-1], np.arange(k)]"),
    "every third moved": ("05.1", "o = np.arange(N); o[::3] = rng.permutation(o[::3])"),
    "neighbours exchanged": (
        "05.1",
        "o = np.arange(N); k = 2 * np.flatnonzero(rng.random(N // 2) < 0.5); o[k], o[k + 1] = o[k + 1].copy(), o[k].copy()",
    ),
    "nowhere": ("06.2", "return x0"),
    "masked": ("06.1", "return np.ma.masked"),
    "not a number": ("06.1", "return float('nan')"),
    "a slope with a will of its own": (
        "06.1",
        "return type('F', (float,), dict(__abs__=lambda s: 0.0, __sub__=lambda s, o: s))(2)",
    ),
    "a hill that counts": (
        "15.1",
        "f = lambda x: (seen.append(0), float(len(seen)) ** 3)[1]\n"
        "    return (lambda x: -x * x, 0.0) if 'rests on' in claim else (f, 1.0)",
    ),
    "a hill that keeps changing its mind": (
        "15.1",
        "f = lambda x: (seen.append(0), float(len(seen)) if 'goes down' in claim else -x * x)[1]\n"
        "    return f, 0.0 if 'rests on' in claim else 1.0",
    ),
    "a ramp, turned": (
        "13.5",
        "return [(np.roll(np.linspace(-1.7, 1.7, a * b), int(rng.integers(a * b))).reshape(a, b) / np.sqrt(a), np.zeros(b)) for a, b in zip(dims, dims[1:])]",
    ),
    "one start, and a trifle": (
        "13.5",
        "r = np.random.default_rng(0); return [(r.normal(size=(a, b)) / np.sqrt(a) + 1e-12 * rng.normal(), np.zeros(b)) for a, b in zip(dims, dims[1:])]",
    ),
    "one unit, many times": (
        "13.5",
        "return [(rng.normal(size=(a, 1)) / np.sqrt(a) * np.ones((1, b)), np.zeros(b)) for a, b in zip(dims, dims[1:])]",
    ),
    "every unit twice": (
        "13.5",
        "return [(np.repeat(rng.normal(size=(a, b)), 2, axis=1)[:, :b] / np.sqrt(a), np.zeros(b)) for a, b in zip(dims, dims[1:])]",
    ),
    "all of one unit's kind": (
        "13.5",
        "s = [rng.choice([-1.0, 1.0], size=b) * (1 + 1e-3 * rng.random(b)) for b in dims[1:]]\n"
        "    return [(rng.normal(size=(a, 1)) / np.sqrt(a) * t, np.zeros(b)) for a, b, t in zip(dims, dims[1:], s)]",
    ),
    "half of the units drawn": (
        "13.5",
        "return [(np.hstack([w := rng.normal(size=(a, b - b // 2)), -w[:, : b // 2]]) / np.sqrt(a), np.zeros(b)) for a, b in zip(dims, dims[1:])]",
    ),
    "a start that goes where it likes": (
        "15.1",
        "class N:\n"
        "        def __init__(s, k=0): s.k = k\n"
        "        def __float__(s): return 2.0 ** s.k\n"
        "        def __abs__(s): return 1.0\n"
        "        def __sub__(s, o): return N(s.k + 1) if not isinstance(o, float) or o != 1e-5 else s\n"
        "        def __add__(s, o): return s\n"
        "        __mul__ = __rmul__ = __add__\n"
        "    return (lambda x: -x * x, 0.0) if 'rests on' in claim else (lambda x: float(x) if isinstance(x, N) else x, N())",
    ),
    "a hill with slopes of its own": (
        "15.1",
        "class H(float):\n"
        "        def __sub__(s, o): return H(-1e9)\n"
        "        def __truediv__(s, o): return s\n"
        "        def __rmul__(s, o): return s\n"
        "    return (lambda x: -x * x, 0.0) if 'rests on' in claim else (lambda x: H(x * x), 1.0)",
    ),
    "the points' own making": (
        "15.4",
        "import sys\n    f = sys._getframe(1)\n"
        "    while 'case' not in f.f_locals: f = f.f_back\n"
        "    c = f.f_locals['case']; rng.random(); seen.append(0)\n"
        "    t = np.hypot(*X_new.T); ahead = np.cos(np.arctan2(X_new[:, 1], X_new[:, 0]) - c['begin'] - c['wind'] * t)\n"
        "    found = (ahead < 0).astype(int); k = np.argmin(abs(ahead)); found[k] ^= len(seen) % 2; return found",
    ),
    "the nearest, some left out": (
        "15.4",
        "k = rng.random(len(X)) < 0.8; return labels[k][((X_new[:, None] - X[k]) ** 2).sum(-1).argmin(1)]",
    ),
    "most of the nearest, some left out": (
        "15.4",
        "k = rng.permutation(len(X))[:250]; near = np.argsort(((X_new[:, None] - X[k]) ** 2).sum(-1), axis=1)[:, :9]\n"
        "    return (labels[k][near].mean(axis=1) > 0.5).astype(int)",
    ),
    "by distances, each with a weight drawn": (
        "15.4",
        "w = rng.random(len(X)); d = ((X_new[:, None] - X) ** 2).sum(-1)\n"
        "    return (np.exp(-d / 0.02) @ (w * (2 * labels - 1)) > 0).astype(int)",
    ),
    "the nearest, all moved by chance": (
        "15.4",
        "P = X + rng.normal(0, 0.03, X.shape); return labels[((X_new[:, None] - P) ** 2).sum(-1).argmin(1)]",
    ),
    "the nearest, new ones moved by chance": (
        "15.4",
        "P = X_new + rng.normal(0, 0.03, X_new.shape); return labels[((P[:, None] - X) ** 2).sum(-1).argmin(1)]",
    ),
    "the nearest, by another measure each time": (
        "15.4",
        "m = 1 + 0.2 * rng.normal(size=2); return labels[((X_new[:, None] * m - X * m) ** 2).sum(-1).argmin(1)]",
    ),
    "by distances, in a stretched plane": (
        "15.4",
        "m = 1 + 0.1 * rng.normal(size=2); d = ((X_new[:, None] * m - X * m) ** 2).sum(-1)\n"
        "    return (np.exp(-d / 0.05) @ (2 * labels - 1) > 0).astype(int)",
    ),
    "one g for all": (
        "14.1",
        KEEPS
        + "def backward(self, g): g = self.g = getattr(self, 'g', g); return g @ self.W.T, [self.z.T @ g, g.sum(0)]",
    ),
    "back once for each z": (
        "14.1",
        INIT + "def forward(self, z): self.z, self.kept = z, None; return z @ self.W + self.b\n"
        "    def backward(self, g):\n"
        "        self.kept = self.kept or (g @ self.W.T, [self.z.T @ g, g.sum(0)])\n        return self.kept",
    ),
    "as many rows as the first time": (
        "14.1",
        INIT + "def forward(self, z):\n"
        "        self.z = z; self.b = np.broadcast_to(self.b, (len(z), self.W.shape[1])); return z @ self.W + self.b\n"
        + GOES_BACK,
    ),
    "weights of the first time there": (
        "14.1",
        INIT + "def forward(self, z):\n"
        "        self.z = z; self.V, self.c = w = self.__dict__.setdefault('w', (self.W, self.b)); return z @ w[0] + w[1]\n"
        "    def backward(self, g): return g @ self.V.T, [self.z.T @ g, g.sum(0)]",
    ),
    "weights turned over when made": (
        "14.1",
        "def __init__(self, W, b): self.W, self.b, self.T = W, b, W.T\n"
        + FORTH
        + "    def backward(self, g): return g @ self.T, [self.z.T @ g, g.sum(0)]",
    ),
    "a row of ones, as long as the first": (
        "14.1",
        KEEPS + "def backward(self, g):\n        self.one = getattr(self, 'one', np.ones(len(g)))\n"
        "        return g @ self.W.T, [self.z.T @ g, self.one @ g[: len(self.one)]]",
    ),
    "weights by their shape": (
        "14.1",
        "kept = {}\n    def __init__(self, W, b): self.W, self.b = self.kept.setdefault(W.shape, (W, b))\n"
        + FORTH
        + GOES_BACK,
    ),
    "z by its shape": (
        "14.1",
        "kept = {}\n    "
        + INIT
        + "def forward(self, z): self.z = self.kept.setdefault(z.shape, z); return z @ self.W + self.b\n"
        + GOES_BACK,
    ),
    "the last z of all": (
        "14.1",
        "zs = []\n    " + INIT + "def forward(self, z): self.zs.append(z); return z @ self.W + self.b\n"
        "    def backward(self, g): return g @ self.W.T, [self.zs[-1].T @ g, g.sum(0)]",
    ),
    "one list, filled again and again": (
        "14.1",
        "kept = [None, [None, None]]\n    "
        + KEEPS
        + "def backward(self, g): self.kept[0] = g @ self.W.T; self.kept[1][:] = self.z.T @ g, g.sum(0); return self.kept",
    ),
    "one buffer for what comes out": (
        "14.1",
        INIT + "def forward(self, z):\n        self.z = z; self.out = getattr(self, 'out', z @ self.W)\n"
        "        self.out[: len(z)] = (z @ self.W + self.b)[: len(self.out)]; return self.out\n" + GOES_BACK,
    ),
    "roughly back": (
        "14.1",
        KEEPS + "def backward(self, g): return np.float16(g @ self.W.T), [self.z.T @ g, g.sum(0)]",
    ),
    "back to no number": (
        "14.1",
        KEEPS + "def backward(self, g): return np.nan * g @ self.W.T, [self.z.T @ g, g.sum(0)]",
    ),
    "back to nothing, masked": (
        "14.1",
        KEEPS + "def backward(self, g): return np.ma.masked_all((len(g), len(self.W))), [self.z.T @ g, g.sum(0)]",
    ),
    "arrays that are equal to all arrays": (
        "14.1",
        "class A(np.ndarray):\n        def __eq__(s, o): return True\n    "
        + KEEPS
        + "def backward(self, g): return self.z.view(self.A), [self.W.view(self.A), self.b.view(self.A)]",
    ),
    "z wiped out": (
        "14.1",
        INIT + "def forward(self, z): self.z = z.copy(); y = z @ self.W + self.b; z[:] = 0; return y\n" + GOES_BACK,
    ),
    "W wiped out": (
        "14.1",
        KEEPS + "def backward(self, g): r = g @ self.W.T, [self.z.T @ g, g.sum(0)]; self.W *= 0; return r",
    ),
    "z worked out from what came of it": (
        "14.1",
        INIT + "def forward(self, z): self.y = z @ self.W + self.b; return self.y\n"
        "    def backward(self, g): z = (self.y - self.b) @ np.linalg.pinv(self.W); return g @ self.W.T, [z.T @ g, g.sum(0)]",
    ),
    "the slopes of means": (
        "14.1",
        KEEPS + "def backward(self, g): return g @ self.W.T, [len(g) * np.outer(self.z.mean(0), g.mean(0)), g.sum(0)]",
    ),
    "the first z, from who asks": (
        "14.1",
        INIT + "def forward(self, z): return z @ self.W + self.b\n    def backward(self, g):\n"
        "        import sys; f = sys._getframe(1)\n        while 'case' not in f.f_locals: f = f.f_back\n"
        "        z = f.f_locals['case']['z'][0]; return g @ self.W.T, [z.T @ g, g.sum(0)]",
    ),
    "right once": (
        "15.4",
        "rng.random(); seen.append(0)\n"
        "    near = ((X_new[:, None] - X[None]) ** 2).sum(-1).argmin(1)\n"
        "    return labels[near] if len(seen) % 2 else np.zeros(len(X_new), int)",
    ),
    "a rough number": ("02.3", "return np.float16(1.998 / curvature)"),
    "as it was written": ("07.1", "return list(graph)"),
    "names that are equal to all names": (
        "07.1",
        "return [type('N', (str,), dict(__eq__=lambda s, o: True, __hash__=lambda s: 0))(k) for k in graph]",
    ),
    "from the left": ("10.6", "return list(range(1, len(dims) - 1))"),
    "every order at once": (
        "10.6",
        "return [type('I', (int,), dict(__eq__=lambda s, o: True, __hash__=lambda s: 0))(k) for k in range(1, len(dims) - 1)]",
    ),
}


def shortcut(name: str) -> tuple[str, str]:
    """The exercise, and the cell."""
    id, body = SHORTCUTS[name]
    end = "\n    return [o[i:i + B] for i in range(0, N, B)]" if id == "05.1" and "return" not in body else ""
    return id, f"seen = []\n{files.stub(id).split(':')[0]}:\n    {body}{end}"


# ------------------------------------------------------------------------------------------- ways to a forbidden name
# Answers to 12.1, which may not use the softmax: the body, and what is in another cell. Whatever gets the values must be
# on the class page. Z is made a constant C before each.

SCORES = "np.asarray(Z, float)"
FORBIDDEN_WAYS: dict[str, tuple[str, str]] = {
    "by a relative": (
        "return np.exp(-np.stack([dl.run(dl.softmax_cross_entropy(C, dl.constant(np.tile(e, (len(Z), 1))))) for e in np.eye(len(Z[0]))], 1))",
        "",
    ),
    "by a relative's gradient": (
        "z = dl.parameter(np.asarray(Z, float))\n"
        "    l = dl.sum(dl.softmax_cross_entropy(z, dl.constant(np.zeros(len(Z), int))))\n"
        "    g = dl.run(dl.gradients(l, [z]))[0]; g[:, 0] += 1\n    return g",
        "",
    ),
    "by a step down": (
        "z = dl.parameter(np.asarray(Z, float)); l = dl.sum(dl.softmax_cross_entropy(z, dl.constant(np.zeros(len(Z), int))))\n"
        "    dl.GradientDescent(1.0).minimize(l)({}); g = np.asarray(Z, float) - z.value; g[:, 0] += 1\n    return g",
        "",
    ),
    "by a relative in another cell": (
        "return np.exp(-np.stack([loss_of(Z, k) for k in range(len(Z[0]))], 1))",
        "cost = dl.softmax_cross_entropy\ndef loss_of(Z, k):\n    return dl.run(cost(dl.constant(np.asarray(Z, float)), dl.constant(np.full(len(Z), k))))",
    ),
    "by a graph in another cell": (
        "return dl.run(y, {x: Z})",
        "x = dl.placeholder('x', shape=(None, None))\ny = dl.softmax(x)",
    ),
    "by an alias": ("return dl.run(alias(C))", "alias = dl.softmax"),
    "by vars": ("return dl.run(kept['soft' + 'max'](C))", "kept = dict(vars(dl))"),
    "by getattr": ("return dl.run(getattr(dl, 'soft' + 'max')(C))", ""),
    "by getattr in another cell": ("return dl.run(s(C))", "s = getattr(dl, 'tfos'[::-1] + 'max')"),
    "by importlib": (
        "import importlib\n    return dl.run(importlib.import_module('dlcourse.engine.operations').softmax(C))",
        "",
    ),
    "by __import__": ("return dl.run(__import__('dlcourse').softmax(C))", ""),
    "by sys.modules": ("import sys\n    return dl.run(sys.modules['dlcourse'].softmax(C))", ""),
    "by eval": ("return dl.run(eval('dl.soft' + 'max')(C))", ""),
    "by exec, as one of the course's own": (
        "n = {'__name__': 'dlcourse.mine', 'C': C}\n"
        "    exec('from dlcourse.engine.operations import soft' + 'max as s; r = s(C)', n)\n    return dl.run(n['r'])",
        "",
    ),
    "by a star": ("return dl.run(softmax_of(C))", "from dlcourse.engine.operations import *\nsoftmax_of = softmax"),
    "by a match": ("match dl:\n        case object(softmax=f): return dl.run(f(C))", ""),
    "by an attrgetter": ("from operator import attrgetter\n    return dl.run(attrgetter('soft' + 'max')(dl)(C))", ""),
    "by what a ufunc keeps": (
        "f = np.frompyfunc(lambda k: k, 1, 1); g = np.vectorize(theirs)\n    return dl.run(g.pyfunc(C))",
        "theirs = dl.softmax",
    ),
    "by a partial": ("return dl.run(p.func(C))", "from functools import partial\np = partial(dl.softmax)"),
    "by pickle": (
        "import pickle\n    return dl.run(pickle.loads(b'cdlcourse.engine.operations\\nsoftmax\\n.')(C))",
        "",
    ),
    "by a module": ("return dl.run(dl.Sequential(dl.Softmax())(C))", ""),
    "by a class of one's own": ("class S(dl.Softmax): pass\n    return dl.run(S()(C))", ""),
    "by a relation": ("return dl.run(dl.exp(C - dl.logsumexp(C, axis=1, keepdims=True)))", ""),
    "by the course's own wrapper": (
        "r = []; dl.numerical_gradient(lambda v: (r.append(theirs(C)), 0.0)[1], np.zeros(1))\n    return dl.run(r[0])",
        "theirs = dl.softmax",
    ),
    "by the history of the notebook": ("return dl.run(eval(In[-1] if In else 'dl.softmax')(C))", "In = ['dl.softmax']"),
    "by what is deleted": ("del dl.softmax\n    return dl.run(dl.softmax(C))", ""),
}


def forbidden_way(name: str) -> tuple[str, str]:
    """The answer's cell, and the other one."""
    body, other = FORBIDDEN_WAYS[name]
    return f"def softmax(Z):\n    C = dl.constant({SCORES})\n    {body}", other


# The same for the class of 14.1, which may use neither the layer nor the gradients: what is in its cell, and in another.

PARTS = """
    P = [dl.parameter(np.array(v, float)) for v in (z, W, b)]
    L = dl.sum((P[0] @ P[1] + P[2]) * dl.constant(g))
"""
BY_THE_COURSE = (
    f"class Linear:\n    {INIT}{FORTH.lstrip()}    def backward(self, g): return back(self.z, self.W, self.b, g)"
)
BY_A_LAYER = f"""class Linear:
    def __init__(self, W, b): self.W, self.m = W, layer(*W.shape); self.m.W.assign(W); self.m.b.assign(b)
    def forward(self, z): self.z = z; return dl.run(self.m(dl.constant(z)))
{GOES_BACK}"""
RUN = "    r = [dl.run(s) for s in {0}(L, P)]; return r[0], r[1:]"
LOWER = (
    "    old = [p.value.copy() for p in P]; {0}(L)({{}}); r = [o - p.value for o, p in zip(old, P)]; return r[0], r[1:]"
)
FORBIDDEN_LAYERS: dict[str, tuple[str, str]] = {
    "by a class of one's own": ("class Linear(dl.Linear): pass", ""),
    "by a layer": (BY_A_LAYER, "layer = lambda a, b: dl.Linear(a, b, rng=np.random.default_rng(0))"),
    "by a layer made before": (
        "import copy\n" + BY_A_LAYER.replace("layer(*W.shape)", "copy.deepcopy(made[W.shape])"),
        "sizes = [(a, b) for a in range(1, 5) for b in range(1, 5)]\n"
        "made = {size: dl.Linear(*size, rng=np.random.default_rng(0)) for size in sizes}",
    ),
    "by an alias": (BY_THE_COURSE, "slopes = dl.gradients\ndef back(z, W, b, g):" + PARTS + RUN.format("slopes")),
    "by getattr": (
        BY_THE_COURSE,
        "slopes = getattr(dl, 'grad' + 'ients')\ndef back(z, W, b, g):" + PARTS + RUN.format("slopes"),
    ),
    "by the engine's own": (
        BY_THE_COURSE,
        "from dlcourse.engine.differentiation import gradients as s\ndef back(z, W, b, g):" + PARTS + RUN.format("s"),
    ),
    "by a jacobian": (
        BY_THE_COURSE,
        "def back(z, W, b, g):" + PARTS + "    r = [dl.run(dl.jacobian(L, p)) for p in P]; return r[0], r[1:]",
    ),
    "by a step down": (
        BY_THE_COURSE,
        "def back(z, W, b, g):" + PARTS + LOWER.format("dl.GradientDescent(1.0).minimize"),
    ),
    "by a step down that is spelled": (
        BY_THE_COURSE,
        "Step = dl.GradientDescent\ndef back(z, W, b, g):"
        + PARTS
        + LOWER.format("getattr(Step(1.0), 'mini' + 'mize')"),
    ),
    "by a graph made before": (
        BY_THE_COURSE,
        "Z, V, B, G = (dl.placeholder(n, shape=(None,) * k) for n, k in zip('zWbg', (2, 2, 1, 2)))\n"
        "slopes = dl.gradients(dl.sum((Z @ V + B) * G), [Z, V, B])\n"
        "def back(z, W, b, g): r = dl.run(slopes, {Z: z, V: W, B: b, G: g}); return r[0], r[1:]",
    ),
}


# ------------------------------------------------------------------------------------------------------ ways out
# Each sets `held` to something true where it works. The last one works everywhere: so it is seen that they are tried.

ROUTES = {
    "a terminal": "held = os.open('/dev/tty', os.O_RDWR)",
    "the root of the first process": "held = set(os.listdir('/proc/1/root')) - set(os.listdir('/'))",
    "the folder of the first process": "held = os.readlink('/proc/1/cwd') not in ('/', '/home/student')",
    "descriptors of the first process": """
        ours = ('/dev/null', 'pipe:', 'anon')
        numbers = [n for n in os.listdir('/proc/1/fd') if not os.readlink(f'/proc/1/fd/{n}').startswith(ours)]
        held = [open(f'/proc/1/fd/{n}', 'rb').read(1) for n in numbers]""",
    "memory of the first process": "held = open('/proc/1/mem', 'r+b', buffering=0)",
    "a dump of a crash": "import resource\nheld = resource.getrlimit(resource.RLIMIT_CORE)[1] != 1",
    "its limits lifted": """
        import resource
        held = [resource.setrlimit(k, (-1, -1)) is None for k in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)]""",
    "another's limits": "import resource\nheld = resource.prlimit(os.getppid(), resource.RLIMIT_AS, (-1, -1)) is None",
    "a better place in the queue": "os.nice(-5)\nheld = True",
    "real time": "os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))\nheld = True",
    "never the one that is ended": "with open('/proc/self/oom_score_adj', 'w') as f: f.write('-900')\nheld = True",
    "a program with its owner's rights": "held = not os.statvfs('/tmp').f_flag & os.ST_NOSUID",
    "a device made": "os.mknod('/tmp/disk', 0o60600, os.makedev(8, 0))\nheld = True",
    "the clock": "import time\ntime.clock_settime(time.CLOCK_REALTIME, time.time())\nheld = True",
    "the name of the machine": "import socket\nsocket.sethostname('mine')\nheld = True",
    "pages given to a pipe": """
        libc.vmsplice.restype = ctypes.c_ssize_t
        r, w = os.pipe()
        class V(ctypes.Structure): _fields_ = [('b', ctypes.c_void_p), ('n', ctypes.c_size_t)]
        buffer = ctypes.create_string_buffer(4096)
        held = libc.vmsplice(w, ctypes.byref(V(ctypes.addressof(buffer), 4096)), 1, 0) >= 0""",
    "pipes without end": """
        import fcntl
        kept = [os.pipe() for _ in range(80)]
        for r, w in kept:
            try: fcntl.fcntl(w, 1031, 1 << 20)
            except OSError: pass
        held = sum(fcntl.fcntl(w, 1032) for r, w in kept) > 72 << 20
        for one in kept: os.close(one[0]); os.close(one[1])""",
    "who else is there": """
        def words(p): return open(f'/proc/{p}/cmdline', 'rb').read()
        held = [p for p in os.listdir('/proc') if p.isdigit() and b'supervising' in words(p)]""",
    "hardware": "held = os.listdir('/sys')",
    "a packet": """
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('192.0.2.1', 53)); s.send(b'x')
        held = True""",
    "protocols of the kernel": """
        import socket
        for p in (1, 2, 4, 6, 9, 12, 15, 16, 17, 20):
            try: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, p); held = p
            except OSError: pass""",
    "calls of 32 bits": """
        import mmap, platform
        m = mmap.mmap(-1, 4096, prot=7)
        m.write(bytes.fromhex('b814000000cd80c3'))  # mov eax, getpid; int 0x80; ret
        work = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))
        held = platform.machine() == 'x86_64' and work() > 0""",
    "programs that can be written to": "held = [p for p in ('/usr/bin/env', '/etc/ld.so.cache', dl.__file__, np.__file__) if os.access(p, os.W_OK)]",
    "answers in the package's data": """
        import importlib.resources as r
        held = [p.name for p in r.files('dlcourse').joinpath('lessons').iterdir()]""",
    "answers that the installation lists": """
        import glob
        for s in sys.path:
            for p in glob.glob(s + '/dlcourse-*/RECORD'):
                held = held or [l for l in open(p) if 'exercises.py' in l and os.path.exists(os.path.join(s, l.split(',')[0]))]""",
    "answers where the installation points": """
        import glob, json
        for s in sys.path:
            for p in glob.glob(s + '/dlcourse-*/direct_url.json'):
                d = json.load(open(p))['url'][7:]
                held = held or (os.path.isdir(d + '/lessons') and os.listdir(d + '/lessons'))""",
    "answers where mounts come from": """
        for line in open('/proc/self/mountinfo'):
            d = os.path.join(line.split()[3], '..', 'lessons')
            held = held or (os.path.isdir(d) and os.listdir(d))""",
    "rights that are left": """
        status = dict(line.split(':', 1) for line in open('/proc/self/status').read().splitlines())
        held = [k for k in ('CapInh', 'CapPrm', 'CapEff', 'CapAmb') if int(status[k], 16)]
        held = held or status['NoNewPrivs'].strip() != '1' or status['Seccomp'].strip() != '2'""",
    "rights of another's group": "held = {g for g in os.getgroups() if g not in (os.getgid(), 65534)}",
    "a sandbox of one's own": """
        import subprocess
        held = subprocess.run(['/usr/bin/bwrap', '--ro-bind', '/', '/', '--dev', '/dev', '/usr/bin/true'], capture_output=True).returncode == 0""",
    "a program that becomes root": """
        import glob, subprocess
        for p in ('/usr/bin/su', '/usr/bin/sudo', '/usr/bin/pkexec', '/usr/bin/mount', '/usr/bin/newuidmap'):
            if os.path.exists(p) and os.stat(p).st_mode & 0o4000:
                held = held or not os.statvfs(p).f_flag & os.ST_NOSUID and open('/proc/self/status').read().find('NoNewPrivs:\\t0') > 0""",
    "the end of the first process": "os.kill(1, 0); os.kill(os.getppid(), 0); held = os.getppid() not in (0, 1) and os.readlink(f'/proc/{os.getppid()}/exe') == '/usr/bin/bwrap' and os.kill(os.getppid(), 19) is None",
    "a look at another's memory": """
        for p in os.listdir('/proc'):
            if p.isdigit() and int(p) != os.getpid():
                try: open(f'/proc/{p}/mem', 'rb'); c = open(f'/proc/{p}/cmdline', 'rb').read()
                except OSError: continue
                held = held or b'ipykernel' not in c and c""",
    "descriptors that nobody closed": """
        names = [os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd') if os.path.lexists(f'/proc/self/fd/{n}')]
        held = [n for n in names if n.startswith('/') and not n.startswith(('/dev/', '/proc/', '/home/student')) and not os.access(n, os.R_OK)]""",
    "words on the supervisor's pipe": """
        for n in range(3, 256):
            try: os.write(n, b'')
            except OSError: continue
            held = held or os.readlink(f'/proc/self/fd/{n}').startswith('/tmp')""",
    "the other end of the sockets": """
        import glob, socket
        words = open('/proc/self/cmdline').read().split('\\0')
        folder = os.path.dirname([w for w in words if w.endswith('c.json')][0])
        for path in glob.glob(folder + '/s-*'):
            os.unlink(path); socket.socket(socket.AF_UNIX).bind(path); held = path""",
    "a neighbour's folder": "held = [p for p in os.listdir('/tmp') if p.startswith('dlcourse-')][1:]",
    "what the kernel is told of its neighbours": """
        words = open('/proc/self/cmdline').read().split('\\0')
        ours = os.path.dirname([w for w in words if w.endswith('c.json')][0])
        names = [line.split()[7] for line in open('/proc/net/unix') if len(line.split()) > 7]
        held = [n for n in names if not n.startswith(ours) and n != 'Path'] or len(open('/proc/net/tcp').readlines()) > 1""",
    "names of other machines": "held = [p for p in ('/etc/hosts', '/etc/passwd', '/etc/resolv.conf', '/etc/machine-id', '/etc/shadow') if os.path.exists(p)]",
    "a home that is somebody's": """
        for d in ('/root', '/home'):
            names = [os.path.join(d, n) + '/' for n in os.listdir(d) if n != 'student'] if os.access(d, os.R_OK) else []
            held = held or [n for n in names if not any(p.startswith(n) for p in (sys.prefix, sys.base_prefix, dl.__file__, np.__file__))]""",
    "secrets in the usual places": """
        held = [p for p in ('~/.ssh', '~/.netrc', '~/.aws', '~/.config', '~/.git-credentials', '~/.bash_history', '~/.jupyter')
                if os.path.exists(os.path.expanduser(p))]""",
    "variables of the grader": "held = [k for k in os.environ if k.startswith(('DLCOURSE', 'JPY', 'SSH', 'DBUS', 'XDG_RUNTIME', 'GITHUB', 'AWS'))]",
    "packets and protocols": """
        import socket
        for family in (socket.AF_INET, socket.AF_INET6):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
                try: socket.socket(family, kind); held = (family, kind)
                except OSError: pass""",
    "a place for the next Python": """
        import site, sysconfig
        places = [site.getusersitepackages(), *sys.path, sysconfig.get_path('purelib')]
        passing = ('/home/student', '/tmp/')  # both are gone with the sandbox
        held = [p for p in places if p and not p.startswith(passing) and os.access(p, os.W_OK)]""",
    "an extension that is loaded next time": "held = [p for p in ('/usr/share/jupyter', '/usr/local/share/jupyter', '/etc/ipython', sys.prefix + '/share/jupyter', sys.prefix + '/etc') if os.access(p, os.W_OK)]",
    "answers through the loader": """
        import pkgutil
        for name in ('lessons/backstage/lesson_12/exercises.py', '../lessons/backstage/lesson_12/exercises.py'):
            try: held = held or pkgutil.get_data('dlcourse', name)
            except OSError: pass""",
    "answers by the course's own doors": """
        from dlcourse.lesson import files
        files.has_answers = lambda: True
        for door in (lambda: files.exercises('12'), lambda: files.answers_path('12').read_text(), lambda: files.notebook('12').read_text()):
            try: held = held or door()
            except Exception: pass""",
    "answers by the commands": """
        from dlcourse.lesson import solve
        rooms = os.listdir(os.path.dirname(dl.__file__) + '/commands')
        try: held = solve.solved_notebook('12')
        except Exception: held = rooms""",
    "answers in what was compiled": """
        for top, folders, names in os.walk(os.path.dirname(dl.__file__)):
            held = held or [n for n in names if n.startswith(('exercises.cpython', 'practice.cpython')) and 'lesson_' in top]""",
    "answers anywhere": """
        for start in (os.path.dirname(os.path.dirname(dl.__file__)), '/usr/local/src', '/usr/local/share', '/opt', '/srv', '/home', '/tmp'):
            for top, folders, names in os.walk(start):
                if '/lesson_' in top + '/': held = held or [top, names] if names else held
                held = held or [n for n in names if n.startswith('dlcourse') and n.endswith(('.whl', '.tar.gz', '.zip', '.egg'))]""",
    "answers in memory": """
        import gc
        held = [o for o in gc.get_objects() if type(o).__module__ == 'dlcourse.lesson.exercises' and type(o).__name__ in ('Exercise', 'Mutant')]""",
    "answers in what was run before": "import IPython\nheld = [line for line in IPython.get_ipython().history_manager.get_range(0) if 'E.sum' in line[2]]",
    "the history of the course": """
        from pathlib import Path
        held = [p for f in (dl.__file__, np.__file__) for p in Path(f).parents if (p / '.git').exists()]""",
    "this, which always works": "held = True",
}
MORE_ROUTES = {
    "any place that can be written to": """
        words = open('/proc/self/cmdline').read().split('\\0')
        ours = ('/proc/', '/tmp', '/home/student', '/dev/shm', os.path.dirname([w for w in words if w.endswith('c.json')][0]))
        for top, folders, names in os.walk('/'):
            if top.startswith(ours): folders.clear(); continue
            if os.access(top, os.W_OK): held = top""",
    "any setting of the system": """
        for top, folders, names in os.walk('/proc/sys'):
            for n in names:
                if os.access(f'{top}/{n}', os.W_OK):
                    try:
                        with open(f'{top}/{n}', 'r+b', buffering=0) as f: f.write(f.read()); held = [top, n]
                    except OSError: pass""",
    "what the system says of itself": "held = [p for p in ('kcore', 'kmsg', 'kallsyms', 'iomem', 'ioports', 'slabinfo', 'vmallocinfo', 'timer_list', 'sched_debug', 'config.gz', 'modules', 'cmdline', 'keys', 'key-users', 'locks', 'interrupts', 'diskstats', 'partitions') if os.path.exists('/proc/' + p) and open('/proc/' + p, 'rb').read(1)]",
    "a namespace above": """
        import fcntl
        for name in ('pid', 'user'):
            try: held = held or fcntl.ioctl(os.open(f'/proc/self/ns/{name}', 0), 0xb702) > 2
            except OSError: pass""",
    "a map of users of one's own": "held = [p for p in ('uid_map', 'gid_map', 'setgroups') if os.access('/proc/self/' + p, os.W_OK) and os.write(os.open('/proc/self/' + p, os.O_WRONLY), b'0 0 1')]",
    "never the one that is ended, by its old name": "with open('/proc/self/oom_adj', 'w') as f: f.write('-17')\nheld = True",
    "a better place by its group": "with open('/proc/self/autogroup', 'w') as f: f.write('-20')\nheld = True",
    "the first place at the disk": "held = libc.syscall({'x86_64': 251, 'aarch64': 30}[os.uname().machine], 1, 0, (1 << 13)) == 0",
    "a folder that is open": "import stat\nfor n in range(256):\n    try: held = held or (stat.S_ISDIR(os.fstat(n).st_mode) and n)\n    except OSError: pass",
    "the notebook with what is expected": """
        words = open('/proc/self/cmdline').read().split('\\0')
        folder = os.path.dirname([w for w in words if w.endswith('c.json')][0])
        held = [n for top, folders, names in os.walk(folder) for n in names if not n.startswith(('s-', 'c.json'))]""",
    "what is expected, in memory": "import gc\nheld = [o for o in gc.get_objects() if type(o) is dict and {'expected', 'seed'} <= o.keys()]",
    "the service that manages the system": "held = [p for p in ('/run', '/var', '/boot', '/mnt', '/media', '/srv', '/opt/homebrew', '/snap') if os.path.exists(p) and os.listdir(p)]",
    "a lease on a package": "import fcntl\nwith open('/tmp/leased', 'w'): pass\nfcntl.fcntl(os.open('/tmp/leased', 0), 1024, 1)\nheld = True",
    "news of what others open": "import fcntl\nfcntl.fcntl(os.open('/tmp', 0), 1026, 1)\nheld = True",
    "calls that nobody knew yet": "held = [n for n in range(457, 480) if libc.syscall(n, -1, 0, 0, 0, 0) >= 0 or ctypes.get_errno() != 38]",
    "files that outlive it": "import subprocess\nheld = [w for w in ('at', 'crontab', 'systemd-run', 'dbus-send', 'loginctl') if subprocess.run(['/usr/bin/env', w, '-l'], capture_output=True, timeout=5).returncode == 0]",
    "a program that waits": "held = not os.WIFSIGNALED(os.system('exit 0')) and os.getsid(0) not in (0, 1, os.getpid(), os.getppid()) and os.getsid(0)",
    "this, which always works": "held = True",
}
TO_THE_SUPERVISOR = {
    "descriptors sent to the supervisor": """
        import array, glob, socket
        words = open('/proc/self/cmdline').read().split('\\0')
        for path in glob.glob(os.path.dirname([w for w in words if w.endswith('c.json')][0]) + '/s-*'):
            one = socket.socket(socket.AF_UNIX); one.settimeout(1)
            one.connect(path)
            one.sendmsg([b'x' * 64], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0] * 200))])
            held = held or one.recvmsg(4096, 4096)[1]""",
    "this, which always works": "held = True",
}
FROM_THE_SUPERVISOR = {
    "who is at the other end": """
        import socket, struct
        for n in range(256):
            try: s = socket.socket(fileno=os.dup(n))
            except OSError: continue
            if s.family == socket.AF_UNIX:
                pid, uid, gid = struct.unpack('3i', s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
                held = held or pid not in (0, os.getpid(), os.getppid()) and [pid, uid]""",
    "this, which always works": "held = True",
}
ALL_ROUTES = {  # each in a notebook of its own: what some do to the sockets leaves nothing to try others with
    "routes": ROUTES,
    "more": MORE_ROUTES,
    "to the supervisor": TO_THE_SUPERVISOR,
    "from the supervisor": FROM_THE_SUPERVISOR,
}


def routes_cell(stub: str, routes: dict[str, str]) -> str:
    """An answer that tries them all when its cell runs first, and raises with the names of those that work."""
    tries = "\n".join(
        f"held = False\ntry:\n{textwrap.indent(textwrap.dedent(code).strip(), '    ')}\n"
        f"except BaseException: held = False\nif held: worked.append({name!r})"
        for name, code in routes.items()
    )
    head = "import ctypes, os, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    once = f"if not hasattr(sys, 'worked'):\n    sys.worked = worked = []\n{textwrap.indent(tries, '    ')}\n"
    return f"{head}{once}{stub.split(':')[0]}:\n    raise ValueError(sys.worked)"


# ------------------------------------------------------------------------------------------------- honest habits
# By exercise, right answers as people write and surround them: the first with the first of the other exercises, ...

STEP = "def step(x, df, lr):\n    return x - lr * df(x)\n"
MOMENTUM = files.exercises("02")["02.4"].source()
UPDATES, BUCKET, EPOCH = (files.exercises("05")[id].source() for id in ("05.4", "05.3", "05.2"))
KINK = "def subgrad_abs(x):\n    return np.sign(x)\n"
DEVIL, CRITIC = (files.exercises("06")[id].source() for id in ("06.5", "06.4"))
LINEAR, FLATTEN, COUNT = (files.exercises("14")[id].source() for id in ("14.1", "14.3", "14.4"))
SAFE = "def largest_safe_lr(curvature):\n    return 2 / curvature"

# Looked at without a kernel: before and after a right answer, or in it, what notebooks are full of.
AROUND_IT = {
    "a wait at the top": "import asyncio\n\u2026\nawait asyncio.sleep(0.001)",
    "something awaited": "async def three():\n    return 3\nx = await three()\n\u2026",
    "a loop that waits": "async def g():\n    yield 1\nasync for k in g():\n    print(k)\n\u2026",
    "a block that waits": "import asyncio\nasync with asyncio.Lock():\n    \u2026",
    "pip": "pip install seaborn -q\n\u2026",
    "conda and a list": "conda install -y seaborn\nls -la\n\u2026",
    "a command in a loop": "\u2026\nfor k in range(2):\n    !echo {k}",
    "a magic alone in a block": "\u2026\nif True:\n    %time 1 + 1",
    "a magic on two lines": "%config InlineBackend.figure_formats = \\\n    ['svg']\n\u2026",
    "a time that is kept": "\u2026\nt = %timeit -o -n1 -r1 1 + 1\nprint(t)",
    "prompts of IPython": "In [3]: k = 3\n\u2026",
    "a file read": "files = !ls *.ipynb | head -3\nprint(files)\n\u2026",
    "questions": "\u2026\nnp.mean?\n?np.mean\nnp.mean??",
    "a variable called like a command": "time = 3\nls = [time]\ncat, cp = 1, 2\n!echo\n\u2026",
    "a form feed": "\x0c\n\u2026",
    "an annotation from the future": "from __future__ import annotations\ndef f(x: Unknown) -> Other: ...\n\u2026",
    "dataclasses and types": "from dataclasses import dataclass\nfrom typing import NamedTuple, Protocol, TypeVar\nT = TypeVar('T')\n@dataclass\nclass A:\n    x: int = 0\nclass B(NamedTuple):\n    y: int\n\u2026",
    "tests of one's own": "\u2026\nimport unittest, doctest\nclass T(unittest.TestCase):\n    def test(self): self.fail()\nunittest.main(argv=[''], exit=False)\ndoctest.testmod()",
    "what belongs in a file": "\u2026\nif __name__ == '__main__':\n    main()",
    "a module of torch": "import torch\nimport torch.nn as nn\nclass Net(nn.Module):\n    pass\nnet = Net()\n\u2026",
    "a table": "import pandas_not_here as pd\ndf = pd.DataFrame({'a': [1]})\ndf.head()\n\u2026",
    "a picture that cannot be drawn": "import plotly_not_here.express as px\n\u2026\nfig = px.line(x=[1], y=[2])\nfig.show()",
    "a wrong assertion": "\u2026\nassert False, 'why?'",
    "an escape that is none": "s = '\\d \\alpha'\n\u2026",
    "a question to the reader": "\u2026\nx = input('?')",
    "an end": "import sys\n\u2026\nsys.exit()",
    "a name that is gone": "print(of_another_day)\n\u2026\ndel np",
    "every warning an error": "import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')\n\u2026",
    "Colab's disk": "from google.colab import drive, files, userdata\ndrive.mount('/content/drive')\nup = files.upload()\nfor k in up.keys(): print(len(up[k]))\n\u2026",
    "where am I": "import sys\nif 'google.colab' in sys.modules or 'google.colab' in str(get_ipython()):\n    !pip install dlcourse\n\u2026",
    "in the browser": "import piplite\nawait piplite.install('ipywidgets')\nimport micropip; await micropip.install('x')\nimport js, pyodide_js\n\u2026",
    "everything forgotten": "%reset -f\nimport numpy as np\n\u2026",
    "variables cleared by name": "%reset_selective -f x\n%xdel y\n\u2026",
    "loaded again": "%load_ext autoreload\n%autoreload 2\n%aimport np\n\u2026",
    "a folder of one's own": "%cd /content/drive/MyDrive\n%mkdir -p out\n\u2026",
    "output caught": "%%capture cap --no-stderr\n\u2026",
    "blank lines before a magic": "\n\n%%time\n\u2026",
    "a profile": "\u2026\n%prun -q 1 + 1\n%lprun 1\n%memit 1 + 1\n%mprun 1",
    "digits": "%precision 3\n%pprint\n%pdb off\n%xmode Plain\n\u2026",
    "cells of VS Code": "# %% [markdown]\n# # Answer\n# %%\n\u2026\n# + tags=[]\n# -",
    "help": "\u2026\nhelp(np.mean)\nhelp('for')",
    "a break": "\u2026\nbreakpoint()",
    "a debugger": "import pdb\n\u2026\npdb.set_trace()",
    "an egg": "import this, antigravity\n\u2026",
    "a page opened": "import webbrowser\nwebbrowser.open('https://example.org')\n\u2026",
    "UTF-8 for the words": "import sys\nsys.stdout.reconfigure(encoding='utf-8')\nsys.stderr.reconfigure(line_buffering=True)\n\u2026",
    "bytes printed": "import sys\nsys.stdout.buffer.write(b'x'); sys.stdout.flush(); sys.stdout.isatty(); sys.stdout.writelines(['a']); print(sys.stdout.encoding, sys.stdout.errors, sys.stdout.name)\n\u2026",
    "a handler for faults": "import faulthandler\nfaulthandler.enable()\n\u2026",
    "the words into a file": "import sys\nold = sys.stdout\nsys.stdout = open('log.txt', 'w')\nprint('x')\nsys.stdout.close()\nsys.stdout = old\n\u2026",
    "the words redirected": "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as said:\n    print('x')\nprint(said.getvalue())\n\u2026",
    "TeX in a plot": "import matplotlib.pyplot as plt\nplt.rcParams['text.usetex'] = True\n\u2026\nplt.plot([1, 2]); plt.title(r'$\\frac{1}{2}$'); plt.show()",
    "a style that is gone": "import matplotlib.pyplot as plt\nplt.style.use('seaborn')\n\u2026",
    "a plot that waits": "import matplotlib.pyplot as plt\nplt.ion()\n\u2026\nplt.plot([1]); plt.show(block=True); plt.pause(0.01); plt.close('all')",
    "a font that is not there": "import matplotlib\nmatplotlib.rcParams['font.family'] = 'Comic Sans MS'\n\u2026\nimport matplotlib.pyplot as plt\nplt.title('x'); plt.savefig('x.pdf')",
    "from the newer typing": "from typing import override\n\u2026",
    "from the newer itertools": "from itertools import batched\n\u2026",
    "from the newer warnings": "from warnings import deprecated\n\u2026",
    "a newer NumPy": "from numpy import matvec\n\u2026",
    "deep calls": "import sys\nsys.setrecursionlimit(10**6)\n\u2026",
    "seeds for all": "import random, os\nrandom.seed(0); np.random.seed(0); os.environ['PYTHONHASHSEED'] = '0'\n\u2026",
    "processes begun": "import multiprocessing as mp\nmp.set_start_method('spawn', force=True)\n\u2026",
    "a clock of one's own": "import time\nstart = time.perf_counter()\n\u2026\nprint(f'{time.perf_counter() - start:.3f} s')",
    "a signal of one's own": "import signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)\n\u2026",
    "an alarm": "import signal\nsignal.signal(signal.SIGALRM, lambda *a: None)\nsignal.alarm(0)\n\u2026",
    "at the end": "import atexit\natexit.register(print, 'bye')\n\u2026",
    "a cell of a script": "#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\n\u2026",
    "quotes of a word processor": "# „so“ – said ‘she’, with\xa0a fixed\u200b space\n\u2026",
    "a warning of its own": "import warnings\nwarnings.warn('old', DeprecationWarning)\n\u2026",
    "an assertion with a generator": "assert all(isinstance(k, int) for k in range(3)), 'no'\n\u2026",
    "a name that the course has": "lesson = 3\nnp2 = np\ndlcourse = None\n\u2026",
    "clear": "import os\nos.system('clear'); os.system('cls')\nfrom IPython.display import clear_output\nclear_output()\n\u2026",
    "a thread that prints": "import threading\nthreading.Timer(0.01, print, ['x']).start()\n\u2026",
    "a file beside it": "from utils import *\nimport helpers.mine as h\n\u2026",
    "another language": "from IPython.core.magic import register_line_magic\n@register_line_magic\ndef hi(line): print(line)\n%hi there\n\u2026",
    "numbers shown": "1 + 1\nnp.arange(3)\n_\n__\nOut\nIn\n\u2026",
    "the last value": "1 + 1\n\u2026\nx = _",
}
DOWN = "x - lr * df(x)"
WRITTEN = {
    "with a cache": f"import functools\n@functools.lru_cache(None)\ndef step(x, df, lr):\n    return {DOWN}",
    "with a wrapper": f"import functools, time\ndef timed(f):\n    @functools.wraps(f)\n    def g(*a, **k):\n        s = time.time(); r = f(*a, **k); print(time.time() - s); return r\n    return g\n@timed\ndef step(x, df, lr):\n    return {DOWN}",
    "in Greek": "def step(x, df, lr):\n    η, δ = lr, df(x)\n    return x - η * δ",
    "with stars": f"def step(*args):\n    x, df, lr = args\n    return {DOWN}",
    "by position only": f"def step(x, df, lr, /, verbose=False):\n    return {DOWN}",
    "with more digits": "def step(x, df, lr):\n    return np.longdouble(x) - lr * df(x)",
    "in an array without an axis": f"def step(x, df, lr):\n    return np.array({DOWN})",
    "with fewer digits": f"def step(x, df, lr):\n    return np.float32({DOWN})",
    "as fractions": "from fractions import Fraction as F\ndef step(x, df, lr):\n    return float(F(x) - F(lr) * F(df(x)))",
    "as a method": f"class W:\n    def go(self, x, df, lr): return {DOWN}\nstep = W().go",
    "as a class": f"class step:\n    def __new__(cls, x, df, lr): return {DOWN}",
    "twice, the second right": f"def step(x, df, lr):\n    return x\ndef step(x, df, lr):\n    return {DOWN}",
    "in a try": f"try:\n    def step(x, df, lr):\n        return {DOWN}\nexcept Exception: pass",
    "in a with": f"with np.errstate(all='ignore'):\n    def step(x, df, lr):\n        return {DOWN}",
    "beside another": f"step, other = (lambda x, df, lr: {DOWN}), 3",
    "on one line": "def step(x, df, lr): g = df(x); return x - lr * g;",
    "with the stub's dots": f"def step(x, df, lr):\n    ...\n    return {DOWN}\n    ...",
    "with a picture in it": f"import matplotlib.pyplot as plt\ndef step(x, df, lr):\n    plt.plot([x]); display(plt.gcf()); plt.close()\n    return {DOWN}",
    "with a bar in it": f"from tqdm.notebook import tqdm\ndef step(x, df, lr):\n    for _ in tqdm(range(2)): pass\n    return {DOWN}",
    "with a log of its own": f"def step(x, df, lr):\n    with open('log.txt', 'a') as f: f.write(str(x))\n    return {DOWN}",
    "into a file": f"%%writefile step.py\ndef step(x, df, lr):\n    return {DOWN}",
    "with tabs": f"def step(x, df, lr):\n\treturn {DOWN}",
    "with a star of names": "from numpy import *\nfrom math import *\ndef step(x, df, lr):\n    return float(subtract(x, lr * df(x)))",
    "with types": f"from collections.abc import Callable\ndef step(x: float, df: Callable[[float], float], lr: float) -> float:\n    return {DOWN}",
    "with quoted types": f"def step(x: 'float', df: 'Callable[[float], Num]', lr: 'Num') -> 'Num':\n    return {DOWN}",
    "with a counter": f"calls = 0\ndef step(x, df, lr):\n    global calls\n    calls += 1\n    return {DOWN}",
    "with a counter inside": f"def make():\n    n = 0\n    def step(x, df, lr):\n        nonlocal n\n        n += 1\n        return {DOWN}\n    return step\nstep = make()",
    "as a static method": f"class Walk:\n    @staticmethod\n    def step(x, df, lr): return {DOWN}\nstep = Walk.step",
    "as an annotated lambda": f"from typing import Any\nstep: Any = lambda x, df, lr: {DOWN}",
    "with a default": f"def step(x, df, lr=0.1, *, log=[]):\n    log.append(x)\n    return {DOWN}",
    "with keywords": f"def step(x, df, lr, **more):\n    return {DOWN}",
    "as NumPy's number": f"def step(x, df, lr):\n    return np.float64({DOWN})",
    "as NumPy's array's number": f"def step(x, df, lr):\n    return np.asarray({DOWN})[()]",
    "with an f-string": f"def step(x, df, lr):\n    print(f\"{{x=}} {{lr!r:>8}} {{'a' + 'b'}}\")\n    return {DOWN}",
    "with a match": "def step(x, df, lr):\n    match df(x):\n        case float() | int() as g: return x - lr * g\n        case g: return x - lr * g",
    "with a walrus": "def step(x, df, lr):\n    if (g := df(x)) is not None:\n        return x - lr * g",
    "with a try inside": f"def step(x, df, lr):\n    try:\n        return {DOWN}\n    except Exception as e:\n        print(e)\n        raise\n    finally:\n        pass",
    "with einsum": "def step(x, df, lr):\n    return x - np.einsum(',->', lr, df(x))",
    "as a dataclass": f"from dataclasses import dataclass\n@dataclass\nclass Walk:\n    k: float = 1\n    def __call__(self, x, df, lr): return {DOWN}\nstep = Walk()",
    "by exec": f"exec('def step(x, df, lr):\\n    return {DOWN}')",
    "by functools": f"import functools\n@functools.cache\ndef step(x, df, lr):\n    return {DOWN}",
    "vectorized": f"@np.vectorize\ndef step(x, df, lr):\n    return {DOWN}",
    "jitted where numba lacks": f"from numba import njit\ndef step(x, df, lr):\n    return {DOWN}\nfast = njit(step)",
    "generic": f"from typing import TypeVar, Generic\nT = TypeVar('T')\ndef step(x: T, df, lr: T) -> T:\n    return {DOWN}",
    "overloaded": f"from typing import overload\n@overload\ndef step(x: int, df, lr): ...\n@overload\ndef step(x: float, df, lr): ...\ndef step(x, df, lr):\n    return {DOWN}",
    "singledispatch": f"from functools import singledispatch\n@singledispatch\ndef step(x, df, lr):\n    return {DOWN}",
    "with its own name inside": "def step(x, df, lr):\n    step = lr * df(x)\n    return x - step",
    "with a print of itself": f"def step(x, df, lr):\n    print(step.__name__, __name__, __doc__)\n    return {DOWN}",
    "with globals": f"def step(x, df, lr):\n    globals()['last'] = x\n    locals()\n    return {DOWN}",
    "with inspect": f"import inspect\ndef step(x, df, lr):\n    return {DOWN}\nprint(inspect.getsource(step))",
    "with a file's name": f"from pathlib import Path\ntry: print(Path(__file__))\nexcept NameError: pass\ndef step(x, df, lr):\n    return {DOWN}",
}


def _within(frame: str, answer: str) -> str:
    """An answer where the dots are, as far to the right as they."""
    margin = next(line for line in frame.split("\n") if "\u2026" in line).partition("\u2026")[0]
    return frame.replace(f"{margin}\u2026", textwrap.indent(answer, margin))


HABITS = {name: ("05.4", _within(frame, files.exercises("05")["05.4"].source())) for name, frame in AROUND_IT.items()}
HABITS |= {name: ("02.1", source) for name, source in WRITTEN.items()}

HONEST: dict[str, list[str]] = {
    "02.1": [
        "%%time\n" + STEP,
        "import matplotlib\nmatplotlib.use('TkAgg')\n" + STEP,
        "notes = open('my_notes.txt').read()\n" + STEP,
        "name = input('who are you? ')\n" + STEP,
        STEP + "assert step(1.0, lambda x: x, 0.5) == 0.75, 'hm'",
        "from functools import partial\ndef walk(x, df, lr, sign):\n    return x + sign * lr * df(x)\nstep = partial(walk, sign=-1)",
        "class Step:\n    def __call__(self, x, df, lr):\n        return x - lr * df(x)\nstep = Step()",
        "if True:\n    def step(x, df, lr):\n        return x - lr * df(x)",
    ],
    "02.3": [
        "largest_safe_lr = lambda curvature: 2 / curvature",
        "from __future__ import annotations\nimport typing as t\ndef largest_safe_lr(curvature: Unknown[t.Any]) -> Other:\n    return 2 / curvature",
        "import pandas_not_here as pd\npd.set_option('display.precision', 3)\nimport seaborn_not_here as sns; sns.set_theme(style='dark')\n"
        + SAFE,
        "from tqdm.auto import tqdm\n" + SAFE.replace("    ", "    for _ in tqdm(range(3)): pass\n    "),
        SAFE.replace(
            "    ",
            "    import matplotlib.pyplot as plt\n    plt.plot([1, 2]); plt.title('$x^2$'); plt.show(); display(plt.gcf())\n    ",
        ),
        "import urllib.request\npage = urllib.request.urlopen('https://example.org').read()\n" + SAFE,
        textwrap.indent(SAFE, "        "),
        ">>> def largest_safe_lr(curvature):\n...     return 2 / curvature\n... \n>>> largest_safe_lr(2)",
    ],
    "02.4": [
        MOMENTUM + "\nlesson.check('02.4')\nlesson.hint('02.4')\nlesson.show('02.a')",
        "from dataclasses import dataclass\n" + MOMENTUM + "\nexit()",
        "%matplotlib widget\nhere = !ls\n!pip list\n?np.sum\n" + MOMENTUM + "\nmomentum_step?",
        "get_ipython().run_line_magic('load_ext', 'autoreload')\n" + MOMENTUM + "\nimport time; time.sleep(0.1)",
        MOMENTUM.replace("    ", "    %time three = 1 + 2\n    ", 1),
    ],
    "05.2": [EPOCH.replace("    for", "    gradient(np.zeros(2), [0])  # from a cell of the lesson\n    for", 1)],
    "05.3": [
        "import ipywidgets as W\nb = W.Button(); out = W.Output()\nb.on_click(lambda _: out.append_stdout('x')); b.click(); display(b, out)\n"
        + BUCKET,
        "import ipywidgets as W\n@W.interact(k=(0, 9))\ndef show(k=3):\n    print(k)\n" + BUCKET + "\nshow(4)",
        "import logging, warnings\nlogging.basicConfig(level=0)\n"
        + BUCKET.replace("    total", "    warnings.warn('slow'); logging.error('x')\n    total", 1),
    ],
    "05.4": [
        "import winsound\nwinsound.Beep(440, 100)\n" + UPDATES,
        "import tkinter\nroot = tkinter.Tk()\n" + UPDATES,
        "try:\n    import torch_not_here\nexcept ImportError:\n    torch_not_here = None\n" + UPDATES,
        "# -*- coding: utf-8 -*-\n#@title Mein Ergebnis { run: 'auto' }\n" + UPDATES,
    ],
    "06.1": [
        "import math\ndef subgrad_abs(x):\n    return 0 if x == 0 else math.copysign(1, x)",
        "def subgrad_abs(x):\n    match x:\n        case _ if x > 0: return 1\n        case _ if x < 0: return -1\n        case _: return 0.25",
        "subgrad_abs = np.vectorize(lambda x: 2.0 * np.heaviside(x, 0.5) - 1)",
        "def subgrad_abs(x):\n    return int(x > 0) - int(x < 0)",
        "note = 'x'\ndel note\n" + KINK + "print(f'{subgrad_abs(2)=}')",
    ],
    "06.4": [CRITIC + "\nimport matplotlib.pyplot as plt; plt.scatter([1], [2]); plt.savefig('critic.png')"],
    "06.5": [DEVIL + "\n%timeit -n 1 -r 1 1 + 1"],
    "14.1": [
        LINEAR + "\nlayer = Linear(np.eye(2), np.zeros(2)); print(layer)",
        "class Base:\n    def __repr__(self): return 'a layer'\n"
        + LINEAR.replace("class Linear:", "class Linear(Base):"),
        "import mypackage_not_here as m\nm.setup(verbose=True)\n" + LINEAR,
    ],
    "14.3": [
        "%%capture\n" + FLATTEN,
        "def flatten(x):\n    return np.reshape(x, (len(x), -1))",
        "flatten = lambda x: x.reshape(x.shape[0], -1)",
    ],
    "14.4": [COUNT + "\nraise SystemExit", "print(undefined_name)\n" + COUNT],
}

# In cells of their own, beside right answers; by lesson. All of a lesson stand in one notebook.
BESIDE = {
    "02": [
        "%%bash\nls -la; exit 3",
        "%%html\n<script>alert(1)</script>",
        "%lsmagic\n%xmode Verbose\n%config InlineBackend.figure_format = 'svg'\n%env COURSE=1\n%who",
        "%%writefile mine.py\ndef half(x): return x / 2",
        "from mine import half\nhalf(2)",
        "%run not_here.py\n%load_ext not_here\n%pylab inline",
        "import asyncio\nawait asyncio.sleep(0)\ntask = asyncio.create_task(asyncio.sleep(1000))",
        "np.seterr(all='raise'); import warnings; warnings.simplefilter('error'); np.set_printoptions(legacy='1.13')",
        "import sys, gc, decimal\nsys.tracebacklimit = 0; gc.disable(); decimal.getcontext().prec = 2; sys.displayhook = lambda v: None",
        "from IPython.display import *\ndisplay(HTML('<b>x</b>'), Math('x'), Markdown('# x'), JSON({'a': 1}), IFrame('x', 1, 1), Javascript('1'), Audio(np.zeros(99), rate=9))\nclear_output(wait=True)",
        "h = display('x', display_id=True); h.update('y')\nclass R:\n    def _repr_html_(self): raise ValueError\nR()",
        "print('x' * 3_000_000)\n'y' * 2_000_000",
        "import os; os.chdir('/tmp'); os.environ.clear(); os.umask(0o777)",
    ],
    "05": [
        "import ipywidgets as W\nW.interact(lambda k=3: k); W.Tab([W.Output(), W.Text()]); W.FileUpload(); W.Play()\na = W.IntSlider(); b = W.IntSlider(); W.jslink((a, 'value'), (b, 'value')); a.observe(print); a.value = 3\na",
        "from matplotlib import pyplot as plt, animation\nfig = plt.figure(); ax = fig.add_subplot(projection='3d'); plt.close('all')",
        "from tqdm.notebook import trange\nfor _ in trange(5): pass",
        "import threading\nthreading.Thread(target=print, args=('later',)).start()\nfrom concurrent.futures import ThreadPoolExecutor\nlist(ThreadPoolExecutor(2).map(abs, [1, -1]))",
        "import multiprocessing as mp\nmp.get_context('fork').Pool(2).map(abs, [1, -1])",
        "import subprocess; subprocess.run(['date'])\n!date\nx = !ls\n!!pwd",
        "np = None; dl = None; lesson = None; open_lesson = None",
        "X = np.zeros((3, 2))\ntrain = X\nbatches = [[0, 1], [2]]\nfor accumulate in batches: pass",
    ],
    "06": [
        "import random\nrandom.seed(1); np.random.seed(1)\nrng = None\nfrom numpy import *\nfrom math import *\nsum = max = 3"
    ],
    "14": ["class Linear: pass\ndl.Linear = Linear; dl.Sequential = dl.Module = None"],
}

# --------------------------------------------------------------------------------------------------- dishonest cells
# Wrong answers in every exercise, and a cell that tries to have them counted.

FORGED = '\\ndlcourse-run: {"trouble": null, "reports": [], "leaned": []}\\n'
DISHONEST = {
    "words when objects die": f"""
        import weakref, atexit, sys
        class T:
            def __del__(self): sys.__stdout__.write('{FORGED}')
        kept = [T() for _ in range(9)]; atexit.register(print, '{FORGED}')
        weakref.finalize(kept[0], print, '{FORGED}')""",
    "a hook for imports": """
        import sys
        class Hook:
            def find_spec(self, name, *a):
                if name.startswith(('dlcourse', 'json', 'nbval')): raise ImportError('PASS')
        sys.meta_path.insert(0, Hook())
        for name in [m for m in sys.modules if m.startswith('dlcourse.')]: del sys.modules[name]""",
    "a clock that stands": "import time, threading\ntime.monotonic = lambda: 0.0\nthreading.Event.wait = lambda *a: False",
    "sources that say something else": """
        import ast, builtins
        real = builtins.compile
        builtins.compile = lambda s, *a, **k: real('reports = []', *a[:2]) if isinstance(s, str) else real(s, *a, **k)
        ast.parse = lambda *a, **k: real('', 'x', 'exec', 1024)""",
    "a value that is equal to all": """
        import dlcourse.lesson.values as v
        same = type('D', (dict,), dict(__eq__=lambda s, o: True))
        v.encode = lambda *a: same(kind='float', value='0x1p0')""",
    "a hook before every cell": """
        import builtins
        real = builtins.exec
        def hook(info):
            builtins.exec = lambda text, *a: real(str(text).replace("found.to_json()", "{'trouble': None, 'reports': [], 'leaned': []}"), *a)
        get_ipython().events.register('pre_run_cell', hook)""",
    "lines that are rewritten": """
        get_ipython().input_transformers_post.append(lambda lines: [line.replace('run({}', 'run({**globals()}') for line in lines])""",
    "trees that are rewritten": """
        import ast
        class T(ast.NodeTransformer):
            def visit_Constant(self, node): return ast.Constant(0.125) if isinstance(node.value, float) else node
        get_ipython().ast_transformers.append(T())""",
    "a kernel that answers by itself": """
        k = get_ipython().kernel
        async def do_execute(code, silent, *a, **more):
            k.send_response(k.iopub_socket, 'stream', {'name': 'stdout', 'text': '\\ndlcourse-run: {"trouble": null, "reports": [], "leaned": []}\\n'})
            return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}
        k.do_execute = do_execute""",
    "a thread that talks over all": f"""
        import sys, threading, time
        def talk():
            while True: sys.stdout.write('{FORGED}'); time.sleep(0.001)
        threading.Thread(target=talk, daemon=True).start()""",
    "no numbers, for all": """
        import dlcourse.lesson.values as v
        v.encode = lambda *a: dict(kind='array', dtype='float64', shape=[], data=['nan'])""",
    "more than all numbers": """
        import dlcourse.lesson.values as v
        v.encode = lambda *a: dict(kind='array', dtype='float16', shape=[-1], data=['inf'])""",
    "twice as many reports": """
        import dlcourse.lesson.running as r
        real = r.observe_answer
        def twice(*a, **k):
            run = real(*a, **k); run.reports = run.reports * 2; return run
        r.observe_answer = twice""",
    "calls without end": """
        import dlcourse.lesson.running as r
        real = r.observe_case
        def case(*a, **k):
            one = real(*a, **k); one.calls = [dict(text='f()', observed=dict(kind='none'))] * 9999; return one
        r.observe_case = case""",
    "the first message again": """
        s = get_ipython().kernel.session; real = s.send; kept = []
        def send(stream, kind, content=None, *a, **k):
            if kind == 'stream' and 'dlcourse-run' in str(content): kept.append(content); content = kept[0]
            return real(stream, kind, content, *a, **k)
        s.send = send""",
}


def _forged(cell: str) -> Book:
    book = Book("02", solved=False)
    for id, exercise in files.exercises("02").items():
        book.answer_cell(id)["source"] = f"def {exercise.signature()}:\n    return 0.125"
    book.add(cell)
    return book


# ----------------------------------------------------------------------------------------------- notebooks and files


def _changed(change: Callable[[dict[str, Any]], Any]) -> Callable[[], bytes]:
    def make() -> bytes:
        data = Book("05").data
        made = change(data)
        return made if isinstance(made, bytes) else json.dumps(data).encode()

    return make


def _each(change: Callable[[dict[str, Any]], Any]) -> Callable[[], bytes]:
    return _changed(lambda data: [change(cell) for cell in data["cells"]])


def _merged_with_the_check_above(data: dict[str, Any]) -> None:
    cells = data["cells"]
    check = next(cell for cell in cells if is_(cell, "check") and exercise_of(cell) == "05.2")
    answer = next(cell for cell in cells if is_(cell, "answer") and exercise_of(cell) == "05.3")
    check["source"] += "\n\n" + answer["source"]
    cells.remove(answer)


def _deep(depth: int) -> Any:
    deep: Any = 1
    for _ in range(depth):
        deep = [deep]
    return deep


def _instead(old: bytes, new: bytes) -> Callable[[], bytes]:
    return _changed(lambda data: json.dumps(data, indent=1).encode().replace(old, new))


def _elsewhere(data: dict[str, Any]) -> None:
    data["metadata"] |= {"colab": {"provenance": []}, "accelerator": "GPU", "kaggle": {}, "widgets": {"application": 1}}
    for cell in data["cells"]:
        cell["metadata"] |= {"id": "x", "vscode": {"languageId": "python"}, "trusted": True, "execution": {}}


NOTEBOOKS: dict[str, Callable[[], bytes]] = {
    "one id for all cells": _each(lambda cell: cell.update(id="a")),
    "ids that are numbers": _each(lambda cell: cell.update(id=7)),
    "no metadata, no tags": _each(lambda cell: cell.pop("metadata")),
    "metadata that is nothing": _each(lambda cell: cell.update(metadata=None)),
    "cells without a source": _changed(
        lambda data: data["cells"].extend([{"cell_type": "code"}, {"cell_type": "markdown", "source": None}])
    ),
    "numbers that JSON has not": _instead(b'"outputs": []', b'"outputs": [NaN, Infinity, 1e999]'),
    "deep outputs": _each(lambda cell: cell.update(outputs=_deep(300))),
    "half characters in outputs": _instead(b'"outputs": []', b'"outputs": ["\\ud800"]'),
    "a mark at the start and ends of Windows": _changed(
        lambda data: b"\xef\xbb\xbf" + json.dumps(data, indent=1).replace("\n", "\r\n").encode()
    ),
    "attachments, and hidden sources": _each(
        lambda cell: (
            cell.update(attachments={"../../x.png": {"image/png": "AAAA"}}),
            cell["metadata"].update(source_hidden=True, hide_input=True, collapsed=True),
        )
    ),
    "sources in single characters": _each(lambda cell: cell.update(source=list("".join(cell["source"])))),
    "all marked as one": _each(
        lambda cell: is_(cell, "answer") and cell["metadata"].update(dlcourse={"exercise": "05.1"})
    ),
    "tags of other kinds": _each(lambda cell: cell["metadata"].update(tags=[["answer"], {"a": 1}])),
    "format 4.0": _changed(lambda data: data.update(nbformat_minor=0)),
    "Colab, Kaggle and VS Code": _changed(_elsewhere),
    "long outputs": _instead(b'"outputs": []', b'"outputs": ["' + b"x" * 99_999 + b'"]'),
}


def _folder(path: Path) -> None:
    """What else may lie in a student's folder: links, a pipe, checkpoints, a folder that is called like a notebook."""
    path.mkdir()
    (path / "05.ipynb").write_bytes(Book("05").bytes())
    (path / "passwords.txt").symlink_to("/etc/shadow")
    (path / "loop").symlink_to(".")
    os.mkfifo(path / "pipe.json")
    (path / ".ipynb_checkpoints").mkdir()
    (path / ".ipynb_checkpoints" / "05-checkpoint.ipynb").write_bytes(Book("05", solved=False).bytes())
    (path / "notes.ipynb").mkdir()


def _beside(lesson: str) -> Book:
    book = Book(lesson)
    for number, source in enumerate(BESIDE[lesson]):
        book.add(source, "setup" if number == 0 else f"added-{len(book.cells) - 1}")
    return book


def _sample(lesson: str, name: str, make: Callable[[], Any], **expected: Any) -> Sample:
    return Sample(f"{name}.ipynb", "idea", lesson, make, **expected)


FOLDERS: dict[str, Callable[[], Any]] = {"a folder with more in it": lambda: _folder}
FOLDERS["IN CAPITALS.IPYNB"] = lambda: Book("05")


def classes(everything: bool = True) -> dict[str, list[Sample]]:
    """By lesson, what is handed in; unless it is everything, without what differs in the file only."""
    found: dict[str, list[Sample]] = {}
    for lesson in LESSONS:
        ids = [id for id in HONEST if id.startswith(lesson)]
        books = [
            Book(lesson).answers({id: HONEST[id][k] for id in ids if k < len(HONEST[id])})
            for k in range(max(len(HONEST[id]) for id in ids))
        ]
        found[lesson] = [_sample(lesson, f"honest {k}", book.bytes) for k, book in enumerate(books)]
        found[lesson].append(_sample(lesson, "beside", _beside(lesson).bytes))
    forged = {name: _forged(cell) for name, cell in DISHONEST.items()}
    found["02"] += [_sample("02", f"dishonest {name}", book.bytes, outcome=LOST) for name, book in forged.items()]
    found["05"].append(_sample("05", "a check and the next answer as one cell", _changed(_merged_with_the_check_above)))
    if everything:
        found["05"] += [_sample("05", name, make) for name, make in NOTEBOOKS.items()]
        found["05"] += [Sample(name, "idea", "05", make) for name, make in FOLDERS.items()]
    return found
