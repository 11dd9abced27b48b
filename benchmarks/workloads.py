"""What is measured: the workloads, and for each who takes part in it."""

from functools import partial
from typing import Any, NamedTuple

from benchmarks.contenders.in_jax import jax_classes, jax_notes, jax_notes_loop
from benchmarks.contenders.in_keras import keras_classes, keras_kit, keras_notes, keras_predict
from benchmarks.contenders.in_numpy import (
    notes_loop,
    numpy_classes,
    numpy_notes,
    numpy_pixels,
    numpy_predict,
)
from benchmarks.contenders.in_sklearn import (
    sklearn_classes,
    sklearn_notes,
    sklearn_pixels,
    sklearn_predict,
)
from benchmarks.contenders.in_tinynet import (
    notes_net,
    tinynet_classes,
    tinynet_kit,
    tinynet_notes,
    tinynet_pixels,
    tinynet_predict,
)
from benchmarks.contenders.in_torch import (
    torch_classes,
    torch_kit,
    torch_notes,
    torch_pixels,
    torch_predict,
)
from benchmarks.problems import SIZES
from benchmarks.processes import cold_digits, cold_notes, imported

__all__ = ["WORKLOADS", "notes_net", "tinynet_classes", "tinynet_notes", "tinynet_predict"]
A_STEP, A_PROCESS = ("us a step", 1e6), ("ms a process", 1e3)


class Workload(NamedTuple):
    title: str
    steps: int  # of one round
    contenders: dict[str, tuple[Any, Any]]  # how it is prepared, and for what
    at_most: dict[str, float]  # times the median of that contender
    unit: tuple[str, float] = A_STEP  # and how many of it a second has


def both_ways(prepare, argument):
    """tinynet, and tinynet with machine code."""
    fused = partial(prepare, jit_compile=True)
    return {"tinynet": (prepare, argument), "tinynet, fused": (fused, argument)}


def classification(title, size, steps, at_most):
    numpy_too = {"numpy, unrolled": (numpy_classes, size)} if len(SIZES[size]) == 3 else {}
    return Workload(
        title,
        steps,
        {
            **both_ways(tinynet_classes, size),
            **numpy_too,
            "scikit-learn": (sklearn_classes, size),
            "torch": (torch_classes, size),
            "keras on jax": (keras_classes, size),
            "jax, an epoch jitted": (jax_classes, size),
        },
        at_most,
    )


def notes_workload(dtype, at_most):
    return Workload(
        f"the notes' net, 2-4-1, 400 examples, full batch, {dtype}",
        6400,
        {
            **both_ways(tinynet_notes, dtype),
            "the notes' loop": (notes_loop, dtype),
            "numpy, unrolled": (numpy_notes, dtype),
            "scikit-learn": (sklearn_notes, dtype),
            "torch": (torch_notes, dtype),
            "keras on jax": (keras_notes, dtype),
            "jax, a step jitted": (jax_notes, dtype),
            "jax, the whole loop jitted": (jax_notes_loop, dtype),
        },
        at_most,
    )


def prediction(title, m, calls, at_most):
    peers = {
        "numpy": numpy_predict,
        "scikit-learn": sklearn_predict,
        "torch": torch_predict,
        "keras on jax": keras_predict,
    }
    return Workload(
        title,
        calls,
        {"tinynet": (tinynet_predict, m), **{name: (f, m) for name, f in peers.items()}},
        at_most,
    )


def cold_start(title, prepare):
    """At least three times faster than each of the others."""
    peers = {
        "scikit-learn": "in_sklearn",
        "torch": "in_torch",
        "keras on jax": "in_keras",
        "jax, the whole training jitted": "in_jax",
    }
    return Workload(
        f"from a cold start to a trained net, a whole process: {title}",
        1,
        {name: (prepare, script) for name, script in {"tinynet": "in_tinynet", **peers}.items()},
        dict.fromkeys(peers, 1 / 3),
        A_PROCESS,
    )


def dying_units():
    """Each beside itself on data where its units live."""
    prepared = {
        "tinynet": tinynet_pixels,
        "numpy, unrolled": numpy_pixels,
        "scikit-learn": sklearn_pixels,
        "torch": torch_pixels,
    }
    contenders = {}
    for name, prepare in prepared.items():
        contenders[name] = prepare, True
        contenders[f"{name}, units that live"] = prepare, False
    return Workload(
        "units that die: 784-128-10, batch 128, Adam, float32, features from 0 to 255",
        500,
        contenders,
        {"tinynet, units that live": 1.1},
    )


WORKLOADS = {
    "notes64": notes_workload(
        "float64",
        {"the notes' loop": 0.5, "jax, a step jitted": 0.8, "jax, the whole loop jitted": 1},
    ),
    "notes32": notes_workload("float32", {"jax, a step jitted": 0.6}),
    "small": classification(
        "64-32-10, batch 32, Adam, float32",
        "small",
        2000,
        {"numpy, unrolled": 1.3, "torch": 1 / 4, "scikit-learn": 1 / 2.5},
    ),
    "middle": classification(
        "784-128-10, batch 128, Adam, float32, shuffled",
        "middle",
        500,
        {"torch": 1, "keras on jax": 1, "scikit-learn": 1, "jax, an epoch jitted": 1},
    ),
    "large": classification(
        "512-1024-1024-10, batch 256, Adam, float32",
        "large",
        40,
        {"torch": 1, "scikit-learn": 1, "jax, an epoch jitted": 1.2, "keras on jax": 1.2},
    ),
    "kit": Workload(
        "64-64-10 with batch norm, relu, dropout, AdamW, clip_norm, a cosine schedule, batch 32, "
        "320 examples of validation an epoch, float32",
        2000,
        {
            **both_ways(tinynet_kit, "kit"),
            "torch": (torch_kit, "kit"),
            "keras on jax": (keras_kit, "kit"),
        },
        {"torch": 1 / 3, "keras on jax": 1 / 3},
    ),
    "dying": dying_units(),
    "cold notes": cold_start("the notes' net, 10,000 epochs, float64", cold_notes),
    "cold digits": cold_start("64-64-10, 30 epochs, batch 32, Adam, float32", cold_digits),
    "predict one": prediction("predict of one example, the notes' net", 1, 2000, {"numpy": 2}),
    "predict many": prediction(
        "predict of 100,000 examples, the notes' net", 100_000, 20, {"numpy": 1.1}
    ),
    "import": Workload(
        "import, in a new process",
        1,
        {
            "tinynet": (imported, "tinynet"),
            "numpy": (imported, "numpy"),
            "torch": (imported, "torch"),
            "jax": (imported, "jax"),
        },
        {"numpy": 1.5},
        A_PROCESS,
    ),
}
