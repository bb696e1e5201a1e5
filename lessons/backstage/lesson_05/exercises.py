"""Answers to lesson 05: batch, stochastic, mini-batch, accumulated.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, prediction, question

Array = NDArray[np.float64]
Case = dict[str, Any]

# ------------------------------------------------------------------------------------------------ 05.1

deal = exercise("05.1", "Deal the samples out", points=2)


@deal.reference
def batches(N: int, B: int, rng: np.random.Generator) -> list[Any]:
    """Shuffle the whole pack once, then cut it into slices.

    A slice that reaches beyond the end is cut short by itself, so the last batch holds what is left.
    Nobody is dealt twice and nobody is forgotten: that is what one epoch means.
    """
    order = rng.permutation(N)
    return [order[start : start + B] for start in range(0, N, B)]


DEALT = "[order[start : start + B] for start in range(0, N, B)]"
deal.mutant(
    "The samples that do not fill a batch are lost. The last batch is shorter; it still counts.",
    "(0, N, B)",
    "(0, N - B + 1, B)",
)
deal.mutant(
    "The samples come in their stored order. Shuffle them first: neighbours in a file are often alike.",
    "rng.permutation(N)",
    "np.arange(N)",
)
deal.mutant(
    "Some samples come twice and others never: in an epoch each comes once. Deal the pack, do not draw anew.",
    "rng.permutation(N)",
    "rng.integers(N, size=N)",
)
deal.mutant(
    "You shuffled the batches, not the samples: neighbours still sit together in one batch.",
    [("rng.permutation(N)", "np.arange(N)"), (DEALT, f"[{DEALT}[k] for k in rng.permutation(-(-N // B))]")],
)
deal.mutant(
    "You shuffled inside each batch: the first batch always holds the first samples. Shuffle all of them, then cut.",
    [
        ("rng.permutation(N)", "np.arange(N)"),
        ("order[start : start + B] for", "rng.permutation(order[start : start + B]) for"),
    ],
)
deal.mutant(
    "Every batch is cut from a new shuffle, so samples come twice or never. Shuffle once, before you cut.",
    "order[start : start + B] for",
    "rng.permutation(N)[start : start + B] for",
)
deal.mutant(
    "The batches are evened out. Every batch has B samples, and the last one has what is left.",
    DEALT,
    "np.array_split(order, -(-N // B))",
)
deal.mutant("You cut the pack into B batches. B is how many samples a batch holds.", DEALT, "np.array_split(order, B)")
deal.mutant(
    "Every epoch is dealt in the same order. Take the randomness from rng, which goes on from call to call.",
    "rng.permutation(N)",
    "np.random.default_rng(0).permutation(N)",
)
deal.mutant(
    "Your batches overlap: each begins one place after the one before. They begin at 0, B, 2B, and so on.",
    "range(0, N, B)",
    "range(N // B)",
)
deal.mutant(
    "order[start : B] ends at place B, whatever its start. A batch goes from start to start + B.", "start + B", "B"
)
deal.mutant(
    "Only the first batch comes back. Is a `return` inside the loop? It ends the loop in its first turn.",
    DEALT,
    "[order[:B]]",
)
deal.mutant("That is the order of all samples, not yet cut into batches of B.", DEALT, "list(order)")


@deal.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(N=5, B=2, seed=5)
    for N, B in ((1, 3), (6, 1), (6, 3), (4, 9)):
        yield dict(N=N, B=B, seed=int(rng.integers(1000)))
    # at least 40 samples, so that no honest shuffle looks like one of the mistakes
    yield dict(N=47, B=10, seed=5)
    for size in (4, 7, 16):
        N = max(60, size * int(rng.integers(8, 12))) // size * size + int(rng.integers(1, size - 1))
        yield dict(N=N, B=size, seed=int(rng.integers(1000)))
    yield dict(N=48, B=48, seed=int(rng.integers(1000)))


@deal.observe
def _(answer: Callable[..., Any], case: Case) -> list[Any]:
    """Two epochs from one generator, one from another in between, and the first once more; was rng used at all?"""
    rng, other, again = (np.random.default_rng([case["seed"], k]) for k in (0, 1, 0))
    if case["N"] < 40:  # a few samples may come in any order by chance: one epoch says all
        return [np.asarray(batch).tolist() for batch in answer(case["N"], case["B"], rng)]
    epochs = [answer(case["N"], case["B"], source) for source in (rng, other, rng, again)]
    untouched = np.random.default_rng([case["seed"], 1]).random() == other.random()
    return [[[np.asarray(batch).tolist() for batch in epoch] for epoch in epochs], untouched]


@deal.accepts
def _(observed: list[Any], case: Case) -> bool | str:
    """Any order will do. An honest shuffle fails here less than once in 10¹⁰ times."""
    N, B = case["N"], case["B"]
    epochs, untouched = observed if N >= 40 else ([observed], False)
    if N >= 40 and len(epochs) != 4:
        return False
    full, rest = divmod(N, B)
    for epoch in epochs:
        if not all(isinstance(batch, list) for batch in epoch):
            return "Give back a list of batches, and each batch is a list or an array of sample numbers."
        numbers = [k for batch in epoch for k in batch]
        if not all(isinstance(k, int | float) and k == int(k) for k in numbers):
            return "A batch holds sample numbers: whole numbers from 0 to N − 1."
        if any(not 0 <= k < N for k in numbers):
            return "Sample numbers go from 0 to N − 1."
        if len(set(numbers)) < len(numbers):
            return "Some samples come twice: in an epoch each comes exactly once."
        if len(numbers) < N:
            return "Some samples are missing: in an epoch each comes exactly once. Does the short last batch count?"
        if [len(batch) for batch in epoch] != [B] * full + [rest] * (rest > 0):
            return "Every batch has B samples, and the last one has what is left."
    if N < 40:
        return True
    if epochs[0] != epochs[3]:
        return "The same seed gave two different deals: take all randomness from rng and nowhere else."
    orders = [[int(k) for batch in epoch for k in batch] for epoch in epochs[:3]]
    for order, epoch in zip(orders, epochs, strict=False):
        if Counter((b - a) % N for a, b in pairwise(order)).most_common(1)[0][1] > N / 3:
            return "There is a pattern in the order: neighbours follow each other. Shuffle the samples, before you cut."
        blocks = full > 1 and all(max(batch) - min(batch) < B for batch in epoch[:full])
        if blocks or abs(np.corrcoef(order, np.arange(N))[0, 1]) > 0.85:
            return "The first batches hold neighbours of the stored order. Shuffle ALL samples first, then cut."
    if untouched or orders[0] == orders[1]:
        return "Different generators were dealt alike: take the randomness from rng, which is handed over."
    along = [np.corrcoef(order, np.arange(N))[0, 1] for order in orders]
    if abs(np.mean(along)) > 7 / np.sqrt(3 * (N - 1)):
        return "Samples stay near their stored places. Shuffle ALL samples, so that any can come anywhere; then cut."
    steps = [[(b - a) % N for a, b in pairwise(order)] for order in orders]
    if any(sum(map(int.__eq__, one, steps[0])) > N / 3 for one in steps[1:]):
        return "Two epochs were dealt alike, all numbers moved on by the same: shuffle anew in every call, with rng."
    if sum(len(set(at_place)) == 1 for at_place in zip(*orders, strict=True)) > 5:
        return "Some samples come at the same place in every epoch. Shuffle ALL samples, also those of the last batch."
    if any(len(set(pairwise(one)) & set(pairwise(orders[0]))) > N / 3 for one in orders[1:]):
        return "Two epochs were dealt alike, or nearly: shuffle anew in every call, with rng."
    return True


deal.hints(
    "Think of a pack of cards: shuffle the pack once, then deal it out until nothing is left.",
    "rng.permutation(N) is an array of N numbers, shuffled. A batch is a slice of it, of length B or shorter.",
    "Starts 0, B, 2B, ... below N come from range(0, N, B). A batch is order[start : start + B]; keep them in a list.",
)

# ------------------------------------------------------------------------------------------------ 05.2

epoch = exercise("05.2", "One epoch of mini-batch descent", points=2)


@epoch.reference
def sgd_epoch(w: Array, X: Array, y: Array, batches: Sequence[Any], lr: float) -> Array:
    """Move after every batch, so that the next batch is looked at from the new place.

    The gradient of the batch's mean of (Xw − y)² is 2Xᵀ(Xw − y) divided by the samples in this batch,
    which may be fewer than in the others.
    """
    for rows in batches:
        error = X[rows] @ w - y[rows]
        w = w - lr * 2 * X[rows].T @ error / len(error)
    return w


PULL = "2 * X[rows].T @ error / len(error)"
epoch.mutant(
    "The gradients of a batch are added up. Divide by its size, or the step grows with the batch.", " / len(error)", ""
)
epoch.mutant(
    "All batches are judged from where the epoch began. Use the new w as soon as you have it.",
    [("    for rows", "    start = w\n    for rows"), ("@ w - y", "@ start - y")],
)
epoch.mutant(
    "You divide by the size of the first batch. The last one can be shorter: divide by its own size.",
    "len(error)",
    "len(batches[0])",
)
epoch.mutant(
    "You divide by the number of batches. Divide by the number of samples in this batch.", "len(error)", "len(batches)"
)
epoch.mutant(
    "You divide by the number of all samples. Divide by the number of samples in this batch.", "len(error)", "len(X)"
)
epoch.mutant(
    "Only the first batch is used. Is a `return` inside the loop? It ends the loop in its first turn.",
    "    return w",
    "        return w",
)
epoch.mutant(
    "You walked uphill: subtract the gradient, and take the error as prediction minus target.", "w - lr", "w + lr"
)
epoch.mutant(
    "The 2 is missing: the loss of a sample is the square of its error, and the slope of e² is 2e.", "2 * ", ""
)
epoch.mutant(
    "Every step looks at all the data. A batch is X[rows] and y[rows].",
    [("X[rows] @ w - y[rows]", "X @ w - y"), ("X[rows].T", "X.T")],
)
epoch.mutant(
    "You take a step for every sample. One step for a batch: its gradients are averaged, from one w.",
    [
        ("error = X[rows] @ w - y[rows]\n        w = w", "for k in rows:\n            w = w"),
        (PULL, "2 * X[k] * (X[k] @ w - y[k])"),
    ],
)
epoch.mutant(
    "You square the errors. That is the loss; its gradient has each error once: 2Xᵀ(Xw − y).",
    "X[rows] @ w - y[rows]",
    "(X[rows] @ w - y[rows]) ** 2",
)
epoch.mutant(
    "The mean error moves all entries of w alike. Each entry is pulled by its own column of X: Xᵀ times the error.",
    PULL,
    "2 * np.mean(error)",
)
epoch.mutant("The learning rate is missing: each step is lr times the gradient.", "lr * ", "")


epoch.mutant(
    "You divide by the number of parameters. Divide by the number of samples in this batch.", "len(error)", "len(w)"
)
epoch.mutant(
    "You average over the batches and move once. Each batch moves w, and the next one starts from there.",
    [("    for rows", "    start = w\n    for rows"), ("@ w - y", "@ start - y"), (PULL, PULL + " / len(batches)")],
)
epoch.mutant(
    "You step by the loss itself. A step needs its gradient: 2Xᵀ(Xw − y), divided by the batch's size.",
    PULL,
    "np.mean(error**2)",
)
epoch.equivalent("X[rows] @ w", "X[rows] @ w.T", "A vector has one axis: to transpose it changes nothing.")
epoch.equivalent("@ error", "@ error.T", "A vector has one axis: to transpose it changes nothing.")
epoch.equivalent("len(error)", "len(rows)", "There is one error for each row of the batch.")


epoch.mutant(
    "Every step looks at all the data. A batch is X[rows] and y[rows].",
    [("X[rows] @ w - y[rows]", "X @ w - y"), ("X[rows].T", "X.T"), ("len(error)", "len(rows)")],
)


@epoch.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(
        w=np.array([0.0]), X=np.array([[1.0], [2.0], [1.0]]), y=np.array([1.0, 2.0, 3.0]), batches=[[0, 1], [2]], lr=0.1
    )
    yield dict(w=np.array([1.0, -1.0]), X=np.array([[1, 2]]), y=np.array([3]), batches=[[0]], lr=0.5)
    for size, d in ((3, 2), (4, 3), (1, 2)):
        N = 11 if size > 1 else 5
        order = rng.permutation(N)
        yield dict(
            w=rng.normal(size=d),
            X=rng.normal(size=(N, d)),
            y=rng.normal(size=N),
            batches=[order[k : k + size] for k in range(0, N, size)],
            lr=float(rng.uniform(0.02, 0.1)),
        )


epoch.hints(
    "For each batch in turn: where do its samples want you to go? Go there at once, then ask the next batch.",
    "X[rows] is (size, d), y[rows] is (size,), w is (d,). The error is (size,); X[rows].T @ error is (d,), like w.",
    "for rows in batches: error = X[rows] @ w - y[rows]; then w = w - lr * 2 * X[rows].T @ error / len(error).",
)

# ------------------------------------------------------------------------------------------------ 05.3

bucket = exercise("05.3", "The bucket that counts right", points=1)


@bucket.reference
def accumulate(grads: Sequence[Any], sizes: Sequence[int]) -> Any:
    """A mean times its size is the sum it came from; the sum of these sums over all samples is the full mean."""
    total = 0.0
    for grad, size in zip(grads, sizes):  # noqa: B905
        total = total + size * grad
    return total / sum(sizes)


bucket.mutant(
    "You added the means up. Two halves of the data would give twice the gradient.",
    [("size * ", ""), (" / sum(sizes)", "")],
)
bucket.mutant(
    "All micro-batches count alike here, the short one too. A mean of 2 samples weighs less than one of 4.",
    [("size * ", ""), ("sum(sizes)", "len(grads)")],
)
bucket.mutant(
    "This is the gradient of the SUM over all samples. Divide by how many samples there are.", " / sum(sizes)", ""
)
bucket.mutant(
    "You weighed by size, then divided by the number of micro-batches. Divide by the number of samples.",
    "sum(sizes)",
    "len(grads)",
)
bucket.mutant(
    "You divided by the number of samples, but added up means. First make each mean a sum: times its size.",
    "size * ",
    "",
)
bucket.mutant(
    "Only the last micro-batch is left: each one replaced the one before. Add to the bucket.",
    "total / sum(sizes)",
    "grad * 1.0",
)
bucket.mutant(
    "Only the last micro-batch is in the bucket: each one replaced the one before. Add to it.", "total + size", "size"
)
bucket.mutant(
    "Only the first micro-batch is in the bucket. Is a `return` inside the loop? It ends the loop in its first turn.",
    "    return",
    "        return",
)
bucket.mutant(
    "You averaged over the parameters, too: one number came out. Each parameter keeps its own mean.",
    "total / sum",
    "np.mean(total) / sum",
)
bucket.mutant(
    "You divide each mean by its size. A mean TIMES its size is the sum that it came from.",
    "size * grad",
    "grad / size",
)


bucket.equivalent("for grad, size in", "for size, grad in", "The two are only multiplied, in whatever order.")
bucket.equivalent("zip(grads, sizes)", "zip(sizes, grads)", "The two are only multiplied, in whatever order.")
bucket.equivalent("zip(grads, sizes)", "reversed(list(zip(grads, sizes)))", "A sum does not depend on the order.")


bucket.mutant(
    "For tables of parameters np.dot and @ add up along another axis. Add size * grad in a loop over both lists.",
    "return total /",
    "return np.dot(sizes, grads) /",
)
bucket.mutant("Every mean is weighed with the first size. Each has a size of its own.", "size * ", "sizes[0] * ")


@bucket.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(grads=[np.array([1.0]), np.array([4.0])], sizes=[2, 1])
    for sizes, d in (([4, 4, 2], 3), ([8, 8, 8, 5], 2), ([3, 1], 2), ([6], 2)):
        yield dict(grads=[rng.normal(size=d) for _ in sizes], sizes=sizes)
    yield dict(grads=[np.array([v]) for v in (1.5, 2.5, float(rng.uniform(5, 9)))], sizes=[5, 5, 1])  # one parameter
    yield dict(grads=[rng.normal(size=(2, 3)) for _ in range(2)], sizes=[3, 2])  # a table of parameters
    yield dict(grads=[np.array([1, 2]), np.array([4, 8])], sizes=[1, 2])


bucket.hints(
    "Each micro-batch hands you a mean. How would you get the mean over all samples out of means of parts?",
    "A mean times its size is a sum. grads[i] has the shape of the parameters, sizes[i] is a whole number.",
    "Add up size * grad over all pairs from zip(grads, sizes), then divide by sum(sizes).",
)

# ------------------------------------------------------------------------------------------------ 05.4

count = exercise("05.4", "Count the updates", points=1)


@count.reference
def n_updates(N: int, B: int, epochs: int, k: int) -> int:
    """An epoch has ⌈N/B⌉ micro-batches, the short one included, and an update for every k of them or what is left.

    −(−a // b) divides whole numbers and rounds up, without a detour through floats.
    """
    micro = -(-N // B)
    return epochs * -(-micro // k)


count.mutant(
    "You round up once, at the very end. Every epoch ends with an update: round up within the epoch, twice.",
    "    micro = -(-N // B)\n    return epochs * -(-micro // k)",
    "    return -(-N * epochs // (B * k))",
)
count.mutant("The last micro-batch is short, but it is there: N/B is rounded up.", "-(-N // B)", "N // B")
count.mutant(
    "An epoch that ends with fewer than k micro-batches in the bucket still ends with an update: round up.",
    "-(-micro // k)",
    "(micro // k)",
)
count.mutant(
    "Both divisions are rounded down. A short last micro-batch counts, and a bucket that is not full: round up.",
    [("-(-N // B)", "N // B"), ("-(-micro // k)", "(micro // k)")],
)
count.mutant(
    "You round to the nearest. Whatever is left over counts: round up, both times.",
    [("-(-N // B)", "round(N / B)"), ("-(-micro // k)", "round(micro / k)")],
)
count.mutant(
    "You always add one. Where nothing is left over there is no extra batch, and no extra update: round up instead.",
    [("-(-N // B)", "N // B + 1"), ("-(-micro // k)", "(micro // k + 1)")],
)
count.mutant(
    "You counted micro-batches. With accumulation an update comes only after every k of them.",
    "-(-micro // k)",
    "micro",
)
count.mutant(
    "You multiply by k. An update comes after every k micro-batches, so divide by k.", "-(-micro // k)", "micro * k"
)
count.mutant(
    "Here the bucket is emptied at the end of every epoch: round up in each epoch, then multiply.",
    "epochs * -(-micro // k)",
    "-(-epochs * micro // k)",
)
count.mutant(
    "Your bucket goes on into the next epoch. Here every epoch ends with an update, even if fewer than k fell in.",
    "epochs * -(-micro // k)",
    "epochs * micro // k",
)
count.mutant("These are the updates of one epoch. Multiply by the number of epochs.", "epochs * ", "")
count.mutant(
    "A number of updates is a whole number: N/B rarely is. Round up where something is left over.",
    [("-(-N // B)", "N / B"), ("-(-micro // k)", "micro / k")],
)


count.mutant(
    "You cut the fraction off once, at the end. Round up twice: to micro-batches, then to updates of an epoch.",
    "epochs * -(-micro // k)",
    "int(epochs * N / B / k)",
)


count.equivalent(
    "-(-N // B)",
    "-(-N / B)",
    "Whole numbers k: N/B rounded up and divided by k rounds up to what N/B divided by k does.",
)


@count.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # the worked value, then a case for each mistake alone: a short batch, a bucket that is not full
    small = (
        (10, 4, 2, 2),
        (10, 4, 2, 1),
        (12, 4, 2, 2),
        (8, 4, 3, 2),
        (64, 64, 3, 1),
        (7, 10, 4, 3),
        (9, 4, 1, 2),
        (17, 4, 1, 4),
    )
    for N, B, epochs, k in small:
        yield dict(N=N, B=B, epochs=epochs, k=k)
    for _ in range(12):
        B, k = int(rng.integers(3, 12)), int(rng.integers(2, 5))
        N = B * int(rng.integers(20, 60)) + int(rng.integers(1, B))
        yield dict(N=N, B=B, epochs=int(rng.integers(2, 9)), k=k)


count.hints(
    "Go through one epoch by hand: how many micro-batches, and after which of them is there an update?",
    "N/B rounded up gives the micro-batches of an epoch. How many groups of k are these, an incomplete one included?",
    "-(-a // b) is a/b rounded up. Use it twice, first with N and B, then with k; then multiply by epochs.",
)

# ------------------------------------------------------------------------------------------------ 05.5

repair = exercise("05.5", "Repair the loop", points=2, start="...")


@repair.reference
def train(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    """Go on while there are epochs left *and* the last epoch still moved w.

    `range(0, len(X), B)` counts in whole numbers and reaches the short last batch. `w = w - ...` makes a new
    array, so `before` stays what it was; `w -= ...` would change both, and the caller's array with them.
    """
    epoch, moved = 0, np.inf
    while epoch < max_epochs and moved > tol:
        before = w
        for start in range(0, len(X), B):
            rows, targets = X[start : start + B], y[start : start + B]
            w = w - lr * 2 * rows.T @ (rows @ w - targets) / len(rows)
        moved = float(np.linalg.norm(w - before))
        epoch = epoch + 1
    return w, epoch


GO_ON, STEP, MOVED = (
    "epoch < max_epochs and moved > tol",
    "w - lr * 2 * rows.T @ (rows @ w - targets) / len(rows)",
    "float(np.linalg.norm(w - before))",
)
repair.mutant(
    "With `or` the loop goes on until BOTH reasons to stop hold. Use `and`: epochs left, and still moving.",
    GO_ON,
    "(epoch < max_epochs or moved > tol) and epoch < 5000",
)
repair.mutant(
    "len(X) // B leaves out the short last batch: its samples never get a say.",
    "(0, len(X), B)",
    "(0, len(X) - B + 1, B)",
)
repair.mutant(
    "Each batch starts from the epoch's first w, so only the last batch counts. Go on from the new w.",
    STEP,
    "before - lr * 2 * rows.T @ (rows @ before - targets) / len(rows)",
)
repair.mutant(
    "It stops after one epoch: `before` and w are one array, and `-=` changes it. Write w = w - ... there.",
    [("epoch, moved = 0", "w, epoch, moved = w.copy(), 0"), ("w = w - lr", "w -= lr")],
)
repair.mutant(
    "It stops after one epoch. Is a `return` inside the `while`? It ends the loop in its first turn.",
    "    return w, epoch",
    "        return w, epoch",
)
repair.mutant(
    "`moved` is a sum of signed moves: a move down is below tol. Take the length: np.linalg.norm.",
    MOVED,
    "np.sum(w - before)",
)
repair.mutant(
    "`moved` compares two lengths. w may move without getting longer: take the length of w - before.",
    MOVED,
    "np.linalg.norm(w) - np.linalg.norm(before)",
)
repair.mutant(
    "`moved` is the largest move of one entry. The length of the whole move is asked for: np.linalg.norm.",
    MOVED,
    "np.max(abs(w - before))",
)
repair.mutant(
    "`moved` is the square of the length. Take the root, or np.linalg.norm.", MOVED, "np.sum((w - before) ** 2)"
)
repair.mutant(
    "Nobody counts the epochs: add 1 after each, or the limit is never reached.",
    [
        ("epoch, moved = 0, np.inf", "epoch, moved, turns = 0, np.inf, 0"),
        (GO_ON, GO_ON + " and turns < 5000"),
        ("epoch = epoch + 1", "turns = turns + 1"),
    ],
)
repair.mutant(
    "It always runs max_epochs epochs. Stop earlier once an epoch moves w by no more than tol.",
    f"        moved = {MOVED}\n",
    "",
)
repair.mutant(
    "`moved` is measured over the last batch. Keep `before` once an epoch, and measure when all batches are through.",
    [("        before = w\n", ""), ("            rows, targets", "            before = w\n            rows, targets")],
)
repair.mutant(
    "`before` is kept once, at the start of training, so `moved` is the whole way. Keep it anew in every epoch.",
    [("        before = w\n", ""), ("    while", "    before = w\n    while")],
)
repair.mutant(
    "Not a single epoch: go on while moved is ABOVE tol, and start it at np.inf, so that the first one begins.",
    "np.inf",
    "0",
)
repair.mutant(
    "Every batch is given all the data. A batch is X[start : start + B], and y likewise.",
    "X[start : start + B], y[start : start + B]",
    "X, y",
)
repair.mutant("You divide by B. The last batch can be shorter: divide by its own size.", "len(rows)", "B")
repair.mutant("You divide by the number of all samples. Divide by the size of the batch.", "len(rows)", "len(X)")
repair.mutant("The gradients of a batch are added up. Divide by its size.", " / len(rows)", "")
repair.mutant("The 2 is missing: the slope of e² is 2e.", "2 * ", "")
repair.mutant("You walk uphill: subtract the gradient.", "w - lr", "w + lr")
repair.mutant("The order is w first, then the number of epochs.", "return w, epoch", "return epoch, w")
repair.mutant("The number of epochs is missing: return w and the number.", "return w, epoch", "return w")
repair.mutant(
    "You count one epoch too many: start at 0, and add 1 when an epoch is over.",
    "return w, epoch",
    "return w, epoch + 1",
)
repair.mutant(
    "You count one epoch too few: add 1 when an epoch is over, the last one too.",
    "return w, epoch",
    "return w, epoch - 1",
)
repair.mutant(
    "One epoch too many when they run out: go on while epoch is below max_epochs.", "epoch < max", "epoch <= max"
)
repair.mutant(
    "w that did not move more than tol ends it: go on while moved is ABOVE tol, not equal to it.", "> tol", ">= tol"
)
repair.mutant(
    "You count the updates. The epochs are asked for: add 1 when all batches are through.",
    [("        epoch = epoch + 1\n", ""), ("/ len(rows)\n", "/ len(rows)\n            epoch = epoch + 1\n")],
)


repair.equivalent(
    "epoch < max_epochs", "epoch != max_epochs", "Epochs are counted from 0, one by one, and so meet max_epochs."
)
repair.equivalent("w - before", "before - w", "A length has no sign.")
repair.equivalent("norm(w - before)", "norm(-(w - before))", "A length has no sign.")
repair.equivalent("len(X)", "len(y)", "There are as many targets as rows.")
repair.equivalent("len(rows)", "len(targets)", "There are as many targets as rows.")
repair.equivalent(
    "(rows @ w - targets)", "(rows @ w - targets).T", "A vector has one axis: to transpose it changes nothing."
)
repair.equivalent("rows @ w", "rows @ w.T", "A vector has one axis: to transpose it changes nothing.")
repair.equivalent("w - before)", "w - before, axis=0)", "A vector has one axis, and it is both the first and the last.")
repair.equivalent(
    "w - before)", "w - before, axis=-1)", "A vector has one axis, and it is both the first and the last."
)
repair.equivalent("float(np.linalg.norm(w - before))", "np.linalg.norm(w - before)", "norm gives a number already.")
repair.equivalent(
    "        moved = float(np.linalg.norm(w - before))\n        epoch = epoch + 1\n",
    "        epoch = epoch + 1\n        moved = float(np.linalg.norm(w - before))\n",
    "Neither of the two lines uses the other.",
)
repair.equivalent(
    "        moved = float",
    "            moved = float",
    "After the last batch it is measured last, and only that measure is asked for.",
)


@repair.mutant(
    "The loop is left before its last epoch is counted, so the number is one too few. Count first, then break."
)
def _(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    epoch = 0
    while epoch < max_epochs:
        before = w
        for start in range(0, len(X), B):
            rows, targets = X[start : start + B], y[start : start + B]
            w = w - lr * 2 * rows.T @ (rows @ w - targets) / len(rows)
        if not np.linalg.norm(w - before) > tol:
            break
        epoch = epoch + 1
    return w, epoch


@repair.mutant("You return the number of the last epoch, and the first has the number 0: one too few. Count them.")
def _(w: Array, X: Array, y: Array, B: int, lr: float, tol: float, max_epochs: int) -> tuple[Array, int]:
    for epoch in range(max_epochs):  # noqa: B007
        before = w
        for start in range(0, len(X), B):
            rows, targets = X[start : start + B], y[start : start + B]
            w = w - lr * 2 * rows.T @ (rows @ w - targets) / len(rows)
        if not np.linalg.norm(w - before) > tol:
            break
    return w, epoch


@repair.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    X, y = np.array([[1.0], [2.0], [1.0]]), np.array([1.0, 2.0, 3.0])
    yield dict(w=np.array([0.0]), X=X, y=y, B=2, lr=0.1, tol=0.01, max_epochs=1)
    yield dict(w=np.array([2.0]), X=np.array([[1]]), y=np.array([2]), B=1, lr=0.5, tol=0, max_epochs=3)  # at the bottom
    yield dict(w=np.array([4.0]), X=np.array([[1]]), y=np.array([2]), B=1, lr=0.25, tol=0.5, max_epochs=9)  # moves 1, ½
    yield dict(w=np.array([-4.0]), X=np.array([[1]]), y=np.array([-2]), B=1, lr=0.25, tol=0.5, max_epochs=9)
    yield dict(w=np.array([0.0]), X=X, y=y, B=2, lr=0.1, tol=0.01, max_epochs=0)
    yield dict(w=np.array([0.0]), X=X, y=y, B=2, lr=0.1, tol=0.3, max_epochs=9)  # moves 1, 0.4, 0.16
    for size, lr, tol, most in ((3, 0.1, 1e-3, 200), (4, 0.1, 1e-2, 300), (3, 0.02, 1e-6, 6), (10, 0.2, 1e-3, 200)):
        X = np.stack([rng.uniform(-1, 2, 10), np.ones(10)], axis=1)  # 10 is no multiple of 3 or 4; all at once, too
        y = X @ np.array([0.8, 1.0]) + rng.normal(0, 0.6, 10)
        yield dict(w=rng.normal(2.5, 0.3, size=2), X=X, y=y, B=size, lr=lr, tol=tol, max_epochs=most)
    X = np.array([[2.0], [2.0], [3.0]])
    yield dict(w=np.array([1.0]), X=X, y=np.array([0.0, 0.0, 1.0]), B=2, lr=0.5, tol=0.1, max_epochs=4)  # explodes


repair.hints(
    "Four things: when to go on, how to count batches, which w a batch starts from, and who counts the epochs.",
    "epoch is a whole number, moved the length of a vector of shape (d,): np.linalg.norm(w - before).",
    "while epoch < max_epochs and moved > tol: keep before = w, go through range(0, len(X), B), then set moved, add 1.",
)

# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "05.a",
        "You stand on the hill of an average loss. One sample's pull is a rough guess at the pull of all. You average "
        "over batches of 16 samples instead of asking one. How much narrower does the cloud of guesses get?",
        options={
            "16 times narrower": "Look at the right panel: from B = 1 to B = 16 the scatter falls less than that.",
            "4 times narrower": "The scatter falls as one over the square root of B, and the root of 16 is 4.",
            "No narrower: samples are samples": "Move B and watch: the errors of 16 samples partly cancel.",
        },
        answer="4 times narrower",
    ),
    prediction(
        "05.b",
        "You walk with one sample at a time, a fixed η, and more and more epochs. What does the loss do?",
        options={
            "It falls to the minimum, only slower": "Play to the end: it stops falling long before that.",
            "It falls fast, then hovers above the minimum": (
                "Each sample goes on pulling its own way, and η does not get smaller."
            ),
            "It falls, then rises to where it began": "It does not rise for good. The pulls nearly cancel on average.",
        },
        answer="It falls fast, then hovers above the minimum",
    ),
    prediction(
        "05.c",
        "Four hikers use batches of 1, 8, 64 and all 4096 samples, each with its own good learning rate. "
        "Who first comes down to the finish?",
        options={
            "B = 1": "Switch the axis to samples, and so it is. To updates, and it comes last.",
            "All 4096": "Switch the axis to updates, and so it is. To samples, and it comes last.",
            "It depends on what you count": "Updates, samples and seconds each have another winner.",
        },
        answer="It depends on what you count",
    ),
]

quiz = [
    question(
        "05.q1",
        "N = 1000 samples, B = 64. How many updates has an epoch, and how many samples has the last batch?",
        options={
            "15 updates; the last batch has 64": "15 · 64 = 960. What about the other 40 samples?",
            "16 updates; the last batch has 40": "1000/64 is 15.6, rounded up 16, and 1000 − 15 · 64 = 40.",
            "16 updates; the last batch has 64": "16 · 64 = 1024: more samples than there are.",
        },
        answer="16 updates; the last batch has 40",
    ),
    question(
        "05.q2",
        "You make B nine times as large. The scatter of the batch gradients ...",
        options={
            "falls to a ninth": "The variance does. The scatter, its root, falls less.",
            "falls to a third": "It falls as 1/√B.",
            "stays: only the computer works differently": "That is LeCun's notes' “only reason”. Averaging also calms.",
        },
        answer="falls to a third",
    ),
    question(
        "05.q3",
        "SGD with B = 1 hovers above the minimum. Which of these does NOT bring it closer?",
        options={
            "More epochs with the same η": "The hovering is a balance of pulls, and time does not change it.",
            "A smaller η from now on": "That lowers the floor: it is roughly proportional to η.",
            "A larger batch from now on": "That lowers the floor, too: calmer gradients, smaller jumps.",
        },
        answer="More epochs with the same η",
    ),
    question(
        "05.q4",
        "Micro-batches of 8, 8 and 4 samples have the mean gradients 1, 1 and 6. What is the gradient of the whole?",
        options={
            "8": "That is the sum of the means: the step would be four times too long.",
            "2.67": "That is the mean of the means. The last one stands for 4 samples only.",
            "2": "(8 · 1 + 8 · 1 + 4 · 6)/20 = 40/20.",
        },
        answer="2",
    ),
    question(
        "05.q5",
        "“A larger batch converges faster.” When is that so?",
        options={
            "Always": "Count samples instead of updates, and the smallest batch came first in the race.",
            "Counted in updates": "And only up to a point: from some B on, hardly an update is saved.",
            "Never": "Counted in updates it was: all samples needed the fewest.",
        },
        answer="Counted in updates",
    ),
]
