"""A net with a loss, an optimizer and metrics: its cost on data, and the gradients of that."""

import copy
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from tinynet import losses, optimizers
from tinynet.base import Array, Arrays, Guard, Part, checks, functions, gradcheck, read_only
from tinynet.layers.row import require_places
from tinynet.losses.weights import sample_weights
from tinynet.metrics import Metric, Whole, named_metrics, summed
from tinynet.metrics.base import values
from tinynet.model.network import Network
from tinynet.model.snapshot import Snapshot
from tinynet.model.ways import jit_compiled, require_numba
from tinynet.net import diagnose, inference
from tinynet.net.cost import Cost
from tinynet.optimizers.limits import require_limits


class Compiled(Network):
    """What `Sequential` can do with a loss and an optimizer, but for training."""

    _optimizer: optimizers.Optimizer | None = None
    _cost: Cost | None = None
    _metrics: Mapping[str, Metric] = MappingProxyType({})
    _jit: bool | str = False
    _looked_at: object = None  # the latest setting of any part when its parts were looked at

    @property
    def optimizer(self) -> Any:
        """The model's own optimizer, whose settings may be changed between two fits, or
        by a callback."""
        return self._optimizer

    @optimizer.setter
    def optimizer(self, value: Any) -> None:
        cure = "call compile(optimizer=...)"
        checks.refuse(self.who, "optimizer to stay as compiled", checks.shown(value), cure)

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = None,
        metrics: Any = (),
        jit_compile: bool | str = False,
    ) -> None:
        """Choose copies of an optimizer and a loss, objects or names; by default Adam and the loss
        that matches the last activation. `metrics` is a list of names, such as "f1", of Metric
        objects, and of functions of (Y, A); these and "roc_auc" need all outputs at once, so they
        are measured by `evaluate` and on validation data only.

        With `jit_compile=True` steps are compiled to machine code, to the same bits, but that
        numbers too small to be normal may count as 0 (docs/design.md). "auto" compiles where a
        `fit` on arrays is long enough to win back what it takes, to the same bits in all cases. It
        needs the extra `fast`, numba."""
        self._require_still(from_all=True)
        last = self.layers[-1]
        own = optimizers.optimizer(self.who, optimizer)
        own_loss = losses.matching(last.activation) if loss is None else losses.loss(self.who, loss)
        pair = own_loss.pair(last.activation)
        pair.require_outputs(last.units)
        jit = jit_compiled(self.who, jit_compile)
        require_numba(self.who, jit)
        self._require_parts(pair.loss, own)
        read = named_metrics(self.who, metrics, last.activation, self._door.rows)
        # all at once, so no interrupt comes between them
        vars(self).update(_metrics=read, _optimizer=own, _cost=Cost(self.layers, pair), _jit=jit)
        self._forget_fit("compile")

    def _require_parts(self, loss: losses.Loss, optimizer: optimizers.Optimizer) -> None:
        """Refuse what a training would pass by, and what is no net any more since it was made."""
        diagnose.require_called(self.layers, loss, optimizer)
        require_limits(optimizer)
        require_places(self.who, self.layers)

    def _require_as_compiled(self) -> None:
        """What `compile` refuses, if something was set since it was looked at last."""
        cost, optimizer = self._compiled()
        if self._looked_at is not Part.latest[0]:
            self._require_parts(cost.pair.loss, optimizer)

    def cast(self, dtype: Any) -> None:
        super().cast(dtype)
        if self.optimizer:
            self.optimizer.cast(dtype)

    def evaluate(self, X: Any, Y: Any, sample_weight: Any = None) -> dict[str, float]:
        """The cost and the metrics on this data: {"loss": ..., "accuracy": ...}."""
        self._compiled()
        self._built()
        return self._measured(*self._data(X, Y, sample_weight))

    def _measured(self, X: Array, Y: Array, *weights: Array) -> dict[str, float]:
        cost, m, weights = self._compiled()[0], X.shape[1], (*map(read_only, weights),)
        Z = read_only(inference.outputs(self, X, activated=False))
        with Guard(self.who):
            totals = functions.totals(cost.costs(Z, Y, *weights))
            (J,) = cost.J(totals, Z, [float(cost.penalty() or 0)])
            parts, activation = summed(self._metrics), cost.pair.activation
            read = values(parts, activation, Z, Y, *weights)
            A = read_only(activation.value(Z)) if len(parts) < len(self._metrics) else Z
        diagnose.require_finite(self, X, J)
        sums = [functions.totals(a)[0].tolist() for a in read]
        pairs = zip(parts.items(), sums, strict=True)
        found = {name: metric.measured(own, m) for (name, metric), own in pairs}
        for name, metric in self._metrics.items():
            if isinstance(metric, Whole):
                with Guard(metric.who):
                    found[name] = float(metric.measure(A, Y, *weights))
        return {"loss": J} | {name: found[name] for name in self._metrics}

    def gradients(self, X: Any, Y: Any, sample_weight: Any = None) -> tuple[float, Arrays]:
        """J and its gradients {"W1": dW1, "b1": db1, ...} on this data. Nothing changes."""
        cost, _ = self._compiled()
        X, Y, *weights = self._data(X, Y, sample_weight, build=True)
        with Guard(self.who):
            # whose draws are not the model's
            own = copy.deepcopy(cost) if cost.generators() else cost
            J, grads = own.by_blocks(X, Y, *weights)
        diagnose.require_finite(self, X, J, grads)
        return J, {name: g.copy() for name, g in grads.items()}  # a parameter may be its gradient

    def check_gradients(
        self, X: Any, Y: Any, sample_weight: Any = None, **settings: Any
    ) -> gradcheck.GradientTable:
        """Check the gradients of the net with its loss: a table, or a GradientError with it."""
        cost, _ = self._compiled()
        data = self._data(X, Y, sample_weight, build=True)
        return gradcheck.check_gradients(cost, *data, **settings)

    def to_source(self, weights: bool = False) -> str:
        """The net, its cost and its update as a module of plain numpy, in the form of the notes:
        initialize_parameters, forward_propagation, compute_cost, backward_propagation,
        update_parameters, predict and nn_model, examples in columns. With `weights` the parameters
        start as they are now. It is written from the calls that a training makes, a user's own
        steady parts included; what has no place in it is a TypeError.

        >>> import tinynet as tn
        >>> model = tn.Sequential([tn.Dense(4, "tanh"), tn.Dense(1, "sigmoid")], seed=0).build(2)
        >>> model.compile(tn.SGD(1.2))
        >>> [line for line in model.to_source().splitlines() if "dW1 =" in line]
        ['    dW1 = dZ1 @ X.T']
        """
        # a training has no need of it, and begins sooner without
        from tinynet.source.module import module  # noqa: PLC0415

        return module(self, checks.switch(self.who, "weights", weights))

    def snapshot(self) -> Snapshot:
        """A call that brings back all that a training writes, as it is now."""
        self._built()
        self._require_still()
        return Snapshot(self)

    def _data(self, X: Any, Y: Any, weights: Any = None, build: bool = False) -> list[Array]:
        """X, Y and the weights of the examples if there are any, validated; `build` draws the net's
        own weights if there are none yet."""
        self._require_as_compiled()
        data = [*self._door.data(X, Y, self.layers, self._compiled()[0].pair)]
        m = data[0].shape[1]
        if weights is not None:
            data.append(sample_weights(self.who, weights, m, self._door.dtype))
        named = [name for name, metric in self._metrics.items() if metric.of_classes]
        if named and not (np.abs(data[1]) == 1).all():  # Hinge's
            low, high = float(data[1].min()), float(data[1].max())
            if low < 0 or high > 1:
                expected, got = f"classes in Y for {named[0]}", f"values from {low:g} to {high:g}"
                cure = "leave it out of the metrics of a regression"
                checks.refuse(self.who, expected, got, cure)
        if build:
            self.build(data[0].shape[0])
        return data

    def _compiled(self) -> tuple[Cost, optimizers.Optimizer]:
        if self._cost is None or self.optimizer is None:
            got = "one without a loss and an optimizer"
            checks.refuse(self.who, "a compiled model", got, "call compile() first", RuntimeError)
        if self._cost.pair.activation is not self.layers[-1].activation:
            expected, cure = "the last activation of compile()", "compile() again"
            checks.refuse(self.who, expected, "another", cure, RuntimeError)
        return self._cost, self.optimizer
