"""A net as a module of plain numpy, in the form of the notes: initialize_parameters,
forward_propagation, compute_cost, backward_propagation, update_parameters, predict, nn_model."""

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from tinynet.activations import Sigmoid, Softmax
from tinynet.base import checks, writer
from tinynet.layers import Layer
from tinynet.source.functions import INDENT, function, named_in, opening, returned
from tinynet.source.recorded import Pass, above_ones, calls, passes, require_steady
from tinynet.source.start import initialize_parameters
from tinynet.source.step import update_parameters
from tinynet.source.text import WHAT, Lines
from tinynet.tape.tape import Tape


def module(model: Any, weights: bool) -> str:
    """The module. With `weights` the parameters start as the model's are now."""
    cost, optimizer = model._compiled()
    model._built()
    require_same_in_use(cost.layers)
    require_steady([*cost.layers, cost.pair, optimizer], WHAT)
    cost, optimizer = on(cost, cost.layers), copy.deepcopy(optimizer)  # no stand-in stays in one
    cost.pair = copy.deepcopy(cost.pair)
    start = initialize_parameters(model, weights)
    update, call = update_parameters(optimizer, cost.layers[0].theta.dtype)
    (forward, backward), (J, of_parameters) = propagation(cost), compute_cost(cost)
    loop = nn_model(cost, not weights, call, of_parameters)
    layers = ",\n".join(map(repr, model.layers))
    says = f"{layers};\n{cost.pair.loss!r}, {optimizer!r}.".replace("\\", "/").replace('"', "'")
    parts = [start, forward, J, backward, update, predict(cost), loop]
    head = f'"""{says}\n\nExamples are columns."""\n\nimport numpy as np'
    return "\n\n\n".join([head, *parts]) + "\n"


def require_same_in_use(layers: Sequence[Layer]) -> None:
    """Refuse layers that do something else in training than in use."""
    for layer in layers:
        moves = layer.state and not layer.fixed_state
        own = any(not writer(type(x), "run").ours for x in [layer, *getattr(layer, "_inner", ())])
        if layer.stochastic or layer.generators() or moves or own:
            expected = f"layers that draw nothing, move no state and have no run in {WHAT}"
            cure = "tinynet.onnx has the net in use"
            checks.refuse(layer.who, expected, repr(layer), cure, TypeError)


