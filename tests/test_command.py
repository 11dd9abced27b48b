"""`python -m tinynet planar`: the main job as users run it."""

import subprocess
import sys

import pytest

from tinynet.__main__ import main


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
    assert main(["planar", *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith("python -m tinynet planar: ")
    assert message in error
    assert error.count("\n") == 1


def test_without_matplotlib_it_says_which_extra_and_goes_on(tmp_path):
    code = "import sys; sys.modules['matplotlib'] = None\n"
    code += "from tinynet.__main__ import main; sys.exit(main())"
    words = [
        sys.executable,
        "-c",
        code,
        "planar",
        "--epochs",
        "1",
        "--out",
        str(tmp_path / "p.png"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert 'no picture: plots need matplotlib: install the extra "plot"' in done.stdout
    assert "accuracy" in done.stdout


def test_the_module_runs():
    done = subprocess.run(
        [sys.executable, "-m", "tinynet"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "planar" in done.stderr
