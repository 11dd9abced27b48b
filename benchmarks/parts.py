"""What each part of the kit costs: a step of 64-64-10 with it and without it, in turns, the best of
some rounds."""

import time

import numpy as np

import tinynet as tn
from benchmarks.contenders.in_tinynet import notes_net
from benchmarks.problems import BATCHES, DECAYING, SIZES, parted, planar

ROUNDS, STEPS = 25, 200
AT_MOST = 1.5  # times the plain step
EPOCHS = 500
LOOKS = 2e-6  # seconds for a callback that looks every epoch, beyond its own work


def net(*inside, optimizer=tn.Adam, dense=None, **settings):
    """The plain net: with parts behind its Dense, settings of its Dense, of fit, or of Adam."""
    n_x, n_h, n_y = SIZES["kit"]
    batch, batches = BATCHES["kit"]
    X, Y, *_ = parted("kit")
    layers = [tn.Dense(n_h, **(dense or {})), tn.relu, *inside, tn.Dense(n_y, "softmax")]
    model = tn.Sequential(layers, seed=0, dtype="float32", examples="rows").build(n_x)
    model.compile(optimizer())
    return lambda: model.fit(X, Y, STEPS // batches, batch, verbose=0, **settings)


def variants():
    _, Y, *held = parted("kit")
    weights = np.random.default_rng(0).uniform(0.5, 1.5, len(Y))
    scheduled = tn.CosineDecay(0.001, steps=DECAYING)
    return {
        "Dropout(0.2)": net(tn.Dropout(0.2)),
        "BatchNorm()": net(tn.BatchNorm()),
        "LayerNorm()": net(tn.LayerNorm()),
        "L2 of a Dense": net(dense={"regularizer": tn.L2(1e-4)}),
        "clip_norm": net(optimizer=lambda: tn.Adam(clip_norm=1.0)),
        "clip_value": net(optimizer=lambda: tn.Adam(clip_value=0.1)),
        "a cosine schedule": net(optimizer=lambda: tn.Adam(scheduled)),
        "AdamW": net(optimizer=tn.AdamW),
        "Hypergradient": net(optimizer=lambda: tn.Hypergradient(tn.Adam(), meta=tn.Adam(0.02))),
        "sample_weight": net(sample_weight=weights),
        "class_weight": net(class_weight="balanced"),
        "validation of a fifth after every epoch": net(validation_data=tuple(held)),
        "a callback after every epoch": net(callbacks=[tn.LambdaCallback(lambda *_: None)]),
    }


def in_turns(runs):
    """The fewest seconds of each: others that use the machine only add to them."""
    seconds = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: min(own) for name, own in seconds.items()}


def looks():
    """Seconds of an epoch of the notes' net with a callback that does nothing, and without one."""
    X, Y = planar("float64")
    plain, seen = notes_net("float64"), notes_net("float64")
    callbacks = [tn.LambdaCallback(lambda *_: None)]
    found = in_turns(
        {
            "plain": lambda: plain.fit(X, Y, EPOCHS, verbose=0),
            "seen": lambda: seen.fit(X, Y, EPOCHS, verbose=0, callbacks=callbacks),
        }
    )
    return found["seen"] / EPOCHS, found["plain"] / EPOCHS


def lines():
    found = in_turns({"plain": net(), **variants()})
    plain = found.pop("plain") / STEPS
    title = f"64-64-10, relu, Adam, batch 32, float32: {plain * 1e6:.0f} us, best of {ROUNDS}"
    text = ["### What each part costs", "", title, ""]
    text += ["| with | us a step | times | wanted: at most |", "| --- | ---: | ---: | --- |"]
    for name, seconds in found.items():
        times = seconds / STEPS / plain
        verdict = f"{AT_MOST}: {'kept' if times <= AT_MOST else 'missed'}"
        text.append(f"| {name} | {seconds / STEPS * 1e6:.0f} | {times:.2f} | {verdict} |")
    seen, plain = looks()
    more, verdict = seen - plain, "kept" if seen - plain <= LOOKS else "missed"
    said = f"A callback that does nothing adds {more * 1e6:.1f} us to an epoch of the notes' net"
    wanted = f"Wanted: at most {LOOKS * 1e6:.0f} us: {verdict}."
    return [*text, "", f"{said}, {plain * 1e6:.1f} us. {wanted}", ""]
