"""A fit that is left more than once, at whatever line, ends as one that nobody cut off."""

import copy
import functools

import numpy as np
import pytest

import tinynet as tn
from tests.interrupts import Tracer
from tests.resuming import Halt
from tests.test_resume_attacked import Killed
from tinynet.model import same

X, Y = tn.data.moons(40, seed=0)


def cut(size):
    return [(X[:, i : i + size], Y[:, i : i + size]) for i in range(0, 40, size)]


class Endless:
    """Batches, of which nobody knows how many there are."""

    def __iter__(self):
        return iter(cut(10))


ARRAYS = {"X": X, "Y": Y, "epochs": 3, "batch_size": 10, "verbose": 0}
SOURCES = {
    "arrays": ARRAYS,
    "all at once": ARRAYS | {"batch_size": None, "epochs": 6},
    "a list": {"X": cut(10), "epochs": 3, "verbose": 0},
    "an iterable": {"X": Endless(), "epochs": 3, "verbose": 0},
}


def net():
    model = tn.Sequential([tn.Dense(2, "tanh"), tn.Dense(1, "sigmoid")], seed=7).build(2)
    model.compile(tn.SGD(tn.StepDecay(0.5, 0.5, epochs=1)))
    return model


class Moves(tn.Callback):
    """Moves the weights as a fit begins and as it ends, and may stop it."""

    kept = ("seen",)

    def __init__(self, stops=0):
        self.stops = stops

    def on_train_begin(self):
        self.seen = []
        self.model.set_weights([2 * w for w in self.model.get_weights()])

    def on_epoch_end(self, epoch, logs):
        self.seen.append(logs["loss"])
        return epoch == self.stops

    def on_train_end(self):
        self.model.set_weights([np.round(w, 1) for w in self.model.get_weights()])


class Fails(tn.Callback):
    """Fails in one of its calls, if it is told where."""

    kept = ()

    def __init__(self, every=1):
        self.every, self.where = every, None

    def on_epoch_end(self, epoch, logs):
        if self.where == epoch:
            raise RuntimeError("halt")

    def on_train_end(self):
        if self.where == "end":
            raise RuntimeError("halt")


LOOKS = {
    "nobody": list,
    "two": lambda: [Moves(), Fails()],
    "one that stops": lambda: [Moves(stops=2), Fails()],
}


@functools.cache
def whole(source, look):
    """What a fit ends with that nobody cut off."""
    twin = net()
    twin.fit(**SOURCES[source], callbacks=LOOKS[look]())
    return twin


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("source", SOURCES)
def test_a_fit_that_is_left_after_each_step(source, look):
    model, n = net(), whole(source, look).optimizer.steps
    for _ in range(n - 1):
        with pytest.raises(RuntimeError, match="halt"):
            model.fit(**SOURCES[source], callbacks=[*LOOKS[look](), Halt(1)], resume=True)
        model = copy.deepcopy(model)  # as a file of it
    model.fit(**SOURCES[source], callbacks=LOOKS[look](), resume=True)
    assert not same.difference(whole(source, look), model)


class Within(Tracer):
    """Raises an interrupt at the n-th line that is run of a function of a file."""

    def __init__(self, file, function, at):
        super().__init__((file,), at)
        self.function = function

    def __call__(self, frame, event, arg):
        if event == "call" and frame.f_code.co_name != self.function:
            return None
        return super().__call__(frame, event, arg)


@pytest.mark.parametrize(
    ("file", "function", "look"),
    [
        ("model/watch", "__enter__", "two"),
        ("model/watch", "go_on", "nobody"),
        ("model/watch", "go_on", "two"),
        ("model/watch", "__exit__", "two"),
        ("model/watch", "leave", "two"),
        ("engine/training", "run", "nobody"),
        ("engine/training", "run", "two"),
        ("contextlib", "__exit__", "two"),
    ],
)
def test_an_interrupt_at_each_line_where_a_fit_goes_on_or_ends(file, function, look, tmp_path):
    """Of a fit that goes on from a file."""
    path = tmp_path / "net"
    with pytest.raises(RuntimeError, match="halt"):
        net().fit(**ARRAYS, callbacks=[*LOOKS[look](), Killed(path, every_batches=2), Halt(3)])
    again = functools.partial(tn.Sequential.fit, **ARRAYS, resume=True)
    for at in range(100):
        model, tracer = tn.load(path), Within(file, function, at)
        if not tracer.run(functools.partial(again, model, callbacks=LOOKS[look]())):
            break
        again(model, callbacks=LOOKS[look]())
        assert not same.difference(whole("arrays", look), model), tracer.where
    else:
        pytest.fail("there are more lines")
    assert at > 0


