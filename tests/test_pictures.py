"""Pictures: of models with rows, of a History, and where they may go."""

import numpy as np
import pytest

import tinynet as tn
from tests.test_door import LABELS, X, Y, binary
from tinynet.__main__ import main

agg = pytest.importorskip("matplotlib.backends.backend_agg")


def painted(model, X, Y):
    figure, (axes,) = tn.plots.figure(1)
    tn.plots.decision_boundary(axes, model, X, Y, resolution=20)
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
    with pytest.raises(ValueError, match=r"expected X of two features, got \(400, 2\)"):
        painted(binary().build(2), X.T, Y)


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
    tn.plots.decision_boundary(axes, model, X, np.array([Y]), resolution=30)
    agg.FigureCanvasAgg(figure).draw()
    mesh, drawn = axes.collections
    corners = mesh.get_coordinates()[[0, -1], [0, -1]]
    np.testing.assert_allclose(corners, [(-0.5, -0.5), (2.5, 4.5)], atol=0.1)  # and half a cell
    painted = mesh.get_facecolor().reshape(30, 30, 4)
    assert np.all(painted[..., 3] == 0.5)  # so that the examples stand out
    assert np.all(drawn.get_facecolor()[:, 3] == 1)
    # the border is at x1 = 1, in the middle, and no third class is painted on it
    expected = np.repeat([plane], 15, axis=1)[0]
    np.testing.assert_allclose(painted[..., :3], [expected] * 30, atol=0.01)
    np.testing.assert_allclose(drawn.get_facecolor()[:, :3], examples, atol=0.01)
    np.testing.assert_array_equal(drawn.get_offsets(), X.T)


def test_a_cost_curve_takes_a_history():
    history = binary().fit(X, Y, 3, verbose=0)
    curves = []
    for costs in (history, history.history["loss"]):
        _, (axes,) = tn.plots.figure(1)
        tn.plots.cost_curve(axes, costs)
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
    assert main(["planar", "--out", str(tmp_path / name)]) == 1
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
