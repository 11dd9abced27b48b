"""A whole training is one jitted call. What need not be compiled is left to numpy: the first
weights, the orders, the labels in the end; that is faster from a cold start."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.cold import script


def drawn(dtype, *sizes):
    rng = np.random.default_rng(0)
    weights = (rng.standard_normal(pair) / pair[0] ** 0.5 for pair in itertools.pairwise(sizes))
    return [(W.astype(dtype), np.zeros(W.shape[1], dtype)) for W in weights]


def forward(params, X, hidden):
    (W1, b1), (W2, b2) = params
    return hidden(X @ W1 + b1) @ W2 + b2


def notes(X, labels):
    jax.config.update("jax_enable_x64", True)

    def cost(params, X, Y):
        Z = forward(params, X, jnp.tanh)
        return (jnp.maximum(Z, 0) - Z * Y + jnp.log1p(jnp.exp(-jnp.abs(Z)))).mean()

    @jax.jit
    def train(params, X, Y):
        def step(params, _):
            J, grads = jax.value_and_grad(cost)(params, X, Y)
            return jax.tree.map(lambda p, g: p - 1.2 * g, params, grads), J

        return jax.lax.scan(step, params, length=10_000)

    params, costs = train(drawn("float64", 2, 4, 1), X, labels[:, None].astype(float))
    np.asarray(costs)
    return forward(jax.tree.map(np.asarray, params), X, np.tanh).ravel() > 0


def digits(X, labels):
    def cost(params, x, y):
        return -(y * jax.nn.log_softmax(forward(params, x, jax.nn.relu))).sum(axis=1).mean()

    @jax.jit
    def train(params, X, Y, orders):
        def step(state, index):
            params, m, v, t = state
            J, g = jax.value_and_grad(cost)(params, X[index], Y[index])
            t = t + 1
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
            scale = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
            params = jax.tree.map(
                lambda p, m, v: p - scale * m / (jnp.sqrt(v) + 1e-8), params, m, v
            )
            return (params, m, v, t), J

        zeros = jax.tree.map(jnp.zeros_like, params)
        return jax.lax.scan(step, (params, zeros, zeros, jnp.float32(0)), orders)

    rng = np.random.default_rng(0)
    orders = np.concatenate([rng.permutation(len(X)).reshape(-1, 32) for _ in range(30)])
    (params, *_), costs = train(
        drawn("float32", 64, 64, 10), X, np.eye(10, dtype=np.float32)[labels], orders
    )
    np.asarray(costs)
    return forward(jax.tree.map(np.asarray, params), X, lambda Z: np.maximum(Z, 0)).argmax(axis=1)


if __name__ == "__main__":
    script.main(notes, digits)
