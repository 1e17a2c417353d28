"""fit with a compiled step: the same training, to rounding, or a warning and the same training."""

import warnings

import numpy as np
import pytest

import nn
from autodiff.compiler import runners
from autodiff.errors import ArgumentError, NotCompiledWarning, ShapeError, TracingError
from nn import steps

X = np.random.default_rng(0).normal(size=(50, 2))
LABELS = (X[:, 0] * X[:, 1] > 0).astype(int)


def trained(jit, model=None, x=X, y=LABELS, **given):
    model = model or nn.Sequential(nn.Layer(2, 8, rng=0), nn.Dropout(0.25, rng=1), nn.Linear(8, 2, rng=2))
    options = {"epochs": 6, "batch_size": 16, "validation": 0.2, "metrics": {"accuracy": nn.accuracy}, "rng": 3} | given
    history = nn.fit(model, x, y, loss=nn.cross_entropy, progress=False, jit=jit, **options)
    return history, model


def assert_same(a, b):
    (one, model), (other, reference) = a, b
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-10)
    np.testing.assert_allclose(one.validation_loss, other.validation_loss, rtol=1e-10)
    assert one.metrics == other.metrics
    for p, q in zip(model.parameters(), reference.parameters(), strict=True):
        np.testing.assert_allclose(p.data, q.data, rtol=1e-9, atol=1e-12)


def test_the_same_training():
    """Full and last, smaller batches; dropout's masks; Adam's state; evaluation between the epochs."""
    assert_same(trained(True), trained(False))


class Loud(nn.Module):
    """Prints a line whenever its Python runs."""

    def __init__(self):
        self.inner = nn.MLP(2, [4, 2], rng=0)

    def forward(self, x):
        print("forward")
        return self.inner(x)


@pytest.mark.parametrize(("epochs", "python_runs"), [(steps.REPAID, 1), (steps.REPAID - 1, steps.REPAID - 1)])
def test_auto_compiles_where_there_are_many_steps(epochs, python_runs, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        history, _ = trained("auto", Loud(), epochs=epochs, batch_size=None, validation=None, metrics=None)
    assert capsys.readouterr().out.count("forward") == python_runs
    assert history.epochs == epochs


class Branching(nn.Module):
    """Cannot be traced: what it does depends on the numbers."""

    def __init__(self):
        self.inner, self.dropout = nn.MLP(2, [4, 2], rng=0), nn.Dropout(0.5, rng=1)

    def forward(self, x):
        x = self.dropout(x)
        return self.inner(x if float(np.sum(x)) > 0 else -x)


def test_what_cannot_be_traced_is_trained_all_the_same_with_one_warning(monkeypatch):
    monkeypatch.setattr(steps, "REPAID", 2)
    with pytest.warns(NotCompiledWarning, match=r"could not be traced: float\(v\) .*would bake") as caught:
        found = trained("auto", Branching())
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert_same(found, trained(False, Branching()))
    with pytest.raises(TracingError, match="would bake"):
        trained(True, Branching())


def test_mistakes_raise_what_they_raise_without(monkeypatch):
    monkeypatch.setattr(steps, "REPAID", 2)
    for jit in ("auto", False):
        with pytest.raises(ShapeError, match=r"affine|Layer"):
            trained(jit, nn.MLP(3, [2], rng=0), validation=None)


def test_without_native_code_auto_leaves_the_step_as_it_is(monkeypatch, capsys):
    monkeypatch.setattr(steps, "REPAID", 2)
    monkeypatch.setattr(runners, "is_native", lambda: False)
    trained("auto", Loud(), epochs=3, batch_size=None, validation=None, metrics=None)
    assert capsys.readouterr().out.count("forward") == 3


def test_other_values_of_jit_are_refused():
    with pytest.raises(ArgumentError, match="jit is True, False or 'auto'; it was given 'yes'"):
        trained("yes")
