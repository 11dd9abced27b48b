"""`python -m benchmarks.hard_cases`: numbers that are hard to get right, beside other libraries.

`hard_cases.csv` has the true values, to 30 digits from arithmetic of 800. A value is right within 4
units in the last place, the derivative of an activation within 4 machine epsilons, and there may be
no warning. A prime is the derivative: of an activation by z, of a loss by the logits that a sigmoid
or a softmax makes its outputs of (the last number of the name says which). Who is not installed is
left out. No case has a soft label that its output meets: there the gradient is a difference of two
numbers that are rounded, so it has an absolute error of an epsilon.
"""

import argparse
import csv
import importlib.util
import os
import sys
import warnings
from pathlib import Path

import numpy as np

import tinynet as tn

TABLE = Path(__file__).parent / "hard_cases.csv"
CASES = [*csv.DictReader(TABLE.read_text(encoding="utf-8").splitlines())]
NODES = {"approximate gelu": tn.Gelu(approximate=True)}
LOSSES = {"binary_crossentropy": "sigmoid", "categorical_crossentropy": "softmax"}


def parsed(case):
    """The function's name, whether its derivative is meant, which entry, z and y."""
    name, prime, entry = case["function"].partition("'")
    z, _, y = case["at"].partition("|")
    z = np.array([float(number) for number in z.split()], case["dtype"])
    return name, bool(prime), int(entry or 0), z[:, None], float(y) if y else None


def right(case, found):
    """Whether a number is as near to the truth as it should be."""
    kind, true = np.dtype(case["dtype"]).type, float(case["true"])
    name, prime, *_ = parsed(case)
    if prime and name not in LOSSES:
        return abs(float(found) - true) <= 4 * np.finfo(kind).eps
    with np.errstate(over="ignore"):  # a step from the largest number
        return abs(float(found) - true) <= 4 * float(np.spacing(np.abs(kind(true))))


def in_tinynet(name, prime, entry, z, y):
    if y is None:
        node = (NODES.get(name) or getattr(tn, name)).fresh()
        value = node.forward(z)
        return node.backward(np.ones_like(z))[0, 0] if prime else value[0, 0]
    kinds = {"binary_crossentropy": tn.BinaryCrossEntropy, "categorical_crossentropy": None}
    pair = (kinds[name] or tn.CrossEntropy)().pair(LOSSES[name])
    cost = pair.forward(z, np.array([y], z.dtype))
    return pair.backward()[entry, 0] if prime else cost


def in_torch(name, prime, entry, z, y):
    import torch

    f = torch.nn.functional
    x = torch.tensor(z[:, 0], requires_grad=True)
    calls = {"approximate gelu": lambda x: f.gelu(x, approximate="tanh")}
    if name == "binary_crossentropy":
        out = f.binary_cross_entropy_with_logits(x, torch.tensor([y], dtype=x.dtype))
    elif name == "categorical_crossentropy":
        out = f.cross_entropy(x, torch.tensor(int(y)))
    else:
        call = calls.get(name) or getattr(torch, name, None) or getattr(f, name)
        out = (getattr(f, name) if name in ("gelu", "elu", "selu") else call)(x).sum()
    if not prime:
        return out.item()
    out.backward()
    return x.grad[entry].item()


def in_jax(name, prime, entry, z, y):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    x = jnp.asarray(z[:, 0])

    def loss(x):
        if name == "binary_crossentropy":  # as its users write it
            return -(y * jax.nn.log_sigmoid(x) + (1 - y) * jax.nn.log_sigmoid(-x))[0]
        if name == "categorical_crossentropy":
            return -jax.nn.log_softmax(x)[int(y)]
        if "gelu" in name:
            return jax.nn.gelu(x, approximate=name != "gelu")[0]
        return (jnp.tanh if name == "tanh" else getattr(jax.nn, name))(x)[0]

    return float(jax.grad(loss)(x)[entry] if prime else loss(x))


def in_keras(name, prime, _, z, y):
    import keras

    if prime:
        return None  # its backend's, of those that have one
    x = keras.ops.convert_to_tensor(z[:, 0])
    if name in LOSSES:
        logits = x[None, :]
        if name == "binary_crossentropy":
            target = keras.ops.convert_to_tensor(np.array([[y]], z.dtype))
            out = keras.losses.binary_crossentropy(target, logits, from_logits=True)
        else:
            target = keras.ops.convert_to_tensor(np.array([int(y)]))
            out = keras.losses.sparse_categorical_crossentropy(target, logits, from_logits=True)
    elif name == "approximate gelu":
        out = keras.activations.gelu(x, approximate=True)
    elif name == "gelu":
        out = keras.activations.gelu(x)
    else:
        out = getattr(keras.activations, name)(x)
    return float(keras.ops.convert_to_numpy(out)[0])


def in_sklearn(name, prime, _, z, y):
    from sklearn.metrics import log_loss
    from sklearn.neural_network._base import ACTIVATIONS

    if prime:
        return None
    if name in ("sigmoid", "tanh"):
        out = z[:, 0].copy()
        ACTIVATIONS["logistic" if name == "sigmoid" else name](out)
        return out[0]
    if name == "categorical_crossentropy" or (name in LOSSES and y in (0, 1)):
        out = z.T.copy()  # after the output layer, as it does
        ACTIVATIONS["logistic" if name == "binary_crossentropy" else "softmax"](out)
        return log_loss(
            [int(y)], out if out.shape[1] > 1 else out[:, 0], labels=range(max(2, out.shape[1]))
        )
    return None


LIBRARIES = {"tinynet": in_tinynet, "torch": in_torch, "jax": in_jax, "keras": in_keras}
LIBRARIES["sklearn"] = in_sklearn


def answered(library, case):
    """What a library gives; None where it has no such function, or the name of its error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with np.errstate(all="ignore"):
                return LIBRARIES[library](*parsed(case))
    except Exception as why:
        return type(why).__name__


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hard_cases")
    parser.add_argument("--wrong", action="store_true", help="only those that somebody gets wrong")
    chosen = parser.parse_args()
    os.environ.setdefault("KERAS_BACKEND", "jax")
    libraries = [n for n in LIBRARIES if importlib.util.find_spec(n)]
    wrong, asked = dict.fromkeys(libraries, 0), dict.fromkeys(libraries, 0)
    print("| function | dtype | at | true |", *(f"{name} |" for name in libraries))
    print("| --- | --- | --- | --- |", *("--- |" for _ in libraries))
    for case in CASES:
        cells = []
        for name in libraries:
            found = answered(name, case)
            fine = found is None or (not isinstance(found, str) and right(case, found))
            asked[name] += found is not None
            wrong[name] += not fine
            shown = found if isinstance(found, str) else f"{float(found or 0):.9g}"
            cells.append("" if found is None else "right |" if fine else f"**{shown}** |")
            cells[-1] = cells[-1] or "|"
        if not chosen.wrong or any("**" in cell for cell in cells):
            at = case["at"].replace("|", ", y =")
            print(f"| {case['function']} | {case['dtype']} | {at} | {case['true'][:20]} |", *cells)
    print()
    for name in libraries:
        print(f"{name}: {wrong[name]} of {asked[name]} wrong")
    sys.exit(wrong["tinynet"] > 0)


if __name__ == "__main__":
    main()
