"""A layer of one's own, proven and trained: a gated linear unit.

A = (W X + b) * s(V X + c), with s the sigmoid: each unit learns when to listen. Dauphin et al.,
ICML 2017 (arXiv:1612.08083). The layer says how its parameters are made, Z from X, and the
gradients; everything else is tinynet's.
"""

import numpy as np

import tinynet as tn


class Gated(tn.Layer):
    steady = True  # the same calls in every step, so it is recorded and trains fast

    def make_params(self, n_in, rng):
        W, V = (rng.standard_normal((self.units, n_in)) / np.sqrt(n_in) for _ in "WV")
        return {"W": W, "V": V, "b": np.zeros((self.units, 1)), "c": np.zeros((self.units, 1))}

    def preactivation(self, X):
        p = self.params
        return (p["W"] @ X + p["b"]) / (1 + np.exp(-(p["V"] @ X + p["c"])))

    def parameter_gradients(self, dZ, cache):
        X = cache["X"]
        dL, dG = self.inner(dZ, cache)
        sums = {"b": dL.sum(axis=1, keepdims=True), "c": dG.sum(axis=1, keepdims=True)}
        return {"W": dL @ X.T, "V": dG @ X.T, **sums}

    def input_gradient(self, dZ, cache):
        dL, dG = self.inner(dZ, cache)
        return cache["params"]["W"].T @ dL + cache["params"]["V"].T @ dG

    def inner(self, dZ, cache):
        """The gradients of the linear part L and of the gate's argument G, for Z = L s(G)."""
        X, p = cache["X"], cache["params"]
        gate = 1 / (1 + np.exp(-(p["V"] @ X + p["c"])))
        return dZ * gate, dZ * (p["W"] @ X + p["b"]) * gate * (1 - gate)


# proven: alone, and in a net with its loss
print(tn.check_gradients(Gated(3).build(2, seed=0), np.random.default_rng(0).normal(size=(2, 5))))

X, Y = tn.data.spirals(600, n_classes=2)
model = tn.Sequential([tn.Standardize(), Gated(16), Gated(16), tn.Dense(1, "sigmoid")], seed=0)
model.compile(tn.Adam(0.01), metrics=["accuracy"])
model.fit(X, Y, epochs=300, batch_size=32, verbose=0)
assert model.check_gradients(X, Y).passed

accuracy = model.evaluate(X, Y)["accuracy"]
print(f"two spirals: accuracy {accuracy:.1%} after 300 epochs")
assert accuracy > 0.97
