"""Modules become boxes; graphs too large to read become summaries that say so."""

import re
from itertools import pairwise

import numpy as np

import autodiff as ad
from autodiff import Value
from nn.scalar import MLP


class Network:
    """Anything with named_parameters() will do."""

    def __init__(self, *sizes: int) -> None:
        rng = np.random.default_rng(0)
        self.weights = [Value(rng.normal(size=pair)) for pair in pairwise(sizes)]
        self.biases = [Value(np.zeros(size)) for size in sizes[1:]]

    def __call__(self, x):
        for weight, bias in zip(self.weights, self.biases):
            x = np.tanh(x @ weight + bias)
        return x

    def named_parameters(self):
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            yield f"layers.{i}.weight", weight
            yield f"layers.{i}.bias", bias


def clusters(picture) -> list[str]:
    return re.findall(r'subgraph "cluster_(.*)"', picture.dot)


def chain(length: int) -> Value:
    out = Value(0.5, "x")
    for _ in range(length):
        out = out * 1.0
    return out


def test_operations_stand_in_the_module_whose_parameters_they_read():
    network = Network(2, 3, 1)
    loss = ((network(np.ones((4, 2))) - np.ones((4, 1))) ** 2).mean()
    picture = ad.draw(loss, model=network)
    ops = {n.op: n.module for n in picture.nodes if n.kind == "operation"}
    assert [n.module for n in picture.nodes if n.op == "tanh"] == [("layers.0",), ("layers.1",)]
    assert ops["-"] == ops["**"] == ops["sum"] == ()
    assert {n.label for n in picture.nodes if n.kind == "variable"} == {"weight", "bias"}
    assert clusters(picture) == ["layers.0", "layers.1"]
    assert "layers.1.weight" in str(picture)


def test_modules_within_modules():
    w, b = Value(2.0), Value(1.0)
    picture = ad.draw((w * 3.0 + b).relu(), names={w: "layers.0.neurons.1.w.0", b: "layers.0.neurons.1.b"})
    assert {n.module for n in picture.nodes} == {("layers.0", "neurons.1")}
    assert clusters(picture) == ["layers.0", "layers.0.neurons.1"]
    assert picture.dot.index("neurons.1") < picture.dot.index("}")


def test_names_either_way_round():
    w = Value(2.0)
    assert ad.draw(w * 2, names={w: "a.w"}).dot == ad.draw(w * 2, names={"a.w": w}).dot


def test_300_nodes_are_drawn_singly_and_301_are_not():
    assert len([n for n in ad.draw(chain(299)).nodes if n.kind != "constant"]) == 300
    picture = ad.draw(chain(300))
    assert len(picture.nodes) < 30
    assert "301 nodes folded by depth" in picture.dot
    assert "301 nodes folded by depth" in str(picture)
    assert "max_nodes=301) draws each" in str(picture)
    assert len(ad.draw(chain(300), max_nodes=301).nodes) == 601


def test_folded_by_module():
    network = Network(2, *[3] * 40, 1)
    loss = network(np.ones((4, 2))).sum()
    loss.label = "loss"
    picture = ad.draw(loss, model=network, max_nodes=50)
    assert "folded by module" in picture.notes[0]
    assert {"layers.0", "layers.39", "loss"} <= {n.label for n in picture.nodes}
    assert picture.render("svg")
    loss.backward()
    assert all(n.gradient for n in ad.draw(loss, model=network, max_nodes=50).nodes)


def test_many_modules_are_merged_level_by_level():
    values = {f"layers.{i}.neurons.{j}.w": Value(1.0) for i in range(3) for j in range(20)}
    total = sum((v * 2.0 for v in values.values()), Value(0.0))
    picture = ad.draw(total, names=values, max_nodes=20)
    assert {"layers.0", "layers.1", "layers.2"} <= {n.label for n in picture.nodes}


def test_a_single_edge_between_boxes_keeps_its_derivative():
    out = Value(0.5, "x")
    for _ in range(400):
        out = np.sin(out) * 1.01 + 0.001
    picture = ad.draw(out)
    assert all(re.match(r"× [01]", edge.derivative) for edge in picture.edges)
    assert "∂/∂x × 0.8776" in str(picture)
    assert picture.nodes[-2].label == "depth 1,101 … 1,200"
    leaves = [Value(1.0) for _ in range(400)]
    assert {edge.text for edge in ad.draw(np.stack(leaves)).edges} == {"400 edges"}


def test_what_a_sum_adds_up_stands_beside_the_sum():
    """Else everything that reads only variables would be computed at the start, in one box with all variables."""
    network = MLP(2, [16, 16, 1])
    out = network([1.0, -2.0])
    picture = ad.draw(out)
    counts = [int(n.label.split()[0]) for n in picture.nodes if n.label.endswith(" variables")]
    assert sum(counts) == 337
    assert max(counts) < 80
    assert 15 < len(picture.nodes) <= 24
    assert [n.label for n in ad.draw(out, model=network).nodes][:3] == ["layers.0", "layers.1", "layers.2"]


def test_a_folded_picture_tells_how_far_backward_came():
    out = chain(400)
    assert all(n.gradient is None for n in ad.draw(out).nodes)
    out.backward()
    assert all(n.gradient == ("|·| 1",) for n in ad.draw(out).nodes if n.kind == "group")


def test_a_wide_graph_folds():
    leaves = [Value(float(i)) for i in range(2_000)]
    picture = ad.draw(np.stack(leaves).sum())
    assert len(picture.nodes) < 20
    assert "2,000 variables" in picture.dot


def test_everything_labelled():
    out = Value(0.0, "start")
    for i in range(500):
        out = out + 1.0
        out.label = f"step {i}"
    assert len(ad.draw(out).nodes) < 30


def test_a_million_operations_answer_with_a_summary():
    out = chain(1_000_000)
    picture = ad.draw(out)
    assert "1,000,001 nodes folded" in str(picture)
    assert "max_nodes" not in str(picture)  # nobody would wait for that
    assert len(picture.nodes) < 20
    assert picture.render("svg")
