"""Answers to lesson 14, modules, two Jacobians, devices.

Every function here stands alone: it sees ``np``, ``dl`` and its own arguments, nothing else.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dlcourse.lesson import exercise, prediction, question

Array = NDArray[np.float64]
Case = dict[str, Any]


# ------------------------------------------------------------------------------------------------ 14.1

linear = exercise("14.1", "A linear module", points=2, strict=True, without=("Linear", "gradients", "jacobian"))


@linear.reference
class Linear:
    """The way there keeps z, because dW is made of it; the way back is two products and a sum.

    Rows are samples. Each sample's g goes back through the transposed W; all samples share one W and one b, so what
    they say about these adds up: in the product zᵀg by itself, for b by a sum over the rows.
    """

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, z: Array) -> Array:
        self.z = z
        return z @ self.W + self.b

    def backward(self, g: Array) -> tuple[Array, list[Array]]:
        return g @ self.W.T, [self.z.T @ g, g.sum(axis=0)]


BACK = "g @ self.W.T, [self.z.T @ g, g.sum(axis=0)]"
for message, wrong in (
    (
        "Your dW is transposed. It belongs to W, so it has W's shape, (n_in, n_out).",
        "g @ self.W.T, [g.T @ self.z, g.sum(axis=0)]",
    ),
    (
        "Your db has a row for each sample. One b serves all of them: sum over the samples.",
        "g @ self.W.T, [self.z.T @ g, g]",
    ),
    (
        "For db you added along the rows, axis 1. Add over the samples, down the columns: one number for each output.",
        "g @ self.W.T, [self.z.T @ g, g.sum(axis=1)]",
    ),
    (
        "g goes back through W as if it went forward. On the way back the weights are transposed.",
        "g @ self.W, [self.z.T @ g, g.sum(axis=0)]",
    ),
    (
        "Your db leaves g out. b goes into each sum with slope 1, so each sample's g counts in full: add them up.",
        "g @ self.W.T, [self.z.T @ g, np.ones_like(self.b)]",
    ),
    (
        "You averaged over the samples. Whether the loss is a mean is the loss's affair; g knows it already.",
        "g @ self.W.T, [self.z.T @ g / len(g), g.mean(axis=0)]",
    ),
    (
        "Your pair is the wrong way round: first the slope by z, then the list for the weights.",
        "[self.z.T @ g, g.sum(axis=0)], g @ self.W.T",
    ),
    (
        "Your list is the wrong way round: first the gradient of W, then that of b.",
        "g @ self.W.T, [g.sum(axis=0), self.z.T @ g]",
    ),
    ("That is the slope by z alone. The list of the weights' gradients belongs to it: a pair.", "g @ self.W.T"),
    ("That is the list for the weights alone. The slope by z goes before it: a pair.", "[self.z.T @ g, g.sum(axis=0)]"),
    (
        "Those are three things. A pair is asked for: the slope by z, and a list of the weights' two gradients.",
        "g @ self.W.T, self.z.T @ g, g.sum(axis=0)",
    ),
):
    linear.mutant(message, BACK, wrong)
linear.mutant("The bias is missing on the way there: z @ W + b.", "z @ self.W + self.b", "z @ self.W")
linear.mutant(
    "You kept what comes out. dW is made of what goes in: keep z.", "self.z = z\n", "self.z = z @ self.W + self.b\n"
)
linear.mutant(
    "You kept the z of the first call. Each forward brings a new z; backward belongs to the latest.",
    "self.z = z\n",
    'self.z = getattr(self, "z", z)\n',
)
linear.mutant(
    "All your modules share one z. Keep it on self, so that each has its own.", "self.z = z\n", "type(self).z = z\n"
)
linear.mutant(
    "Your backward moves the weights. It gives back their gradients; the step is taken elsewhere.",
    f"return {BACK}",
    f"back = {BACK}\n        self.W, self.b = self.W - 0.1 * back[1][0], self.b - 0.1 * back[1][1]"
    "\n        return back",
)
linear.mutant(
    "All your modules share one W and one b. Keep them on self, so that each has its own.",
    "self.W, self.b = W, b",
    "type(self).W, type(self).b = W, b",
)
linear.mutant(
    "The slope by z is made of z with you. What goes back is g: its way is through Wᵀ.", "return g @", "return self.z @"
)
linear.mutant(
    "Your gradients add up from call to call. Each backward gives those of its own g alone.",
    f"return {BACK}",
    """dW, db = getattr(self, "sums", (0, 0))
        self.sums = dW + self.z.T @ g, db + g.sum(axis=0)
        return g @ self.W.T, list(self.sums)""",
)
linear.mutant(
    "You go on with the W and b of the first call. A step puts others into self.W and self.b: take those, each time.",
    [
        ("self.z = z\n", 'self.z = z\n        self.kept = getattr(self, "kept", (self.W, self.b))\n'),
        ("z @ self.W + self.b", "z @ self.kept[0] + self.kept[1]"),
        ("g @ self.W.T", "g @ self.kept[0].T"),
    ],
)


linear.equivalent("return z @", "return self.z @", "It has just been kept.")


@linear.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    one = [[3.0]], [[4.0]], [[5.0], [6.0]]
    yield dict(
        W=np.array([[2.0]]), b=np.array([1.0]), z=[np.array(z) for z in one], g=[np.array([[1.0]]), np.array([[-2.0]])]
    )
    # the next is square, so that a forgotten transpose gives a wrong value and not only an error
    for n, n_in, n_out in [(3, 3, 3), (4, 2, 3), (5, 3, 1), (1, 4, 2)]:
        z = [rng.normal(size=(rows, n_in)) for rows in (n, n, n + 1)]
        g = [rng.normal(size=(rows, n_out)) for rows in ((n, n) if n > 1 else (n, n, n + 1))]
        yield dict(W=rng.normal(size=(n_in, n_out)), b=rng.normal(size=n_out), z=z, g=g)


@linear.observe
def _(answer: type[Any], case: Case) -> dict[str, Any]:
    """Each backward has a g that no earlier one of its z has had: nothing can be kept from call to call.

    In the end a step gives the module other weights. Where it keeps them under names of its own, that can't be done.
    """
    (first, second, more), (g, other_g, *more_g) = case["z"], case["g"]
    module = answer(case["W"], case["b"])
    seen = {"forward": module.forward(first), "backward": module.backward(g)}
    other = answer(2 * case["W"], -case["b"])
    seen["forward of another module"] = other.forward(second)
    seen |= {"backward again": module.backward(other_g), "backward of the other": other.backward(g)}
    seen |= {"forward of another z": module.forward(second), "backward of that": module.backward(other_g)}
    seen["forward of more rows"] = module.forward(more)
    if more_g:  # in one case alone: in the others, the misconceptions that fall over it are to show their values
        seen["backward of more rows"] = module.backward(*more_g)
    if hasattr(module, "W") and hasattr(module, "b"):
        module.W, module.b = 2 * case["W"], -case["b"]
    else:
        module = other
    seen |= {"forward after a step": module.forward(second), "backward after a step": module.backward(other_g)}
    # a pair may be a list of two, too
    return {call: tuple(back) if "backward" in call and type(back) is list else back for call, back in seen.items()}


FORWARDS = "forward", "forward of another z", "forward of more rows", "forward after a step"
linear.part("forward", 1, lambda observed: tuple(observed[call] for call in FORWARDS))

linear.hints(
    "backward gets g, the slope of the loss by the module's output. It owes two answers: one for the module below, "
    "one for its own weights.",
    "z is (N, n_in), g is (N, n_out). dz has z's shape, dW has W's, db has b's. z was there in forward only: keep it.",
    "forward keeps self.z = z. backward returns g @ W.T, and the list of self.z.T @ g and g.sum(axis=0).",
)


# ------------------------------------------------------------------------------------------------ 14.2

stack = exercise(
    "14.2", "Modules one after the other", points=2, strict=True, without=("Sequential", "gradients", "jacobian")
)


@stack.reference
class Sequential:
    """Forward hands z from module to module; backward hands g down the same modules, the last one first.

    Each module is asked once, and answers twice: what goes on to the one below, and what is for its own weights.
    """

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = layers

    def forward(self, z: Array) -> Array:
        for layer in self.layers:
            z = layer.forward(z)
        return z

    def backward(self, g: Array) -> tuple[Array, list[Array]]:
        grads: list[Array] = []
        for layer in reversed(self.layers):
            g, own = layer.backward(g)
            grads = own + grads
        return g, grads


DOWN = """for layer in reversed(self.layers):
            g, own = layer.backward(g)
            grads = own + grads
        return g, grads"""
stack.mutant(
    "You went back from the first module to the last. g comes from the loss: the last module gets it first.",
    [("reversed(self.layers)", "self.layers"), ("own + grads", "grads + own")],
)
stack.mutant(
    "You went through the modules backwards in forward, and forwards in backward. The first of the list is the bottom.",
    [
        ("in self.layers:", "in reversed(self.layers):"),
        ("for layer in reversed(self.layers):\n            g, own", "for layer in self.layers:\n            g, own"),
    ],
)
stack.mutant(
    "Forward goes from the last module to the first. The first of the list is at the bottom, and gets z first.",
    "in self.layers:",
    "in reversed(self.layers):",
)
stack.mutant(
    "The gradients are listed from the last module to the first. Put them in the order of the modules.",
    "own + grads",
    "grads + own",
)
stack.mutant(
    "Turning the whole list round puts each db before its dW. Put each module's list in front of those so far.",
    [("own + grads", "grads + own"), ("return g, grads", "return g, grads[::-1]")],
)
stack.mutant(
    "Your list holds a list for each module. One flat list is asked for: join them.", "own + grads", "[own] + grads"
)
stack.mutant(
    "Every module was handed the same g. Hand each one what the module above it gave back.",
    DOWN,
    DOWN.replace("g, own", "down, own").replace("return g", "return down"),
)
stack.mutant("Only one module's gradients came back. Collect those of all of them.", "own + grads", "own or grads")
stack.mutant(
    "Forward, every module was handed the input itself. Hand each one what the module before it gave.",
    [("z = layer.forward(z)", "out = layer.forward(z)"), ("return z", "return out")],
)
stack.mutant(
    "Forward, what a module gives back is thrown away. It is the next z.", "z = layer.forward(z)", "layer.forward(z)"
)
stack.mutant(
    "Your list holds a list for each module, the last first. One flat list is asked for, in the modules' order.",
    "own + grads",
    "grads + [own]",
)
stack.mutant("Only one module's gradients came back. Collect those of all of them.", "own + grads", "own")
stack.mutant(
    "Forward, only the first module was asked. Does a `return` stand inside your loop?",
    "layer.forward(z)\n",
    "layer.forward(z)\n            return z\n",
)
stack.mutant(
    "You turned the modules' own list round, and it stays so. Go through it backwards and leave it: reversed(...).",
    "for layer in reversed(self.layers):",
    "self.layers.reverse()\n        for layer in self.layers:",
)
stack.mutant(
    "The list of gradients is never emptied: those of the last call are still in it. Begin a new one in backward.",
    [
        ("grads: list[Array] = []", 'grads = getattr(self, "grads", [])'),
        ("return g, grads", "self.grads = grads\n        return g, grads"),
    ],
)
stack.mutant(
    "After backward the stack has no modules any more. Going through a list must not use it up.",
    DOWN,
    """while self.layers:
            g, own = self.layers.pop().backward(g)
            grads = own + grads
        return g, grads""",
)


@stack.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # a pair (W, b) is a linear module, None is tanh
    pairs = [(np.array([[w]]), np.array([0.0])) for w in (2.0, 5.0)]
    yield dict(layers=pairs, z=np.array([[3.0]]), g=np.array([[1.0]]))
    # square, so that a wrong order gives wrong values
    for n, d, kinds in [(2, 2, "LTL"), (3, 3, "LTLT"), (4, 2, "TLTLL")]:
        layers = [(rng.normal(size=(d, d)), rng.normal(size=d)) if kind == "L" else None for kind in kinds]
        yield dict(layers=layers, z=rng.normal(size=(n, d)), g=rng.normal(size=(n, d)))


@stack.observe
def _(answer: type[Any], case: Case) -> dict[str, Any]:
    def one_array(g: Any) -> Any:
        if isinstance(g, tuple | list):
            raise TypeError(f"backward takes one g, an array, and was handed a {type(g).__name__}")
        return g

    class Tanh:
        def __init__(self) -> None:
            self.z = 0.0  # where backward is asked before forward was, it answers all the same

        def forward(self, z: Any) -> Any:
            self.z = z
            return np.tanh(z)

        def backward(self, g: Any) -> Any:
            return one_array(g) * (1 - np.tanh(self.z) ** 2), []

    class Affine:
        def __init__(self, W: Any, b: Any) -> None:
            self.W, self.b, self.z = W, b, np.zeros((len(case["z"]), len(W)))

        def forward(self, z: Any) -> Any:
            self.z = z
            return z @ self.W + self.b

        def backward(self, g: Any) -> Any:
            return one_array(g) @ self.W.T, [self.z.T @ g, g.sum(axis=0)]

    model = answer([Tanh() if layer is None else Affine(*layer) for layer in case["layers"]])
    z, g = case["z"], case["g"]
    seen = {"forward": model.forward(z), "backward": model.backward(g)}
    seen |= {"forward of 2z": model.forward(2 * z), "backward after that": model.backward(g)}
    # a pair may be a list of two, too
    return {call: tuple(back) if "backward" in call and type(back) is list else back for call, back in seen.items()}


stack.hints(
    "Two walks over one list: z walks up, g walks down.",
    "layer.forward(z) gives the next z. layer.backward(g) gives a pair: the next g, and a list, empty for tanh.",
    "In backward, for layer in reversed(self.layers): g, own = layer.backward(g), then grads = own + grads, so that "
    "the first module's stand first.",
)


# ------------------------------------------------------------------------------------------------ 14.3

rows = exercise("14.3", "Flatten, but not the batch", points=1)


@rows.reference
def flatten(x: Array) -> Array:
    """The first axis counts the images and stays; all other axes become one. `reshape` copies where it has to."""
    return x.reshape(len(x), -1)


FLAT = "x.reshape(len(x), -1)"
for message, wrong in (
    ("The batch is flattened, too, and all images have become one long row, as with view(-1).", "x.reshape(-1)"),
    ("You made one row of everything. Each image is a sample: as many rows as images.", "x.reshape(1, -1)"),
    ("The shape is right, but the images are mixed: each row has dots of all of them.", "x.reshape(-1, len(x)).T"),
    ("Rows and columns are exchanged, and the images mixed: a row for each image.", "x.reshape(-1, len(x))"),
    ("You flattened the last two axes only. The channels belong to the image, too.", "x.reshape(*x.shape[:-2], -1)"),
    (
        "Each image is read column by column (order F). Read it in the order of its axes, the last one fastest.",
        'np.stack([image.ravel(order="F") for image in x])',
    ),
    (
        "You read the memory as it lies there. Where axes were moved, that is not their order: leave `order` alone.",
        'x.reshape(len(x), -1, order="A")',
    ),
    (
        "The channels are averaged away. All dots of all channels stay, in one row.",
        "x.mean(axis=1).reshape(len(x), -1)",
    ),
):
    rows.mutant(message, FLAT, wrong)


rows.equivalent("-1", "-2", "NumPy works out any length below 0.")


@rows.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    stay = [0, 1, 2, 3]
    yield dict(x=np.arange(8).reshape(2, 1, 2, 2), axes=stay)
    yield dict(x=np.arange(8).reshape(1, 2, 2, 2), axes=stay)
    yield dict(x=rng.normal(size=(2, 3, 2, 2)), axes=stay)
    yield dict(x=rng.normal(size=(2, 3, 4, 2)), axes=[0, 2, 3, 1])  # no view can do it
    yield dict(x=rng.normal(size=(2, 3, 2, 3)), axes=[3, 2, 1, 0])
    yield dict(x=rng.normal(size=(1, 3, 2, 5)), axes=stay)
    yield dict(x=rng.integers(0, 256, size=(3, 1, 2, 2)), axes=stay)


@rows.observe
def _(answer: Any, case: Case) -> Any:
    return answer(case["x"].transpose(case["axes"]))


rows.hints(
    "Which axis counts the samples? That one stays. The others become one.",
    "x is (N, channels, height, width). The answer is (N, channels · height · width).",
    "x.reshape(len(x), -1): NumPy works out the −1.",
)


# ------------------------------------------------------------------------------------------------ 14.4

counting = exercise("14.4", "How many numbers does it learn?", points=1)


@counting.reference
def param_count(dims: Sequence[int]) -> int:
    """A layer from n to m has n·m weights and m biases, one for each of its sums."""
    total = 0
    for k in range(len(dims) - 1):
        total += dims[k] * dims[k + 1] + dims[k + 1]
    return total


counting.mutant(
    "The biases are missing: nn.Linear adds one to each of its sums.", "dims[k + 1] + dims[k + 1]", "dims[k + 1]"
)
counting.mutant(
    "You counted a bias for each number that goes in. There is one for each that comes out.",
    "+ dims[k + 1]",
    "+ dims[k]",
)
counting.mutant(
    "You counted one bias for a whole layer. There is one for each number that comes out.", "+ dims[k + 1]", "+ 1"
)
counting.mutant(
    "You multiplied all sizes together. Layers have matrices of their own: add them up.",
    "return total",
    "return int(np.prod(dims))",
)
counting.mutant("The last layer is missing: n sizes make n − 1 layers.", "len(dims) - 1", "len(dims) - 2")
counting.mutant(
    "You added up the sizes. A layer from n to m has a table of n·m weights, and m biases.",
    "return total",
    "return sum(dims)",
)
counting.mutant("Only the last layer is counted. Add each layer to what you have so far.", "total +=", "total =")
counting.mutant(
    "You jump from the first size to the last. Each layer leads from one size to the next: go layer by layer.",
    "return total",
    "return dims[0] * dims[-1] + dims[-1]",
)
counting.mutant(
    "A layer is no square. It leads from one size to the next: n·m weights, and m biases.",
    "return total",
    "return sum(n * n + n for n in dims)",
)
counting.mutant(
    "You multiplied all sizes together. Layers have matrices of their own: add them up.",
    "return total",
    "return int(np.prod(dims)) + sum(dims[1:])",
)
counting.mutant("The input has got biases, too. Only the sums of a layer have them.", "total = 0", "total = dims[0]")


counting.equivalent(
    "+ dims[k + 1]", "+ dims[-(k + 1)]", "The biases of all layers but the input's, added up from the other end."
)
counting.equivalent(
    "in range(len(dims) - 1)", "in reversed(list(range(len(dims) - 1)))", "A sum does not ask what comes first."
)


@counting.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield dict(dims=[2, 3, 1])
    yield dict(dims=[3, 2])
    for n in (4, 3, 5, 4, 6, 2, 3, 4, 5, 3, 4, 6, 3, 5):  # a number alone could be guessed
        yield dict(dims=[int(d) for d in rng.integers(20, 900, size=n)])


counting.hints(
    "Go layer by layer: a table of weights, and a bias for each sum.",
    "dims[k] numbers go into layer k and dims[k + 1] come out; len(dims) − 1 layers.",
    "Add up dims[k] * dims[k + 1] + dims[k + 1] over the layers.",
)


# ------------------------------------------------------------------------------------------------ 14.5

moving = exercise("14.5", "All of it to the device", points=2)


@moving.reference
def to_device(module: Any, dev: Any) -> Any:
    """Everything that forward touches has to live in one place: parameters, buffers, and the same in every child.

    An array on a device is a new object, so it is stored where the old one was.
    """
    for store in (module.parameters, module.buffers):
        for name in store:
            store[name] = dev.put(store[name])
    for child in module.children:
        to_device(child, dev)
    return module


moving.mutant(
    "The buffers stayed behind. They are no parameters, but forward uses them: move them, too.",
    "(module.parameters, module.buffers)",
    "(module.parameters,)",
)
moving.mutant(
    "Only the outer module moved. Its children hold parameters of their own, and so may their children.",
    "    for child in module.children:\n        to_device(child, dev)\n",
    "",
)
moving.mutant(
    "The children moved, but not THEIR children: let to_device call itself.",
    """    for store in (module.parameters, module.buffers):
        for name in store:
            store[name] = dev.put(store[name])
    for child in module.children:
        to_device(child, dev)
