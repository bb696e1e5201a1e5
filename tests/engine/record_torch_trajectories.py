"""Record how PyTorch's optimizers move: run with PyTorch 2.13 to write data/torch_trajectories.json.

    python tests/engine/record_torch_trajectories.py            # all cases
    python tests/engine/record_torch_trajectories.py adam clipped   # these; the others stay as they are recorded

The problem is a small one with several parameters: the mean cross-entropy of a tanh network with two layers, on
fixed numbers. What PyTorch is given stands beside what it did, so that the test needs nothing but this file.
"""

from __future__ import annotations

import json
import pathlib
import sys

import numpy as np

STEPS = 12
FILE = pathlib.Path(__file__).parent / "data" / "torch_trajectories.json"


def problem() -> dict:
    rng = np.random.default_rng(7)
    return {
        "X": rng.normal(size=(6, 3)),
        "t": rng.integers(0, 2, size=6),
        "W1": rng.normal(size=(3, 4)),
        "b1": rng.normal(size=4),
        "W2": rng.normal(size=(4, 2)),
    }


CASES = {  # name: (PyTorch's optimizer, its options, our optimizer, our options, clipping, groups, schedule)
    "gradient descent": ("SGD", {"lr": 0.3}, "GradientDescent", {"learning_rate": 0.3}),
    "gradient descent, decay": (
        "SGD",
        {"lr": 0.3, "weight_decay": 0.05},
        "GradientDescent",
        {"learning_rate": 0.3, "weight_decay": 0.05},
    ),
    "momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}, "Momentum", {"learning_rate": 0.1}),
    "momentum, decay": (
        "SGD",
        {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.01},
        "Momentum",
        {"learning_rate": 0.1, "momentum": 0.8, "weight_decay": 0.01},
    ),
    "nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, "Nesterov", {"learning_rate": 0.1}),
    "adagrad": ("Adagrad", {"lr": 0.2}, "AdaGrad", {"learning_rate": 0.2}),
    "rmsprop": ("RMSprop", {"lr": 0.05, "alpha": 0.9}, "RMSProp", {"learning_rate": 0.05}),
    "adam": ("Adam", {"lr": 0.1}, "Adam", {"learning_rate": 0.1}),
    "adam, decay": (
        "Adam",
        {"lr": 0.1, "betas": (0.8, 0.95), "weight_decay": 0.02},
        "Adam",
        {"learning_rate": 0.1, "beta1": 0.8, "beta2": 0.95, "weight_decay": 0.02},
    ),
    "adamw": ("AdamW", {"lr": 0.1}, "AdamW", {"learning_rate": 0.1}),
    "clipped": (
        "SGD",
        {"lr": 0.3, "momentum": 0.9, "clip": 0.05},
        "Momentum",
        {"learning_rate": 0.3, "clip_norm": 0.05},
    ),
    "groups": (
        "AdamW",
        {"lr": 0.1, "groups": {"W2": {"lr": 0.01, "weight_decay": 0.3}}},
        "AdamW",
        {"learning_rate": 0.1, "groups": {"W2": {"learning_rate": 0.01, "weight_decay": 0.3}}},
    ),
    "step decay": (
        "SGD",
        {"lr": 0.3, "schedule": ["StepLR", {"step_size": 4, "gamma": 0.5}]},
        "GradientDescent",
        {"learning_rate": ["step_decay", [0.3, 4, 0.5]]},
    ),
    "exponential decay": (
        "Adam",
        {"lr": 0.1, "schedule": ["ExponentialLR", {"gamma": 0.9}]},
        "Adam",
        {"learning_rate": ["exponential_decay", [0.1, 0.9]]},
    ),
    "cosine": (
        "SGD",
        {"lr": 0.3, "momentum": 0.9, "schedule": ["CosineAnnealingLR", {"T_max": 12, "eta_min": 0.01}]},
        "Momentum",
        {"learning_rate": ["cosine_decay", [0.3, 12, 0.01]]},
    ),
    "warmup": (
        "SGD",
        {"lr": 0.3, "schedule": ["LinearLR", {"start_factor": 0.2, "total_iters": 4}]},
        "GradientDescent",
        {"learning_rate": ["warmup", [0.3, 5]]},
    ),
}


def trajectory(given: dict, kind: str, options: dict) -> dict:
    import torch  # the tests read CASES without it

    options = dict(options)
    clip, groups, schedule = options.pop("clip", None), options.pop("groups", {}), options.pop("schedule", None)
    params = {k: torch.tensor(given[k], dtype=torch.float64, requires_grad=True) for k in ("W1", "b1", "W2")}
    lists = [{"params": [p], **groups.get(name, {})} for name, p in params.items()]
    optimizer = getattr(torch.optim, kind)(lists, **options)
    scheduler = getattr(torch.optim.lr_scheduler, schedule[0])(optimizer, **schedule[1]) if schedule else None
    X, t = torch.tensor(given["X"]), torch.tensor(given["t"])
    losses, path = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(torch.tanh(X @ params["W1"] + params["b1"]) @ params["W2"], t)
        loss.backward()
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(list(params.values()), clip)
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        losses.append(loss.item())
        path.append({name: p.detach().numpy().tolist() for name, p in params.items()})
    return {"torch": torch.__version__, "losses": losses, "path": path}


if __name__ == "__main__":
    asked = sys.argv[1:] or list(CASES)
    recorded = json.loads(FILE.read_text()) if sys.argv[1:] else {"problem": {}, "cases": {}}
    recorded["problem"] = recorded["problem"] or {k: v.tolist() for k, v in problem().items()}
    given = {name: np.array(value) for name, value in recorded["problem"].items()}
    for name in asked:
        theirs, options, ours, our_options = CASES[name]
        recorded["cases"][name] = {"optimizer": ours, "options": our_options, **trajectory(given, theirs, options)}
    FILE.write_text(json.dumps(recorded) + "\n")
    print(f"wrote {', '.join(asked)} to {FILE}")
