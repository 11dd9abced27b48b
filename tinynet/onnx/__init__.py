"""A model as an ONNX file, for any runtime of that format. Needs the package onnx, the extra
`onnx`.

The calls that `predict` makes, of a user's own steady parts as of tinynet's, become standard
operators of ONNX: docs/onnx.md says which, and how close the numbers are.
"""

from typing import Any

import onnx
from onnx import helper

from tinynet.base import checks
from tinynet.files import disk
from tinynet.onnx.graph import Graph, tensor

OPSET, IR = 18, 8  # ONNX 1.13 and onnxruntime 1.14 know them

__all__ = ["save", "to_model"]


def to_model(model: Any) -> Any:
    """The ModelProto of a built `Sequential`.

    Input "X" and the output, "A2" of two layers, have examples in columns or in rows, as the model
    has them, of any number m; initializers are W1, b1, and so on. A TypeError names what has no
    operator, and a part that is not steady.
    """
    if not isinstance(getattr(model, "layers", None), list | tuple):
        got = checks.shown(model)
        checks.refuse("tinynet.onnx", "a Sequential", got, error=TypeError)
    graph, layers = Graph(model), model.layers
    ends = ("X", layers[0].n_in), (graph.output, layers[-1].units)
    shapes = [["m", n] if graph.rows else [n, "m"] for _, n in ends]
    dtype = layers[0].theta.dtype
    x, a = (tensor(name, dtype, shape) for (name, _), shape in zip(ends, shapes, strict=True))
    made = helper.make_graph(graph.nodes, "tinynet", [x], [a], graph.initializers)
    opset = helper.make_opsetid("", OPSET)
    found = helper.make_model(made, opset_imports=[opset], ir_version=IR, producer_name="tinynet")
    try:
        onnx.checker.check_model(found, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as why:
        text = str(why).strip().splitlines()[0]
        expected = "a net that onnx.checker takes"
        checks.refuse("tinynet.onnx", expected, text, "a call has no such operator", TypeError)
    return found


def save(model: Any, path: Any) -> None:
    """Write it to a file, whose path has the old file or the new one at any moment.

    >>> import os, tempfile, tinynet as tn, tinynet.onnx
    >>> model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=0).build(2)
    >>> path = os.path.join(tempfile.mkdtemp(), "net.onnx")
    >>> tinynet.onnx.save(model, path)
    >>> os.path.getsize(path) < 2048
    True
    """
    path = checks.path("tinynet.onnx.save", "path", path)
    disk.write(path, to_model(model).SerializeToString())