@pytest.mark.parametrize("look", ["two", "one that stops"])
def test_a_fit_that_was_cut_off_as_it_goes_on_stands_where_it_was(look, monkeypatch):
    """After callbacks have begun, and have moved the weights."""

    def interrupted(*_):
        raise KeyboardInterrupt

    model = net()
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**ARRAYS, callbacks=[*LOOKS[look](), Halt(6)])
    with monkeypatch.context() as patch:
        patch.setattr("tinynet.model.watch.give_back", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.fit(**ARRAYS, callbacks=LOOKS[look](), resume=True)
    model.fit(**ARRAYS, callbacks=LOOKS[look](), resume=True)
    assert not same.difference(whole("arrays", look), model)


class Begins(tn.Callback):
    """Sets the optimizer back to its first step."""

    kept = ()

    def on_epoch_end(self, epoch, logs):
        self.model.optimizer.reset()


@pytest.mark.parametrize("source", SOURCES)
def test_an_interrupt_after_the_optimizer_was_set_back(source):
    """Until the training begins anew nobody has counted its steps again."""
    twin = net()
    twin.fit(**SOURCES[source], callbacks=[Begins()])
    for at in range(300):
        model, tracer = net(), Within("engine/training", "__init__", at)
        if not tracer.run(lambda one=model: one.fit(**SOURCES[source], callbacks=[Begins()])):
            break
        model.fit(**SOURCES[source], callbacks=[Begins()], resume=True)
        assert not same.difference(twin, model), tracer.where
    else:
        pytest.fail("there are more lines")
    assert at > 20


def test_an_interrupt_at_each_line_before_a_batch_of_a_list():
    """Of the steps so far, none is read again."""
    for at in range(300):
        model, tracer = net(), Within("engine/training", "run", at)
        if not tracer.run(lambda one=model: one.fit(**SOURCES["a list"])):
            break
        model.fit(**SOURCES["a list"], resume=True)
        assert not same.difference(whole("a list", "nobody"), model), tracer.where
    else:
        pytest.fail("there are more lines")
    assert at > 100


def test_a_fit_that_does_not_begin_leaves_the_place_of_the_one_before():
    model, ends = net(), []
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**ARRAYS, callbacks=[Halt(3)])
    begun = tn.LambdaCallback(on_train_end=lambda: ends.append(None))
    with pytest.raises(ValueError, match="mine"):
        model.fit(**ARRAYS, callbacks=[begun, tn.EarlyStopping(monitor="mine")])
    assert len(ends) == 1
    model.fit(**ARRAYS, resume=True)
    assert not same.difference(whole("arrays", "nobody"), model)


@pytest.mark.parametrize("where", [2, "end"])
@pytest.mark.parametrize("look", ["two", "one that stops"])
@pytest.mark.parametrize("source", SOURCES)
def test_what_a_callback_said_counts_after_another_one_failed(source, look, where):
    """In its look at the same epoch, or as the fit ended."""
    model, cut_off, own = net(), LOOKS[look](), LOOKS[look]()
    cut_off[-1].where = where
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**SOURCES[source], callbacks=cut_off)
    model.fit(**SOURCES[source], callbacks=own, resume=True)
    assert not same.difference(whole(source, look), model)
    assert own[0].seen == model.history.history["loss"]


def test_a_bar_that_was_cut_off_shows_the_last_epoch_again(capsys):
    """The other one looks at it only since the fit is to stop."""
    fit, model, twin, fails = ARRAYS | {"verbose": 1}, net(), net(), Fails(every=3)
    twin.fit(**ARRAYS, callbacks=[Moves(2), Fails(every=3)])
    fails.where = 2
    with pytest.raises(RuntimeError, match="halt"):
        model.fit(**fit, callbacks=[Moves(2), fails])
    assert "epoch 2/3" in capsys.readouterr().out
    model.fit(**fit, callbacks=[Moves(2), Fails(every=3)], resume=True)
    assert "epoch 2/3" in capsys.readouterr().out
    assert not same.difference(twin, model)


def test_a_file_that_is_saved_after_a_step_back_goes_on(tmp_path):
    """A callback goes back to an epoch before, and another one saves the model there."""

    class Back(tn.Callback):
        kept = ()

        def on_epoch_end(self, epoch, logs):
            if epoch == 1:
                self.held = self.model.snapshot()
            if epoch == 2:
                self.held()

    class Saves(tn.Callback):
        kept = ()

        def on_epoch_end(self, epoch, logs):
            if epoch == 2:
                self.model.save(tmp_path / "net")

    twin = net()
    twin.fit(**ARRAYS, callbacks=[Back(), Saves()])
    model = tn.load(tmp_path / "net")
    assert model.optimizer.steps == 4
    model.fit(**ARRAYS, callbacks=[Back(), Saves()], resume=True)
    assert not same.difference(twin, model)
