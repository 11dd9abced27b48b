"""Pictures: of models with rows, of a History, and where they may go."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_door import LABELS, X, Y, binary
from tinynet.__main__ import main

agg = pytest.importorskip("matplotlib.backends.backend_agg")


def painted(model, X, Y):
    figure, (axes,) = tn.plots.figure(1)
    tn.plots.decision_boundary(model, X, Y, ax=axes, resolution=20)
    canvas = agg.FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_plots_are_there_and_take_rows():
    by_columns, by_rows = binary().build(2), binary(examples="rows").build(2)
    assert (by_columns.examples, by_rows.examples) == ("columns", "rows")
    expected = painted(by_columns, X, Y)
    np.testing.assert_array_equal(painted(by_rows, X.T, Y.T), expected)
    np.testing.assert_array_equal(painted(by_rows, X.T.tolist(), Y.ravel()), expected)


def test_three_classes_in_rows():
    layers = [tn.Dense(3, tn.softmax)]
    assert painted(tn.Sequential(layers, seed=0, examples="rows").build(2), X.T, LABELS).size


def test_a_plane_has_two_features():
    with pytest.raises(ValueError, match=r"expected X of at least two features, got \(1, 400\)"):
        painted(binary().build(2), X[:1], Y)


def a_net(**settings):
    layers = [tn.Standardize(), tn.Dense(20, "tanh"), tn.BatchNorm(), tn.Dense(3, "softmax")]
    model = tn.Sequential(layers, seed=0, **settings)
    model.compile(metrics=["accuracy"])
    return model


@pytest.mark.parametrize("examples", ["rows", "columns"])
def test_of_more_features_two_are_chosen(examples):
    wide = np.random.default_rng(0).normal(size=(4, 60)) + np.array([[0.0], [5], [0], [100]])
    labels, one_hot = np.arange(60) % 3, np.eye(3)[np.arange(60) % 3].T
    model = a_net(examples=examples)
    turned = (lambda a: a.T) if examples == "rows" else np.asarray
    model.fit(turned(wide), labels, 2, verbose=0)
    for own in (labels, turned(one_hot), turned(labels[np.newaxis])):
        ax = tn.plots.decision_boundary(model, turned(wide), own, features=(1, 3), resolution=9)
        mesh, drawn = ax.collections
        assert ax.get_title() == "the other inputs at their mean"
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("$x_{2}$", "$x_{4}$")
        np.testing.assert_array_equal(drawn.get_offsets(), wide[[1, 3]].T)
        np.testing.assert_array_equal(drawn.get_array(), labels)
        at = wide.mean(axis=1)
        at[[1, 3]] = mesh.get_coordinates()[:2, :2].mean(axis=(0, 1))  # the first cell's middle
        assert mesh.get_array()[0, 0] == model.predict_classes(turned(at[:, np.newaxis])).item()
    named = tn.plots.decision_boundary(
        model, turned(wide), labels, names=["a", "b", "c", "d"], title="t", resolution=3
    )
    assert named.get_title() == "t, the other inputs at their mean"
    assert (named.get_xlabel(), named.get_ylabel()) == ("a", "b")


@pytest.mark.parametrize("features", [(0, 0), (0, 4), (1,), (0, 1, 2), (0, -1)])
def test_two_different_features(features):
    with pytest.raises(ValueError, match="expected features as"):
        tn.plots.decision_boundary(a_net(), np.ones((4, 6)), np.zeros(6), features=features)


def test_curves_with_validation():
    history = a_net().fit(X, LABELS, 3, verbose=0, validation_split=0.25)
    for name, label in (("loss", "cost J"), ("accuracy", "accuracy")):
        ax = tn.plots.curve(history, name, title="t")
        assert [line.get_label() for line in ax.lines] == ["training", "validation"]
        for line, column in zip(ax.lines, (name, f"val_{name}"), strict=True):
            np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
            np.testing.assert_array_equal(line.get_ydata(), history.history[column])
        assert (ax.get_ylabel(), ax.get_title()) == (label, "t")
    assert tn.plots.curve(history, log=True).get_yscale() == "log"
    with pytest.raises(ValueError, match="curve: expected name as one of loss, accuracy, val_loss"):
        tn.plots.curve(history, "f1")


@pytest.mark.parametrize("n", [1, 4, 5])
def test_a_sweep_is_a_picture_for_each(n):
    models = {f"{i} units": binary().build(2) for i in range(n)}
    axes = tn.plots.sweep(models, X, Y)
    assert [ax.get_title() for ax in axes] == list(models)
    assert len({*map(id, axes)}) == n
    left = -n % 4 if n > 4 else 0
    assert [ax.axison for ax in axes[0].figure.axes] == [True] * n + [False] * left


def test_a_confusion_has_its_counts_and_names():
    counts = tn.confusion_matrix([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0])
    ax = tn.plots.confusion(counts, ["a", "b", "c"])
    assert [text.get_text() for text in ax.texts] == [f"{n:g}" for n in counts.ravel()]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b", "c"]
    np.testing.assert_allclose(ax.images[0].get_array()[2], [1 / 3, 0, 2 / 3])
    with pytest.raises(ValueError, match="a square matrix"):
        tn.plots.confusion(np.ones((2, 3)))


def test_predicted_against_true():
    ax = tn.plots.predicted([[1.0], [2.0]], [1.5, 1.0])
    np.testing.assert_array_equal(ax.collections[0].get_offsets(), [[1, 1.5], [2, 1]])
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[1, 1], [2, 2]])
    with pytest.raises(ValueError, match="said of 2 numbers, got 3"):
        tn.plots.predicted([1, 2], [1, 2, 3])


def test_weights_as_a_heat_map():
    model = a_net().build(5)
    ax = tn.plots.weights(model, 2)
    np.testing.assert_array_equal(ax.images[0].get_array(), model.layers[1].W)
    assert ax.images[0].get_clim()[0] == -ax.images[0].get_clim()[1]  # white is 0
    for layer, told in ((1, "one of 2, 4, got layer 1"), (9, "got layer 9")):
        with pytest.raises(ValueError, match=told):
            tn.plots.weights(model, layer)
    with pytest.raises(ValueError, match="one of none, got layer 2: build or fit the model first"):
        tn.plots.weights(a_net(), 2)


def test_a_diagram_has_a_circle_for_each_unit():
    ax = tn.plots.diagram(a_net().build(5))
    assert [len(column.get_offsets()) for column in ax.collections] == [5, 5, 12, 12, 3]
    told = [text.get_text() for text in ax.texts]
    assert told.count("⋮") == 2
    assert [text for text in told if text != "⋮"] == [
        "5 inputs",
        "Standardize\n5 units",
        "Dense\n20 units\ntanh",
        "BatchNorm\n20 units",
        "Dense\n3 units\nsoftmax",
    ]
    assert len(ax.lines) == 5 + 5 * 12 + 12 + 12 * 3  # unit by unit, or each with each
    with pytest.raises(ValueError, match=r"diagram: expected a model with weights"):
        tn.plots.diagram(a_net())


@pytest.mark.parametrize("draw", [tn.plots.diagram, tn.plots.weights])
def test_axes_are_those_of_matplotlib(draw):
    with pytest.raises(TypeError, match="ax as the Axes of matplotlib"):
        draw(a_net().build(5), ax=3)


RED, YELLOW, BLUE = (0.647, 0.0, 0.149), (0.998, 0.999, 0.746), (0.192, 0.212, 0.584)


@pytest.mark.parametrize(
    ("centres", "Y", "plane", "examples"),
    [
        ([0, 2], [0, 1, 1], [RED, BLUE], [RED, BLUE, BLUE]),
        ([0, -9], [0, 0, 0], [RED, RED], [RED, RED, RED]),
        ([0, 2], [0, 1, 2], [RED, YELLOW], [RED, YELLOW, BLUE]),  # one class has examples alone
        ([0, -9, 2], [0, 0, 0], [RED, BLUE], [RED, RED, RED]),  # and one a part of the plane
    ],
)
def test_a_class_has_one_colour_in_the_plane_and_on_its_examples(centres, Y, plane, examples):
    layer = tn.Dense(len(centres), tn.softmax)
    model = tn.Sequential([layer], seed=0).build(2)
    c = np.array(centres)[:, np.newaxis]  # the class is that of the nearest centre (c, 0)
    layer.W, layer.b = np.hstack([c, 0 * c]), -(c**2) / 2
    X = np.array([[0.0, 2.0, 2.0], [0.0, 0.0, 4.0]])
    figure, (axes,) = tn.plots.figure(1)
    tn.plots.decision_boundary(model, X, np.array([Y]), ax=axes, resolution=30)
    agg.FigureCanvasAgg(figure).draw()
    mesh, drawn = axes.collections
    corners = mesh.get_coordinates()[[0, -1], [0, -1]]
    np.testing.assert_allclose(corners, [(-0.1, -0.2), (2.1, 4.2)], atol=0.08)  # and half a cell
    painted = mesh.get_facecolor().reshape(30, 30, 4)
    assert np.all(painted[..., 3] == 0.5)  # so that the examples stand out
    assert np.all(drawn.get_facecolor()[:, 3] == 1)
    # the border is at x1 = 1, in the middle, and no third class is painted on it
    expected = np.repeat([plane], 15, axis=1)[0]
    np.testing.assert_allclose(painted[..., :3], [expected] * 30, atol=0.01)
    np.testing.assert_allclose(drawn.get_facecolor()[:, :3], examples, atol=0.01)
    np.testing.assert_array_equal(drawn.get_offsets(), X.T)


def test_a_curve_takes_a_history():
    history = binary().fit(X, Y, 3, verbose=0)
    curves = []
    for costs in (history, history.history["loss"]):
        _, (axes,) = tn.plots.figure(1)
        assert tn.plots.curve(costs, ax=axes) is axes
        curves.append(axes.lines[0].get_ydata())
        assert axes.get_ylim()[0] == 0  # or a small fall would look like a large one
    np.testing.assert_array_equal(*curves)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "--out as a file, got "),
        ("p2", "--out as a picture with one of the endings "),
        ("p.xyz", "got .xyz"),
    ],
)
def test_where_no_picture_can_go_nothing_is_trained(name, message, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(tn.Sequential, "fit", None)
    assert main(["planar", "--out", str(tmp_path / name)]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert not told.out
    assert not list(tmp_path.iterdir())


@pytest.fixture
def figures(monkeypatch):
    """The figures that the command draws."""
    drawn, figure = [], tn.plots.figure

    def noted(*size):
        drawn.append(figure(*size))
        return drawn[-1]

    monkeypatch.setattr(tn.plots, "figure", noted)
    return drawn


def test_the_picture_of_one_net(figures, tmp_path, capsys):
    out = tmp_path / "p.png"
    assert main(["planar", "--epochs", "1500", "--out", str(out)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == f"wrote {out}"
    _, (boundary, cost) = figures[-1]
    assert boundary.get_title() == told[-2].replace(":", ",")
    assert boundary.collections
    assert cost.get_title() == "cost"
    (curve,) = cost.lines
    assert len(curve.get_ydata()) == 1500
    assert boundary.axison
    assert cost.axison
    assert read_size(out) == (800, 320)


def test_the_picture_of_a_sweep(figures, tmp_path, capsys):
    out = tmp_path / "p.png"
    assert main(["planar", "--sweep", "--epochs", "2", "--out", str(out)]) == 0
    told = [line.replace(":", ",") for line in capsys.readouterr().out.splitlines()[:-1]]
    assert told[0].startswith("1 hidden unit, accuracy")
    assert told[1].startswith("2 hidden units, accuracy")
    _, places = figures[-1]
    assert [place.get_title() for place in places] == [*told, ""]
    assert [place.axison for place in places] == [True] * 7 + [False]
    assert read_size(out) == (1600, 640)


def read_size(path):
    """The width and height that a PNG says."""
    head = path.read_bytes()[:24]
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")


@pytest.mark.parametrize("wrong", [np.zeros(5), np.zeros((2, 7)), 3])
def test_each_example_has_a_label(wrong):
    with pytest.raises(ValueError, match="expected Y of 6 labels, one an example"):
        tn.plots.decision_boundary(a_net(), np.ones((4, 6)), wrong)
