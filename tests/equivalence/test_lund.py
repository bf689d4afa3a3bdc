"""Declusterings, against fastjet where it is installed, against a slow clustering, and against numbers by hand."""

import math

import numpy as np
import pytest

from simdprep.errors import ConfigError
from simdprep.transforms.features import LUND, cartesian, cluster, lund


def jets(batch=20, slots=14, seed=4):
    rng = np.random.default_rng(seed)
    shape = (batch, slots)
    eta, phi = rng.normal(0, 0.4, shape), rng.normal(3.0, 0.4, shape)  # across the end of phi
    momenta = cartesian(np.stack([rng.exponential(20, shape) + 0.5, eta, phi, np.full(shape, 0.14)], axis=-1))
    return momenta.astype(np.float32), np.arange(slots) < rng.integers(0, slots + 1, batch)[:, None]


def place(momentum):
    px, py, pz, energy = momentum
    return math.hypot(px, py), 0.5 * math.log((energy + pz) / (energy - pz)), math.atan2(py, px)


def distance(one, two):
    (_, y_a, phi_a), (_, y_b, phi_b) = place(one), place(two)
    return math.hypot(y_a - y_b, math.remainder(phi_a - phi_b, 2 * math.pi))


def slow_lund(particles, power):
    """Return delta, kT, z and mass of each declustering of one jet, trying all pairs at every step."""
    nodes = [(tuple(map(float, particle)), None) for particle in particles]
    while len(nodes) > 1:
        pairs = [(i, j) for i in range(len(nodes)) for j in range(i)]

        def measure(pair, nodes=nodes):
            one, two = nodes[pair[0]][0], nodes[pair[1]][0]
            return min(place(one)[0] ** (2 * power), place(two)[0] ** (2 * power)) * distance(one, two) ** 2

        i, j = min(pairs, key=measure)
        a, b = sorted((nodes[i], nodes[j]), key=lambda node: -place(node[0])[0])
        nodes = [node for at, node in enumerate(nodes) if at not in (i, j)]
        nodes.append((tuple(x + y for x, y in zip(a[0], b[0], strict=True)), (a, b)))
    found = []
    node = nodes[0] if nodes else (None, None)
    while node[1] is not None:
        (a, _), (b, _) = node[1]
        px, py, pz, energy = node[0]
        delta, low, high = distance(a, b), place(b)[0], place(a)[0]
        mass = math.sqrt(max(energy**2 - px**2 - py**2 - pz**2, 0))
        found.append((delta, low * delta, low / (low + high), mass))
        node = node[1][0]
    return np.array(found).reshape(-1, 4)


def test_three_particles_by_hand():
    # pT 4, 2 and 1 at rapidity 0: the last two are nearest, 0.2 apart; what they make is about 1 from the first.
    phi = np.array([0.0, 1.0, 1.2])
    pt = np.array([4.0, 2.0, 1.0])
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), 0 * pt, pt], axis=-1)[None].astype(np.float32)
    trees = cluster(momenta)
    assert trees.branches[0].tolist() == [[1, 2], [0, 3]]
    assert trees.count.tolist() == [2]
    np.testing.assert_allclose(trees.momenta[0, 4], momenta[0].sum(0), rtol=1e-6)
    values, real = lund(momenta)
    # The harder branch of the first is one particle.
    assert real.tolist() == [[True, False]]
    soft = momenta[0, 1] + momenta[0, 2]
    delta, low = math.atan2(soft[1], soft[0]), math.hypot(soft[0], soft[1])
    square = 7.0**2 - np.sum(momenta[0, :, 0]) ** 2 - np.sum(momenta[0, :, 1]) ** 2
    expected = [-math.log(delta), math.log(low * delta), -math.log(low / (low + 4)), math.log(square) / 2]
    np.testing.assert_allclose(values[0, 0], expected, rtol=1e-6)
    assert LUND == ("ln_inverse_delta", "ln_kt", "ln_inverse_z", "ln_m")


