"""Generators in a file: each comes back where it stood, and one that numpy could not be in is
refused."""

import numpy as np
import pytest

import tinynet as tn
from tests import hostile
from tinynet.files.generators import generator_at, state_of
from tinynet.model import same

KINDS = "MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "net"


def net(seed):
    return tn.Sequential([tn.Dense(2), tn.Dense(1)], seed=seed)


def comes_back(seed, path):
    """What is drawn after it, and by its children."""
    model = net(seed)
    model.save(path)
    loaded = tn.load(path)
    assert not same.difference(model, loaded)
    assert np.array_equal(model.build(3)(np.eye(3)), loaded.build(3)(np.eye(3)))
    return loaded


GENERATORS = {kind: lambda kind=kind: generator_of(kind) for kind in KINDS}
GENERATORS["RandomState"] = lambda: np.random.RandomState(3)
GENERATORS["RandomState of PCG64"] = lambda: np.random.RandomState(np.random.PCG64(3))


def generator_of(kind):
    return np.random.Generator(getattr(np.random, kind)(3))


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_of_numpys_comes_back_within_its_draws(name, path):
    generator = GENERATORS[name]()
    generator.standard_normal(5)
    generator.bytes(1)  # half of a number, of which the rest is kept
    comes_back(generator, path)


@pytest.mark.parametrize("draws", range(5))
@pytest.mark.parametrize("seed", [{"key": 5}, {"seed": 5}])
def test_a_philox_of_a_key_or_of_a_seed_comes_back_at_each_draw_of_four(draws, seed, path):
    bits = np.random.Philox(**seed)
    bits.random_raw(draws)
    comes_back(np.random.Generator(bits), path)


def test_a_generator_of_many_children_comes_back(path):
    """The next child is the one that it would have been."""
    generator = np.random.default_rng(3)
    generator.spawn(100)
    loaded = comes_back(generator, path)
    (child,), (other,) = generator.spawn(1), loaded._generator.spawn(1)
    assert child.random() == other.random()


def test_a_generator_of_a_large_pool_comes_back(path):
    generator = np.random.default_rng(np.random.SeedSequence(3, pool_size=4096))
    net(generator).save(path)
    assert tn.load(path)._generator.random() == generator.random()


def test_a_larger_pool_is_refused_before_anything_is_written(path):
    with pytest.raises(ValueError, match="the seeds of a generator"):
        net(np.random.default_rng(np.random.SeedSequence(3, pool_size=4097))).save(path)
    assert not path.exists()


@pytest.mark.parametrize("place", [1, 2, 623])
def test_a_twister_of_one_number_beside_zeros_comes_back(place, path):
    key = np.zeros(624, np.uint32)
    key[place] = 1
    generator = np.random.RandomState()
    generator.set_state(("MT19937", key, 624))
    comes_back(generator, path)


class Seeds(np.random.bit_generator.ISeedSequence):
    def generate_state(self, n_words, dtype=np.uint32):
        return np.arange(1, n_words + 1, dtype=dtype)


@pytest.mark.parametrize(
    ("bits", "seeds"),
    [
        (lambda: np.random.Philox(Seeds()), "Seeds"),
        (lambda: np.random.PCG64(Seeds()), "Seeds"),
        (lambda: np.random.RandomState(3)._bit_generator, "NoneType"),
    ],
)
def test_seeds_that_no_file_holds_are_refused(bits, seeds, path):
    with pytest.raises(ValueError, match=f"a generator of a SeedSequence, got {seeds}"):
        net(np.random.Generator(bits())).save(path)
    assert not path.exists()


@pytest.mark.parametrize("inc", [0, 2, 4, 2**64])
def test_a_pcg_of_an_even_step_is_refused(inc, path):
    """It may give one number for ever."""
    place = "generator", "Generator", "state"
    path.write_bytes(hostile.changed(*place, to={"state": 1, "inc": inc}))
    with pytest.raises(tn.ModelFileError, match="an odd inc"):
        tn.load(path)


@pytest.mark.parametrize(
    ("make", "name", "least", "most"),
    [
        (lambda: np.random.RandomState(3), "pos", 0, 624),
        (lambda: np.random.RandomState(3), "has_gauss", 0, 1),
        (lambda: np.random.Generator(np.random.Philox(3)), "buffer_pos", 1, 4),
        (lambda: np.random.default_rng(3), "has_uint32", 0, 1),
    ],
)
def test_a_number_beyond_what_a_generator_has_is_refused(make, name, least, most):
    """numpy would read behind the end of its own memory."""
    tree = state_of(make())
    inner = next(iter(tree.values()))
    holder = inner if name in inner else inner["state"]
    for number in (least, most):
        holder[name] = number
        assert state_of(generator_at(tree)) == tree
    for number in (-1, most + 1):
        holder[name] = number
        with pytest.raises(ValueError, match=f"{name} from 0 to {most}, got {number}"):
            generator_at(tree)
