"""Models to save: every part of the kit is in one of them, and parts that users write."""

import numpy as np

import tinynet as tn

rng = np.random.default_rng(0)
X = rng.standard_normal((60, 4))
LABELS = rng.integers(0, 3, 60)
BITS = (X[:, 0] > 0).astype(float)
COUNTS = rng.integers(0, 5, 60).astype(float)


class Scaled(tn.Layer):
    """A layer with an argument, a parameter, state and draws."""

    stochastic = True

    def __init__(self, factor, *, noise=0.1):
        super().__init__(3)
        self.factor, self.noise = factor, noise

    def make_params(self, n_in, rng):
        return {"S": rng.standard_normal((self.units, n_in))}

    def make_state(self, n_in):
        return {"seen": np.zeros((1, 1))}

    def preactivation(self, X):
        return self.factor * (self.params["S"] @ X)

    def run(self, X):
        own = {"X": X, "state": {"seen": self.state["seen"] + X.shape[1]}}
        drawn = self.noise * self.uniform(X).sum(axis=0, keepdims=True)
        return self.preactivation(X) + drawn, own

    def pullback(self, dA, cache):
        grads = {"S": self.factor * (dA @ cache["X"].T)}
        return self.factor * (self.params["S"].T @ dA), grads


class Bent(tn.Activation):
    def __init__(self, slopes=(0.5, 2.0)):
        super().__init__()
        self.slopes = slopes

    def value(self, Z):
        return np.where(Z > 0, self.slopes[1] * Z, self.slopes[0] * Z)

    def derivative(self, Z):
        return np.where(Z > 0, self.slopes[1], self.slopes[0])


class Steep(tn.Schedule):
    def __init__(self, start, steps=None, epochs=None):
        super().__init__(steps, epochs)
        self.start = start

    def rate(self, t):
        return self.start / (1 + t / self.over)


def worst(Y, A):
    return float(np.abs(Y - A).max())


OWN = Scaled, Bent, Steep, worst
HIDDEN = ["identity", "relu", "leaky_relu", "elu", "selu", "softplus", "gelu", "silu", "tanh"]
INITIALIZERS = [tn.Uniform(0.1), tn.TruncatedNormal(0.1), tn.Glorot("uniform"), tn.He(), tn.LeCun()]
INITIALIZERS += [tn.Orthogonal(), tn.Constant(0.1), tn.Normal(0.1), "zeros"]
HALF, STEPS = {"epochs": 7}, {"steps": 9}
OPTIMIZERS = {
    "sgd": lambda: tn.SGD(0.01),
    "momentum": lambda: tn.SGD(0.01, 0.9, nesterov=True),
    "adam": lambda: tn.Adam(tn.CosineDecay(0.01, warm_up=2, **STEPS), clip_norm=1.0),
    "adamw": lambda: tn.AdamW(tn.ExponentialDecay(0.01, 0.9, **HALF), clip_value=0.5),
    "rmsprop": lambda: tn.RMSProp(tn.StepDecay(0.01, 0.5, **STEPS), momentum=0.5),
    "adagrad": lambda: tn.Adagrad(tn.PiecewiseConstant([0.01, 0.001], epochs=[2])),
    "learned": lambda: tn.Hypergradient(tn.Adam(0.002, clip_norm=1.0), meta=tn.SGD(0.01, 0.5)),
    "own schedule": lambda: tn.SGD(Steep(0.02, steps=5)),
}


def classes(optimizer="adam", dtype="float64", seed=1):
    """Most layers of the kit over three classes."""
    inner = [tn.Dense(6, "relu", regularizer=tn.L1(1e-3)), tn.Dense(6, regularizer="l2")]
    deep = [tn.Residual(inner), tn.Dropout(0.1)]
    layers = [
        tn.Standardize(),
        tn.Dense(6, regularizer=tn.L1L2(1e-4, 1e-3)),
        tn.BatchNorm(0.8),
        tn.PReLU(),
        tn.Dropout(0.2),
        tn.Residual([*deep, tn.LayerNorm()]),
        tn.Activate(tn.Elu(0.7)),
        tn.Dense(3, tn.Softmax(1.5), use_bias=False),
    ]
    model = tn.Sequential(layers, seed=seed, dtype=dtype, examples="rows")
    loss = tn.CrossEntropy(label_smoothing=0.1)
    model.compile(OPTIMIZERS[optimizer](), loss, ["accuracy", "f1", "precision", "recall"])
    return model, LABELS


def one_output(loss, last, metrics=(), hidden="tanh", initializer="glorot", **settings):
    dense = tn.Dense(5, hidden, initializer=initializer, bias_initializer=tn.Constant(0.1))
    model = tn.Sequential([dense, tn.Dense(1, last)], seed=2, examples="rows", **settings)
    model.compile(tn.Adam(0.01), loss, list(metrics))
    return model


def distributions():
    model = tn.Sequential([tn.Dense(3, "softmax")], seed=2, examples="rows")
    model.compile("rmsprop", "kl_divergence")
    return model, np.full((60, 3), [0.2, 0.3, 0.5])


def own():
    layers = [Scaled(0.5, noise=0.2), tn.Activate(Bent((0.25, 1.5))), tn.Dense(1, "sigmoid")]
    model = tn.Sequential(layers, seed=np.random.RandomState(3), examples="rows")
    model.compile(tn.SGD(Steep(0.02, epochs=5), 0.5), metrics=[worst, "roc_auc"])
    return model, BITS


def unfitted():
    return tn.Sequential([tn.Dense(2, "tanh"), tn.Dense(1)], seed=4), None


def built():
    return tn.Sequential([tn.Dense(2, "tanh"), tn.Dense(1)], seed=4).build(4), None


MODELS = {"own": own, "unfitted": unfitted, "built": built}
MODELS |= {f"classes, {name}": lambda name=name: classes(name) for name in OPTIMIZERS}
MODELS |= {
    f"classes, {g}": lambda g=g: classes(seed=np.random.Generator(getattr(np.random, g)(5)))
    for g in ("MT19937", "PCG64DXSM", "Philox", "SFC64")
}
MODELS["distributions"] = distributions
MODELS["float32"] = lambda: classes(dtype="float32")
MODELS |= {
    f"one output, {loss}, {last}": lambda a=(loss, last, more), Y=Y: (one_output(*a), Y)
    for loss, last, Y, more in [
        ("mse", "identity", X[:, 0], ["mse", "mae", "r2"]),
        ("mae", "identity", X[:, 0], ()),
        ("huber", "identity", X[:, 0], ()),
        ("log_cosh", "identity", X[:, 0], ()),
        ("hinge", "identity", BITS, ()),
        ("binary_crossentropy", "sigmoid", BITS, ["accuracy"]),
        ("poisson", "softplus", COUNTS, ()),
        ("poisson", "exponential", COUNTS, ()),
    ]
}
MODELS |= {
    f"{g} with {initializer}": lambda g=g, i=initializer: (
        one_output("mse", "identity", hidden=g, initializer=i),
        X[:, 0],
    )
    for g, initializer in zip(HIDDEN, INITIALIZERS, strict=True)
}


def train(model, Y, epochs=3):
    """Some epochs with all that leaves something in a model."""
    model.fit(X, Y, epochs, 16, verbose=0, validation_split=0.25)
    model.fit(X, Y, 2, 16, verbose=0, sample_weight=np.linspace(0, 1, len(X)))


def made(name, trained=True):
    model, Y = MODELS[name]()
    if trained and Y is not None:
        train(model, Y)
    return model, Y
