"""Many threads and processes with one model: each gets what one alone would get."""

import copy
import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import tinynet as tn
from tests import models
from tinynet.model import same

THREADS = 16
TRAINED = [name for name in models.MODELS if name != "unfitted"]


@pytest.mark.parametrize("name", TRAINED)
def test_predictions_of_many_threads_are_those_of_one(name, tries):
    model, _ = models.made(name)
    X = models.X if model.examples == "rows" else models.X.T
    parts = [X[i : i + 4] if model.examples == "rows" else X[:, i : i + 4] for i in range(16)]
    alone, each = [model.predict(part).tobytes() for part in parts], tries(10, 1000)

    def work(thread):
        for i in range(each):
            at = (thread + i) % len(parts)
            assert model.predict(parts[at]).tobytes() == alone[at]

    with ThreadPoolExecutor(THREADS) as pool:
        assert [*pool.map(work, range(THREADS))] == [None] * THREADS


def test_a_prediction_during_a_training_is_of_one_of_its_steps():
    """Of a net of one weight, so that no step can be seen half taken."""
    model = tn.Sequential([tn.Dense(1, use_bias=False)], seed=0)
    model.compile(tn.SGD(0.001), "mse")
    X, Y = np.ones((1, 8)), np.full((1, 8), 3.0)
    twin = copy.deepcopy(model.build(1))
    wanted, seen, done = {float(twin.layers[0].W[0, 0])}, set(), threading.Event()
    for _ in range(3000):
        twin.train_on_batch(X, Y)
        wanted.add(float(twin.layers[0].W[0, 0]))

    def look():
        while not done.is_set():
            seen.add(float(model.predict(np.ones((1, 1)))[0, 0]))

    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(look) for _ in range(4)]
        for _ in range(30):
            model.fit(X, Y, 100, verbose=0)
        done.set()
        assert [one.result() for one in looks] == [None] * 4
    assert seen <= wanted
    assert len(seen) > 1


@pytest.mark.parametrize("name", ["classes, adam", "own"])
def test_predictions_during_a_training_are_predictions(name):
    model, Y = models.made(name)
    done = threading.Event()

    def look():
        while not done.is_set():
            A = model.predict(models.X)
            assert A.min() >= 0
            assert A.max() <= 1
            assert name == "own" or np.allclose(A.sum(axis=1), 1)

    with ThreadPoolExecutor(4) as pool:
        looks = [pool.submit(look) for _ in range(4)]
        for _ in range(5):
            models.train(model, Y)
        done.set()
        assert [one.result() for one in looks] == [None] * 4


def copies(model):
    """By all ways there are, with their names."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield f"protocol {protocol}", pickle.loads(pickle.dumps(model, protocol))
    buffers = []
    data = pickle.dumps(model, 5, buffer_callback=buffers.append)
    yield "out of band", pickle.loads(data, buffers=buffers)
    frozen = [bytes(one.raw()) for one in buffers]
    yield "out of band, read-only", pickle.loads(data, buffers=frozen)
    yield "deepcopy", copy.deepcopy(model)


@pytest.mark.parametrize("name", models.MODELS)
def test_a_copy_goes_on_alone(name):
    model, Y = models.made(name)
    start = copy.deepcopy(model)
    made = dict(copies(model))
    for way, twin in made.items():
        assert not same.difference(start, twin), way
    ends = [made[way] for way in ("protocol 0", "out of band", "deepcopy")]
    for twin in ends if Y is not None else ():
        models.train(twin, Y)
    assert not same.difference(start, model), "a copy changes the original"
    assert all(not same.difference(ends[0], end) for end in ends)


def trained_on(model, Y):
    models.train(model, Y)
    return model


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_process_trains_a_copy(method):
    model, Y = models.made("classes, adam")
    start = copy.deepcopy(model)
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        elsewhere = pool.submit(trained_on, model, Y).result()
    assert not same.difference(start, model)
    models.train(model, Y)
    assert not same.difference(model, elsewhere)


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib_predicts(backend):
    joblib = pytest.importorskip("joblib")
    model, _ = models.made("classes, adam")
    alone = model.predict(models.X)
    with joblib.parallel_config(backend, n_jobs=2):
        found = joblib.Parallel()(joblib.delayed(model.predict)(models.X) for _ in range(4))
    assert all(np.array_equal(A, alone) for A in found)


def test_no_other_thread_saves_a_model_that_is_being_trained(tmp_path):
    """Its file could hold half a step."""
    model, path, errors = tn.Sequential([tn.Dense(1)], seed=0), tmp_path / "net", []
    model.compile("sgd", "mse")
    with ThreadPoolExecutor(1) as pool:

        def look(epoch, logs):
            errors.append(pool.submit(model.save, path).exception())

        look = tn.LambdaCallback(on_epoch_end=look)
        model.fit(np.ones((1, 4)), np.ones((1, 4)), 1, verbose=0, callbacks=[look])
        assert "a model that is not being trained, got a fit that runs" in str(errors[0])
        assert not path.exists()
        pool.submit(model.save, path).result()
    assert not same.difference(model, tn.load(path))


def test_a_fit_that_waited_for_another_one_is_refused():
    """Two that ask at once both hear that nobody trains; the second to begin is told."""
    model = tn.Sequential([tn.Dense(1, "sigmoid")], seed=0)
    model.compile()
    before = model._require_idle()
    model.fit(np.ones((2, 4)), [0, 1, 0, 1], 3, verbose=0)
    with pytest.raises(RuntimeError, match="one fit at a time"), model._in_training(before):
        pass
    model.fit(np.ones((2, 4)), [0, 1, 0, 1], 3, verbose=0)
    assert len(model.history) == 6