""",
    """    for one in [module, *module.children]:
        for store in (one.parameters, one.buffers):
            for name in store:
                store[name] = dev.put(store[name])
""",
)
moving.mutant(
    "In the children only the parameters moved, and nothing in THEIR children: let to_device call itself.",
    "        to_device(child, dev)\n",
    "        child.parameters = {name: dev.put(array) for name, array in child.parameters.items()}\n",
)
moving.mutant(
    "You wrote another device on the array. Nothing moves it but dev.put, which gives the array that lives there.",
    "store[name] = dev.put(store[name])",
    "store[name].device = dev",
)
moving.mutant("Give back the module itself, and nothing beside it.", "return module", "return module, module.children")
moving.mutant(
    "A module with children moves its children only. It may hold arrays of its own, too.",
    "for name in store:",
    "for name in [] if module.children else store:",
)
moving.mutant(
    "Nothing has moved. dev.put gives a NEW array on the device: store it in place of the old one.",
    "store[name] = dev.put",
    "dev.put",
)
moving.mutant(
    "What was on another device already stayed there. Wherever it is, it has to go to dev.",
    "store[name] = dev.put(store[name])",
    'store[name] = dev.put(store[name]) if store[name].device == "cpu" else store[name]',
)
moving.mutant(
    "A copy moved, and the module itself stayed where it was. Change the module that you are given.",
    "    for store in",
    "    from copy import deepcopy\n\n    module = deepcopy(module)\n    for store in",
)


STORES, NAMES = "(module.parameters, module.buffers)", "for name in store:"
ALL_STORES = f"    for store in {STORES}:\n        {NAMES}\n            store[name] = dev.put(store[name])\n"
CHILDREN = "    for child in module.children:\n        to_device(child, dev)\n"
for old, new in (
    (STORES, "(module.buffers, module.parameters)"),
    (STORES, f"reversed(list({STORES}))"),
    ("in module.children", "in reversed(list(module.children))"),
    (NAMES, "for name in reversed(list(store)):"),
    (ALL_STORES + CHILDREN, CHILDREN + ALL_STORES),
    (CHILDREN, CHILDREN.replace("    for", "        for").replace("    to", "        to")),  # twice, to the same place
):
    moving.equivalent(old, new, "All of it moves, whatever moves first.")


@moving.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # a module is (parameters, buffers, children); an array is (its device, its numbers)
    def arrays(*names: str, device: str = "cpu") -> dict[str, tuple[str, Array]]:
        return {name: (device, rng.normal(size=2)) for name in names}

    yield dict(module=({"W": ("cpu", np.array([1.0, 2.0]))}, {}, []), dev="gpu")
    norm: Any = (arrays("scale"), arrays("mean", "variance"), [])
    yield dict(module=(arrays("W", "b"), {}, []), dev="gpu")
    yield dict(module=(arrays("W"), arrays("mask"), [norm]), dev="gpu")
    elsewhere: Any = (arrays("V", device="other gpu"), arrays("seen"), [])
    yield dict(module=({}, {}, [(arrays("W"), {}, [elsewhere]), norm]), dev="gpu")
    yield dict(module=(arrays("W", device="gpu"), arrays("mean", device="gpu"), [elsewhere]), dev="cpu")


@moving.observe
def _(answer: Any, case: Case) -> Any:
    class Held:
        """An array and where it lives."""

        def __init__(self, device: str, numbers: Any) -> None:
            self.device, self.numbers = device, numbers

    class Device:
        def put(self, array: Any) -> Any:
            if not isinstance(array, Held):
                raise TypeError(f"dev.put takes one array, and was handed something of type {type(array).__name__}")
            return Held(case["dev"], array.numbers.copy())

    class Module:
        def __init__(self, parameters: Any, buffers: Any, children: Any) -> None:
            self.parameters = {name: Held(*value) for name, value in parameters.items()}
            self.buffers = {name: Held(*value) for name, value in buffers.items()}
            self.children = [Module(*child) for child in children]

    def at(held: Any) -> Any:
        if not isinstance(held, Held):
            return f"no array, but something of type {type(held).__name__}"
        return held.device if isinstance(held.device, str) else "a device of your own making", held.numbers

    def where(module: Any) -> Any:
        stores = {"parameters": module.parameters, "buffers": module.buffers}
        held = {key: {n: at(h) for n, h in store.items()} for key, store in stores.items()}
        return {**held, "children": [where(child) for child in module.children]}

    module = Module(*case["module"])
    back = answer(module, Device())
    if back is None or back is ...:
        return back
    kind = "another module" if isinstance(back, Module) else f"something of type {type(back).__name__}"
    return {"the module": where(module), "came back": "the module itself" if back is module else kind}


moving.hints(
    "A module's forward mixes everything that the module holds. One array left behind stops it.",
    "module.parameters and module.buffers are dicts from names to arrays; module.children is a list of modules.",
    "For each of the two dicts: store[name] = dev.put(store[name]). Then to_device(child, dev) for each child, and "
    "return module.",
)


# ------------------------------------------------------------------------------------------------ predictions and quiz

predictions = [
    prediction(
        "14.a",
        "A linear module takes 600 numbers to 60, with a bias. Its Jacobian with respect to its own weights, written "
        "out as a table: how many numbers?",
        options={
            "36,060": "That many weights there are, and so long is the row that comes out. The table has 60 such rows.",
            "36,000": "That is W alone, and it is the OTHER Jacobian, the one with respect to the state.",
            "2,163,600": "60 outputs by 36,060 weights. Nearly all are 0, and backpropagation never builds it.",
        },
        answer="2,163,600",
    ),
    prediction(
        "14.b",
        "You type in the lecture's class mynet as its notes print it, and write model = mynet(600, 60, 40, 10). "
        "What happens?",
        options={
            "It runs": "Nobody ran it as printed. A line is missing before the first layer is kept.",
            "It stops where the model is made": "nn.Module keeps a list of its modules, and nobody has made the list.",
            "It stops at the first image": "It does not get there: no model exists yet.",
        },
        answer="It stops where the model is made",
    ),
    prediction(
        "14.c",
        "One training step of a network 32 units wide, with 256 samples, is 48 operations. One CPU core needs 0.1 ms "
        "for all of them. A large GPU computes hundreds of times faster, but each operation has to be started there, "
        "and that takes about 50 µs. Which is faster?",
        options={
            "The GPU, by far": "It multiplies faster, but there is hardly anything to multiply here.",
            "About equal": "Count: 48 operations, each with a start of its own.",
            "The CPU": "48 starts at 50 µs are 2.4 ms, more than 20 times 0.1 ms, before anything is computed.",
        },
        answer="The CPU",
    ),
]

quiz = [
    question(
        "14.q1",
        "A module in the middle of a stack gets g = ∂C/∂z' from above. What does it owe?",
        options={
            "∂C/∂z for the module below, and ∂C/∂w for its own weights": "Two products with one g.",
            "Its two Jacobians, as tables": "They would be huge. The products with g are all that is ever needed.",
            "∂C/∂w, and the new weights": "The new weights are the optimiser's work; and the module below waits for g.",
        },
        answer="∂C/∂z for the module below, and ∂C/∂w for its own weights",
    ),
    question(
        "14.q2",
        "Why does LeCun's class make three nn.Linear objects but call torch.relu as a function?",
        options={
            "relu is too fast for an object": "Speed has nothing to do with it.",
            "Each Linear keeps its own parameters, relu has none": "An object is where something can be kept.",
            "relu has no derivative": "It has one, apart from 0. PyTorch knows it.",
        },
        answer="Each Linear keeps its own parameters, relu has none",
    ),
    question(
        "14.q3",
        "x holds 8 images of 3 × 10 × 20. What is the shape of x.view(-1), and of x.flatten(1)?",
        options={
            "(4800,) and (8, 600)": "The first forgets that there are 8 images.",
            "(8, 600) and (4800,)": "The other way round: −1 alone means one axis for everything.",
            "(8, 600) for both": "view(-1) has no way to know that the first axis is special.",
        },
        answer="(4800,) and (8, 600)",
    ),
    question(
        "14.q4",
        "Where does autograd have its derivatives from?",
        options={
            "A list of common losses": "Your own loss would not be on it, and it is differentiated all the same.",
            "From moving every weight a little": "That is a check, and costs two passes for each weight.",
            "A rule for each operation, and the chain rule": "As in the engine that you wrote in lesson 11.",
        },
        answer="A rule for each operation, and the chain rule",
    ),
    question(
        "14.q5",
        "Parameters were moved to the GPU; the running mean that the module subtracts, a buffer, was not. Then?",
        options={
            "forward stops: two devices": "An operation wants all its arrays in one place.",
            "It is slower, but runs": "No framework moves arrays behind your back at each operation.",
            "Nothing, buffers are not learned": "They are not learned, but they are used.",
        },
        answer="forward stops: two devices",
    ),
]