def propagation(cost: Any) -> tuple[str, str]:
    """forward_propagation and backward_propagation: one recording of both, cut in two."""
    went = set[int]()  # calls of the first

    def both(tape: Tape, m: int, layers: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        X, Y = (tape.given(np.zeros((n, m), layers[0].theta.dtype)) for n in ends(layers))
        found, caches = outputs(layers, cost.pair.activation, X)
        went.update(map(id, tape.calls))
        net = on(cost, layers)
        grads = dict(net.gradients(1.0, found[f"Z{len(layers)}"], caches, Y))
        for name, g in net.penalty_gradients().items():
            grads[name] = grads[name] + g
        return {"X": X, "Y": Y}, found | {f"d{name}": g for name, g in grads.items()}

    found = passes(cost.layers, WHAT, both)
    first, twin, _ = found
    lines = Lines(found, wanted(first) | deltas(first))

    def part(forward: bool) -> tuple[list[str], list[str]]:
        for pair in calls(found):
            if (id(pair[0]) in went) == forward:
                lines.add(*pair)
        names = [name for name in first.found if name.startswith("d") != forward]
        for name in names:
            lines.name(name, first.found[name], twin.found[name])
        return names, lines.take()

    (n_x, n_y), last, arrays = ends(cost.layers), f"A{len(cost.layers)}", first.names.values()
    outputs_made, forth = part(forward=True)
    grads, back = part(forward=False)
    text = "\n".join(back)
    made = dict.fromkeys([*outputs_made, *(line.split(" = ")[0] for line in forth)])
    kept = [(name, name) for name in made if name in outputs_made or named_in(text, name)]
    says = f"{last} of the examples X ({n_x}, m), and what backward needs."
    body = [*opening("X", forth, arrays), *returned(kept, f"{last}, ")]
    forward = function("forward_propagation(X, parameters)", says, body)
    says = f"The gradients of J for the targets Y ({n_y}, m)."
    body = [*opening("X", back, arrays, made), *returned([(name, name) for name in grads])]
    return forward, function("backward_propagation(parameters, cache, X, Y)", says, body)


def ends(layers: Sequence[Layer]) -> tuple[int, int]:
    return layers[0].n_in, layers[-1].units


def on(cost: Any, layers: Sequence[Layer]) -> Any:
    """The cost of these layers, which have stand-ins."""
    net = copy.copy(cost)
    net.layers = tuple(layers)
    return net


def outputs(layers: Any, last: Any, X: Any) -> tuple[dict[str, Any], list[Any]]:
    """Z and A of each layer in a training pass, and the caches."""
    found, caches, A = dict[str, Any](), list[Any](), X
    for i, layer in enumerate(layers, 1):
        plain = writer(type(layer), "run") is Layer
        if plain or layer is layers[-1]:
            Z, cache = layer.preactivation(A), layer.remembered(A)
            A, kept = (last if layer is layers[-1] else layer.activation).run(Z)
            found[f"Z{i}"], cache["activation"] = Z, kept
        else:
            A, cache = layer.run(A)
        found[f"A{i}"] = A
        caches.append(cache)
    return found, caches


def wanted(recorded: Pass) -> dict[int, str]:
    """The names that values get once they are made; of several the first."""
    return {id(x): name for name, x in reversed(recorded.found.items())}


def deltas(recorded: Pass) -> dict[int, str]:
    """dZ of each layer whose gradients are one product with a row of ones."""
    makers = {id(call.out): call for call in recorded.calls}
    found = dict[int, str]()
    for name, x in recorded.found.items():
        call = makers.get(id(x.root))
        if name.startswith("dW") and call and above_ones(call.inputs[0]):
            found[id(call.inputs[1].origin)] = f"dZ{name.removeprefix('dW')}"
    return found


def compute_cost(cost: Any) -> tuple[str, bool]:
    """compute_cost, and whether it reads the parameters."""
    loss, name = cost.pair.loss, f"A{len(cost.layers)}"

    def costs(tape: Tape, m: int, layers: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        A, Y = (tape.given(np.zeros((layers[-1].units, m), layers[0].theta.dtype)) for _ in "AY")
        total, own = loss.costs(A, Y).sum() * loss.weight(A.like), on(cost, layers).penalty()
        return {name: A, "Y": Y}, {"J": total if own is None else total + own}

    found = passes(cost.layers, WHAT, costs)
    lines = Lines(found)
    for pair in calls(found):
        lines.add(*pair)
    J = lines.value(*(one.found["J"] for one in found[:2])).code
    body = opening("Y", [*lines.take(), f"return float({J})"], found[0].names.values())
    of_parameters = any("parameters[" in line for line in body)
    says = "J, of A as in the notes; of probabilities that are 0 or 1 to all digits it may be inf."
    head = f"compute_cost({name}, Y{', parameters' * of_parameters})"
    return function(head, says, body), of_parameters


def predict(cost: Any) -> str:
    """predict: classes, or the outputs."""
    last = f"A{len(cost.layers)}"
    says, code = "The outputs.", last
    if isinstance(cost.pair.activation, Sigmoid):
        says, code = "The classes, 0 or 1.", f"({last} > 0.5).astype(int)"
    elif isinstance(cost.pair.activation, Softmax):
        says, code = "The class of each example.", f"{last}.argmax(axis=0)"
    body = [f"{last}, _ = forward_propagation(X, parameters)", f"return {code}"]
    return function("predict(parameters, X)", says, body)


def nn_model(cost: Any, seed: bool, call: str, of_parameters: bool) -> str:
    """The loop of the notes."""
    last = f"A{len(cost.layers)}"
    J = f"compute_cost({last}, Y{', parameters' * of_parameters})"
    loop = [
        f"{last}, cache = forward_propagation(X, parameters)",
        "if i % 1000 == 0:",
        f'{INDENT}print(f"Cost after iteration {{i}}: {{{J}:f}}")',
        "grads = backward_propagation(parameters, cache, X, Y)",
        call,
    ]
    body = [
        f"parameters = initialize_parameters({'seed' * seed})",
        *["memory = {}"] * ("memory" in call),
        "for i in range(num_iterations):",
        *(INDENT + line for line in loop),
        "return parameters",
    ]
    head = f"nn_model(X, Y, num_iterations=10000{', seed=None' * seed})"
    return function(head, "The parameters after so many steps, each on all examples.", body)