def test_the_harder_branch_is_followed():
    # The harder particle stands alone, so its branch ends; what the softer two made is not looked at.
    momenta = np.array([[[9, 0, 0, 9], [0, 1, 0, 1], [-0.1, 1, 0, 1.1]]], np.float32)
    values, real = lund(momenta)
    assert real.tolist() == [[True, False]]
    assert not values[0, 1].any()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("algorithm", "power"), [("cambridge", 0), ("kt", 1), ("antikt", -1)])
def test_as_when_all_pairs_are_tried(algorithm, power, threads):
    momenta, valid = jets(8, 9)
    values, real = lund(momenta, valid, algorithm=algorithm, threads=threads)
    assert values.dtype == np.float32
    for row in range(len(momenta)):
        slow = slow_lund(momenta[row][valid[row]], power)
        assert real[row].sum() == len(slow)
        logs = np.log(np.maximum(slow, 1e-8)) * [-1, 1, -1, 1]
        np.testing.assert_allclose(values[row, : len(slow)], logs, rtol=1e-5, atol=1e-5)
        assert not values[row, len(slow) :].any()


def test_every_particle_is_in_the_tree():
    momenta, valid = jets(50, 20, seed=2)
    trees = cluster(momenta, valid)
    np.testing.assert_array_equal(trees.count, np.maximum(valid.sum(1) - 1, 0))
    for row in range(50):
        used = trees.branches[row][: trees.count[row]].ravel()
        assert len(set(used.tolist())) == len(used)
        if trees.count[row]:
            assert set(used[used < 20].tolist()) == set(np.flatnonzero(valid[row]).tolist())
            whole = trees.momenta[row, 20 + trees.count[row] - 1]
            np.testing.assert_allclose(whole, momenta[row][valid[row]].sum(0), rtol=1e-4)


@pytest.mark.parametrize("shape", [(0, 5, 4), (3, 0, 4), (3, 1, 4)])
def test_nothing_to_merge(shape):
    values, real = lund(np.ones(shape, np.float32))
    assert values.shape == (shape[0], max(shape[1] - 1, 0), 4)
    assert not real.any()


def test_an_unknown_algorithm():
    with pytest.raises(ConfigError, match="algorithm: got 'genkt', expected cambridge, kt, antikt"):
        lund(np.zeros((1, 2, 4)), algorithm="genkt")


@pytest.mark.parametrize("algorithm", ["cambridge", "kt", "antikt"])
def test_fastjet_gives_the_same(algorithm):
    fastjet = pytest.importorskip("fastjet")
    name = {"cambridge": "cambridge_algorithm", "kt": "kt_algorithm", "antikt": "antikt_algorithm"}[algorithm]
    definition = fastjet.JetDefinition(getattr(fastjet, name), 1000.0)
    momenta, valid = jets(40, 30, seed=11)
    values, real = lund(momenta, valid, algorithm=algorithm)
    compared = 0
    for row in range(len(momenta)):
        particles = [fastjet.PseudoJet(*map(float, particle)) for particle in momenta[row][valid[row]]]
        if not particles:
            continue
        sequence = fastjet.ClusterSequence(particles, definition)
        (jet,) = sequence.inclusive_jets()
        steps = []
        a, b = fastjet.PseudoJet(), fastjet.PseudoJet()
        while jet.has_parents(a, b):
            high, low = (a, b) if a.pt() > b.pt() else (b, a)
            steps.append((high.delta_R(low), low.pt() * high.delta_R(low), low.pt() / (high.pt() + low.pt())))
            jet = high
            a, b = fastjet.PseudoJet(), fastjet.PseudoJet()
        assert len(steps) == real[row].sum()
        if steps:
            logs = np.log(np.array(steps)) * [-1, 1, -1]
            np.testing.assert_allclose(values[row, : len(steps), :3], logs, rtol=1e-5, atol=1e-5)
        compared += len(steps)
    assert compared > 100
