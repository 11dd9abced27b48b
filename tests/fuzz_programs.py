"""Random whole programs: a net of tinynet's parts and of users', how it is trained, what happens in
between; all from one seed."""

import random

import numpy as np

import tinynet as tn
from tests import parts
from tests.fuzz_rules import Cubic, Root
from tests.fuzz_wrong import PARTS

SMOOTH = ["identity", "tanh", "sigmoid", "silu", "gelu", "softplus"]
KINKED = ["relu", "leaky_relu"]


class Program:
    """What is trained, on what, how, and what happens in between; all from one seed."""

    def __init__(self, seed):
        self.draw = draw = random.Random(seed)
        self.rng = np.random.default_rng(seed)
        self.dtype = draw.choice(["float64", "float64", "float32"])
        self.wrong, self.used = None, []
        # a small change at a kink is none any more, and float32 comes near enough to see it
        self.kinks = self.dtype == "float64"
        kind = draw.choice(["activation", "layer", "layer", "loss", "optimizer"])
        self.spoilt = f"wrong {kind}" if draw.random() < 0.25 else ""
        self.loss, last, self.n_y = self.a_loss()
        self.n_x = draw.randint(2, 5)
        self.parts = self.some_layers(last)
        self.optimizer = self.an_optimizer()
        self.some_data()
        self.some_fits()
        self.fused = draw.random() < 0.4  # what can be

    def own(self, kind):
        """A user's part of that kind; once, if the program is to be spoilt by it, a wrong one."""
        if self.spoilt == f"wrong {kind}":
            kind, self.spoilt = self.spoilt, ""
            self.wrong = found = self.draw.choice(PARTS[kind])
        else:
            kinds = [x for x in PARTS[kind] if self.kinks or not getattr(x, "kinked", False)]
            found = self.draw.choice(kinds)
        self.used.append(found)
        return found

    def some(self, trait):
        return any(getattr(kind, trait, False) for kind in self.used)

    def an_activation(self, of_ours=0.5):
        if self.spoilt != "wrong activation" and self.draw.random() < of_ours:
            return self.draw.choice(SMOOTH + (KINKED if self.kinks else []))
        return self.own("activation")()

    def a_loss(self):
        """The loss, the last activation that fits, and how many outputs."""
        draw = self.draw
        # from A in float32, a cross-entropy has not the digits that it has from Z
        if self.dtype == "float64" and self.spoilt != "wrong loss" and draw.random() < 0.4:
            if draw.random() < 0.5:
                return tn.CrossEntropy(), "softmax", draw.randint(2, 4)
            return tn.BinaryCrossEntropy(), "sigmoid", draw.randint(1, 3)
        ours = self.spoilt != "wrong loss" and draw.random() < 0.4
        loss = (
            draw.choice([tn.MeanSquaredError, tn.Huber, tn.LogCosh]) if ours else self.own("loss")
        )
        last = draw.choice(["identity", "tanh", "sigmoid", "silu"])
        if self.spoilt != "wrong activation" and draw.random() < 0.2:
            last = self.own("activation")()
        return loss(), last, draw.randint(1, 3)

    def some_layers(self, last):
        width, found = self.n_x, []
        n = self.draw.randint(0, 3)
        n = n or int(self.spoilt in ("wrong activation", "wrong layer"))
        for i in range(n):
            units = self.draw.randint(2, 6) if self.draw.random() < 0.5 else width
            late = i == n - 1
            found.append(self.a_layer(width, units, late))
            width = found[-1].units or width if isinstance(found[-1], tn.Layer) else width
        dense = self.draw.choice([tn.Dense, tn.Dense, parts.Matmul, parts.Ridge])
        return [*found, dense(self.n_y, last)]

    def a_layer(self, width, units, late=False):
        draw = self.draw
        if (late and self.spoilt == "wrong layer") or draw.random() < 0.35:
            return self.own("layer")(width)
        which = 4 if late and self.spoilt == "wrong activation" else draw.randint(0, 9)
        if which < 4:
            regularizer = draw.choice([None, None, tn.L2(0.05), Cubic()])
            bias = draw.random() < 0.8
            return tn.Dense(units, self.an_activation(), use_bias=bias, regularizer=regularizer)
        if which == 4:
            return draw.choice([parts.Matmul, parts.Ridge])(units, self.an_activation())
        if which == 5:
            return self.a_residual(width)
        if which == 6:
            g = self.an_activation(0.2)
            return g if isinstance(g, tn.Activation) else tn.PReLU() if self.kinks else g
        # with a large epsilon: the normalized of a few numbers that are nearly equal is chaos
        return draw.choice([tn.BatchNorm(0.8, 0.3), tn.LayerNorm(0.3), tn.Dropout(0.3)])

    def a_residual(self, width):
        inner = [self.a_layer(width, width) for _ in range(self.draw.randint(1, 2))]
        return tn.Residual([*inner, tn.Dense(width)] if self.draw.random() < 0.5 else inner)

    def an_optimizer(self):
        draw, limits = self.draw, {}
        if draw.random() < 0.3:
            limits = draw.choice([{"clip_norm": 0.1}, {"clip_value": 0.02}, {"clip_norm": 50.0}])
        # with a small one, a gradient that is 0 but for rounding grows by rate / epsilon in a step
        epsilon = 1e-2
        ours = [
            lambda: tn.SGD(0.05, **limits),
            lambda: tn.SGD(0.02, 0.9, nesterov=draw.random() < 0.5, **limits),
            lambda: tn.Adam(0.01, epsilon=epsilon, **limits),
            lambda: tn.AdamW(0.01, epsilon=epsilon, **limits),
            lambda: tn.RMSProp(0.01, momentum=0.5, epsilon=epsilon, **limits),
        ]
        if self.spoilt != "wrong optimizer" and draw.random() < 0.6:
            return draw.choice(ours)()
        return self.own("optimizer")(0.03)

    def some_data(self):
        draw, rng = self.draw, self.rng
        m = draw.choice([1, 2, 3, 7, 16, 33, 60, 150])
        self.X = rng.standard_normal((self.n_x, m)).astype(self.dtype)
        self.labels = None
        if isinstance(self.loss, tn.CrossEntropy):
            self.labels = rng.integers(0, self.n_y, m)
            Y = np.eye(self.n_y)[:, self.labels]
        elif isinstance(self.loss, tn.BinaryCrossEntropy):
            Y = rng.integers(0, 2, (self.n_y, m))
        else:
            Y = 0.5 * rng.standard_normal((self.n_y, m))
        self.Y = Y.astype(self.dtype)
        self.size = draw.choice([None, draw.randint(1, m + 1), draw.randint(1 + m // 3, m + 1)])
        self.shuffle = draw.random() < 0.8
        self.batches = draw.random() < 0.12  # of an iterable
        self.rows = draw.random() < 0.3
        if self.batches:
            self.shuffle, self.size = False, self.size or m
        self.sample_weight = None
        if draw.random() < 0.3:
            self.sample_weight = rng.uniform(0.2, 2, m)
        self.longest = draw.choice([None, None, 3, 20])  # examples of a block
        self.data = self.X, self.Y, m, min(self.size or m, m)

    def weights(self, batch):
        """How much the examples of a batch count: the mean is 1, of all or of a batch alone."""
        w = self.sample_weight
        if w is None:
            return np.ones(len(batch), self.dtype)
        return (w[batch] / (w[batch] if self.batches else w).mean()).astype(self.dtype)

    def share(self, batch):
        """How much of an epoch's loss is that of a batch."""
        w = self.sample_weight
        if w is None or not self.batches:
            return len(batch) / self.X.shape[1]
        return w[batch].sum() / w.sum()

    def a_rate(self):
        """A number or a schedule."""
        draw, first = self.draw, 0.5 * self.optimizer.learning_rate
        over = {draw.choice(["steps", "epochs"]): draw.randint(2, 9)}
        return draw.choice(
            [
                lambda: first,
                lambda: tn.ExponentialDecay(first, 0.5, **over),
                lambda: tn.StepDecay(first, 0.5, **over),
                lambda: tn.CosineDecay(first, warm_up=1, last=0.001, **over),
                lambda: Root(first, **over),
            ]
        )()

    def some_fits(self):
        """Epochs with a learning rate, where they are cut off, and what comes after."""
        draw, (_, _, m, size) = self.draw, self.data
        self.fits, self.rates, rate = [], [], self.optimizer.learning_rate
        steps = -(-m // size)
        calm = ["deepcopy", "pickle", "nothing"]
        cuts = [None, None, "epoch"]
        calm += [] if self.some("restless") else ["look", "look"]
        if not (self.some("restless") or self.some("keeping")):  # a file can hold it
            calm, cuts = [*calm, "save", "save"], [*cuts, "step"]
        self.calm = calm
        for _ in range(draw.randint(1, 3)):
            epochs = (
                draw.randint(1, 4) if steps > 1 or draw.random() < 0.7 else draw.randint(20, 70)
            )
            changed = draw.random() < 0.3
            rate = self.a_rate() if changed else rate
            cut = draw.choice(cuts)
            at = draw.randint(1, epochs if cut == "epoch" else epochs * steps)
            after = [draw.choice(calm) for _ in range(draw.randint(0, 2))]
            self.fits.append((epochs, rate if changed else None, cut, at, after))
            self.rates += [rate] * epochs

    def __repr__(self):
        size = self.data[3]
        own = {
            name: vars(self)[name] for name in ("dtype", "shuffle", "batches", "rows", "longest")
        }
        said = f"{self.parts}, {self.loss!r}, {self.optimizer!r}, X {self.X.shape} by {size}"
        weighted = self.sample_weight is not None
        return f"{said}, {own}, weighted {weighted}, fits {self.fits}, wrong {self.wrong}"

    def given(self, columns):
        return columns.T.copy() if self.rows else columns.copy()

    def arguments(self):
        """What `fit` gets: arrays, or batches."""
        X, Y, w, (_, _, m, size) = self.X, self.Y, self.sample_weight, self.data
        if not self.batches:
            Y = self.labels if self.labels is not None else self.given(Y)
            given = {"X": self.given(X), "Y": Y, "sample_weight": w}
            return given | {"batch_size": self.size, "shuffle": self.shuffle}
        cuts = [slice(i, i + size) for i in range(0, m, size)]
        pairs = [[self.given(X[:, cut]), self.given(Y[:, cut])] for cut in cuts]
        return {
            "X": [(*p, *([] if w is None else [w[c]])) for p, c in zip(pairs, cuts, strict=True)]
        }
