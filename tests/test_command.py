"""`python -m tinynet planar`: the main job as users run it."""

import runpy
import sys

import pytest

import tinynet as tn
from tinynet.__main__ import arguments, main
from tinynet.commands.planar import net, planar, train


def test_the_main_job(capsys, tmp_path):
    out = tmp_path / "planar.png"
    assert main(["planar", "--epochs", "2001", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "Cost after iteration 0: 0.693162",
        "Cost after iteration 1000: 0.258625",
        "Cost after iteration 2000: 0.239334",
    ]
    assert lines[3].startswith("4 hidden units: accuracy ")
    if out.exists():  # with the extra plot
        assert lines[4] == f"wrote {out}"
        assert out.read_bytes().startswith(b"\x89PNG")
    else:
        assert lines[4].startswith("no picture: plots need matplotlib")


def test_what_is_trained_by_default():
    chosen = vars(arguments(["planar"]))
    assert str(chosen.pop("out")) == "planar.png"
    assert chosen.pop("run") is planar
    assert chosen == {
        "command": "planar",
        "hidden": 4,
        "epochs": 10_000,
        "learning_rate": 1.2,
        "activation": "tanh",
        "data": "planar",
        "seed": 3,
        "sweep": False,
    }


def test_a_command_has_to_be_named(capsys):
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "required: command" in capsys.readouterr().err


def test_a_sweep_trains_for_its_epochs(capsys, tmp_path):
    told = []
    for epochs in ("0", "500"):
        assert (
            main(["planar", "--sweep", "--epochs", epochs, "--out", str(tmp_path / "p.png")]) == 0
        )
        told.append(capsys.readouterr().out.splitlines()[3])
    assert "accuracy 89" in told[1]
    assert "accuracy 89" not in told[0]


def test_logistic_regression(capsys, tmp_path):
    assert (
        main(["planar", "--hidden", "0", "--epochs", "1000", "--out", str(tmp_path / "p.png")]) == 0
    )
    assert "logistic regression: accuracy 47.00%" in capsys.readouterr().out


def test_the_sweep(capsys, tmp_path):
    assert main(["planar", "--sweep", "--epochs", "20", "--out", str(tmp_path / "p.png")]) == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines()[:7]] == [
        "1",
        "2",
        "3",
        "4",
        "5",
        "20",
        "50",
    ]


@pytest.mark.parametrize(
    "name", ["moons", "circles", "blobs", "gaussian_quantiles", "xor", "spirals"]
)
def test_other_data_and_settings(name, capsys, tmp_path):
    words = [
        "--data",
        name,
        "--activation",
        "relu",
        "--learning-rate",
        "0.1",
        "--seed",
        "0",
        "--hidden",
        "3",
    ]
    assert main(["planar", *words, "--epochs", "5", "--out", str(tmp_path / "p.png")]) == 0
    assert "accuracy" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--hidden", "-1"], "units as a whole number of at least 1, got -1"),
        (["--epochs", "-1"], "epochs as a whole number of at least 0, got -1"),
        (["--learning-rate", "0"], "learning_rate as a number in (0, inf)"),
        (["--epochs", "1", "--out", "/no/such/folder/p.png"], "a folder that exists"),
    ],
)
def test_wrong_settings_are_one_line(words, message, capsys):
    assert main(["planar", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m tinynet planar: ")
    assert message in error
    assert error.count("\n") == 1


def test_without_matplotlib_it_says_which_extra_and_goes_on(tmp_path, capsys, monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["planar", "--epochs", "1", "--out", str(tmp_path / "p.png")]) == 0
    told = capsys.readouterr().out
    assert 'no picture: plots need matplotlib: install the extra "plot"' in told
    assert "accuracy" in told


def test_each_thousand_epochs_go_on_from_the_last(capsys):
    X, Y = tn.data.planar()
    twins = [net(4, "tanh", 1.2, 3) for _ in range(2)]
    train(twins[0], X, Y, 25, every=10)
    twins[1].fit(X, Y, 25, verbose=0)
    assert twins[0].history.history == twins[1].history.history
    lines = [f"Cost after iteration {i}:" for i in (0, 10, 20)]
    assert [line.rpartition(" ")[0] for line in capsys.readouterr().out.splitlines()] == lines


def test_ctrl_c_ends_it_in_one_line(capsys, monkeypatch):
    def interrupted(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(tn.Sequential, "fit", interrupted)
    assert main(["planar"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_the_module_runs(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tinynet"])
    monkeypatch.delitem(sys.modules, "tinynet.__main__")
    with pytest.raises(SystemExit, match="2"):
        runpy.run_module("tinynet", run_name="__main__")
    assert "planar" in capsys.readouterr().err
