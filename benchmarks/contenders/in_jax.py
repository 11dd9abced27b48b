"""The nets as a user of JAX writes them: a step jitted, or the whole loop."""

import itertools

import numpy as np

from benchmarks.problems import BATCHES, SIZES, classes, planar


def jax_net(sizes, dtype):
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    pairs = itertools.pairwise(sizes)
    return [
        (jnp.asarray(rng.standard_normal((a, b)) / a**0.5, dtype), jnp.zeros(b, dtype))
        for a, b in pairs
    ]


def jax_forward(params, X, hidden):
    for W, b in params[:-1]:
        X = hidden(X @ W + b)
    W, b = params[-1]
    return X @ W + b


def jax_notes(dtype, whole_loop=False):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", dtype == "float64")
    X, Y = (jnp.asarray(a.T) for a in planar(dtype))
    params = jax_net((2, 4, 1), dtype)

    def cost(params):
        Z = jax_forward(params, X, jnp.tanh)
        return (jnp.maximum(Z, 0) - Z * Y + jnp.log1p(jnp.exp(-jnp.abs(Z)))).mean()

    def step(params, _=None):
        J, grads = jax.value_and_grad(cost)(params)
        return jax.tree.map(lambda p, g: p - 1.2 * g, params, grads), J

    once = jax.jit(step)
    scan = jax.jit(lambda params, n: jax.lax.scan(step, params, None, length=n), static_argnums=1)

    def steps(n):
        own, costs = params, []
        for _ in range(n):
            own, J = once(own)
            costs.append(J)
        return np.asarray(costs)

    return (lambda n: np.asarray(scan(params, n)[1])) if whole_loop else steps


def jax_notes_loop(dtype):
    return jax_notes(dtype, whole_loop=True)


def jax_classes(size):
    """A whole epoch, shuffled, in one jitted call."""
    import jax
    import jax.numpy as jnp

    X, Y = classes(size)
    batch, batches = BATCHES[size]
    X, Y = jnp.asarray(X), jnp.asarray(np.eye(10, dtype=np.float32)[Y])

    def cost(params, x, y):
        return -(y * jax.nn.log_softmax(jax_forward(params, x, jax.nn.relu))).sum(axis=1).mean()

    def step(state, index):
        params, m, v, t = state
        J, g = jax.value_and_grad(cost)(params, X[index], Y[index])
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        scale = 0.001 * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        params = jax.tree.map(lambda p, m, v: p - scale * m / (jnp.sqrt(v) + 1e-8), params, m, v)
        return (params, m, v, t), J

    @jax.jit
    def epoch(state, key):
        order = jax.random.permutation(key, len(X)).reshape(batches, batch)
        return jax.lax.scan(step, state, order)

    params = jax_net(SIZES[size], "float32")
    zeros = jax.tree.map(jnp.zeros_like, params)

    def steps(n):
        state, costs, key = (params, zeros, zeros, jnp.float32(0)), [], jax.random.key(0)
        for i in range(n // batches):
            state, J = epoch(state, jax.random.fold_in(key, i))
            costs.append(np.asarray(J))
        return costs

    return steps
