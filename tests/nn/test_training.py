import builtins
import sys

import numpy as np
import pytest

from autodiff import Value
from autodiff.errors import ArgumentError, DtypeError, GradientLostError, MissingDependencyError, ShapeError
from nn import MLP, SGD, Adam, Dropout, History, Linear, Sequential, accuracy, cross_entropy, fit, scalar, squared_error

X = np.linspace(-1, 1, 40)[:, None]
Y = X**2
LABELS = (X[:, 0] > 0).astype(int)


def line():
    return Linear(1, 1, rng=0)


def test_one_epoch_over_everything_is_one_step_of_gradient_descent():
    model = line()
    w, b = model.w.data.copy(), model.b.data.copy()
    history = fit(model, X, Y, loss=squared_error, optimizer=SGD(model.parameters(), 0.5), epochs=1, batch_size=None)
    residual = X @ w + b - Y
    np.testing.assert_allclose(model.w.data, w - 0.5 * X.T @ residual / 40, rtol=1e-12)
    np.testing.assert_allclose(model.b.data, b - 0.5 * residual.mean(), rtol=1e-12)
    assert history.loss == [pytest.approx((residual**2).sum() / 80, rel=1e-12)]


def test_every_example_is_seen_once_an_epoch_in_batches_that_change():
    seen = []

    def model(x):
        seen.append(x[:, 0])
        return x * weight

    weight = Value(1.0)
    fit(model, X, Y, loss=squared_error, optimizer=SGD([weight], 1e-9), epochs=2, batch_size=16, rng=0)
    assert [len(batch) for batch in seen] == [16, 16, 8] * 2
    for epoch in (seen[:3], seen[3:]):
        np.testing.assert_array_equal(np.sort(np.concatenate(epoch)), X[:, 0])
    assert np.any(seen[0] != seen[3])


def test_the_loss_of_an_epoch_is_the_mean_over_examples_not_batches():
    weight = Value(0.0)
    history = fit(
        lambda x: x * weight, X, Y, loss=squared_error, optimizer=SGD([weight], 1e-12), epochs=1, batch_size=39
    )
    assert history.loss[0] == pytest.approx((Y**2).sum() / 80, rel=1e-9)


def test_same_seed_same_history():
    def once():
        model = MLP(1, [4, 1], rng=0)
        return fit(model, X, Y, loss=squared_error, epochs=3, batch_size=8, validation=0.25, rng=5)

    assert once() == once()


def test_a_network_learns_and_its_history_tells():
    model = MLP(1, [8, 2], rng=0)
    history = fit(
        model,
        X,
        LABELS,
        loss=cross_entropy,
        optimizer=Adam(model.parameters(), 0.05),
        epochs=30,
        validation=(X[::4], LABELS[::4]),
        metrics={"accuracy": accuracy},
        rng=0,
    )
    assert history.epochs == len(history.loss) == len(history.validation_loss) == 30
    assert set(history.metrics) == {"accuracy", "validation_accuracy"}
    assert history.metrics["accuracy"][-1] > 0.95
    assert history.loss[-1] < 0.3 * history.loss[0]
    assert history.latest()["validation_loss"] == history.validation_loss[-1]
    assert all(type(number) is float for number in (*history.loss, *history.validation_loss))


def test_a_validation_share_is_held_out_of_training():
    seen = set()

    def model(x):
        if len(x) == 1:  # a training batch
            seen.update(x[:, 0])
        return x * weight

    weight = Value(1.0)
    history = fit(
        model, X, Y, loss=squared_error, optimizer=SGD([weight], 1e-9), epochs=3, batch_size=1, validation=0.25, rng=0
    )
    assert len(seen) == 30
    assert len(history.validation_loss) == 3


def test_dropout_is_active_in_training_and_off_in_validation_and_afterwards_as_before():
    modes = []

    class Spy(Dropout):
        def forward(self, x):
            modes.append(self.training)
            return super().forward(x)

    model = Sequential(Spy(0.5, rng=0), Linear(1, 1, rng=0)).eval()
    fit(model, X, Y, loss=squared_error, epochs=2, batch_size=None, validation=(X, Y))
    assert modes == [True, False, True, False]
    assert not model.training


def test_the_mode_is_restored_after_an_error():
    model = line().eval()
    with pytest.raises(ShapeError):
        fit(model, X, Y[:, 0], loss=squared_error)
    assert not model.training


def test_without_an_optimizer_it_is_adam():
    first, second = line(), line()
    fit(first, X, Y, loss=squared_error, epochs=2, rng=0)
    fit(second, X, Y, loss=squared_error, optimizer=Adam(second.parameters()), epochs=2, rng=0)
    np.testing.assert_array_equal(first.w.data, second.w.data)


def test_progress_lines_where_nobody_watches(capsys):
    fit(line(), X, Y, loss=squared_error, epochs=25, progress=True)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 9
    assert lines[-1].startswith("epoch 25/25  loss ")
    fit(line(), X, Y, loss=squared_error, epochs=2)
    assert capsys.readouterr().err == ""


def test_a_bar_where_a_person_watches(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fit(line(), X, Y, loss=squared_error, epochs=3)
    assert "3/3" in capsys.readouterr().err
    fit(line(), X, Y, loss=squared_error, epochs=3, progress=False)
    assert capsys.readouterr().err == ""


def test_lines_for_a_person_without_tqdm(capsys, monkeypatch):
    without("tqdm", monkeypatch)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fit(line(), X, Y, loss=squared_error, epochs=3)
    assert capsys.readouterr().err.splitlines()[-1].startswith("epoch 3/3")


def test_history_plots_itself(tmp_path):
    history = fit(line(), X, Y, loss=squared_error, epochs=3, validation=0.5, rng=0)
    chart = history.plot("a title")
    axes = chart.figure.axes[0]
    assert [curve.get_label() for curve in axes.lines] == ["training", "validation"]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), history.loss)
    text = chart.save(tmp_path / "loss.svg").read_text()
    assert "a title" in text
    assert "</svg>" in text
    assert History().plot().save(tmp_path / "empty.svg").exists()


def without(package, monkeypatch):
    """As if a package were not installed."""
    original = builtins.__import__

    def refuse(name, *args, **options):
        if name.partition(".")[0] == package:
            raise ImportError(name)
        return original(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_plotting_without_matplotlib_names_the_extra(monkeypatch):
    without("matplotlib", monkeypatch)
    with pytest.raises(MissingDependencyError, match=r"autodiff\[plot\]"):
        History([1.0]).plot()


NAN_X, NAN_Y = X.copy(), Y.copy()
NAN_X[7], NAN_Y[3] = np.nan, np.nan


@pytest.mark.parametrize(
    ("x", "y", "options", "error", "message"),
    [
        (X, Y[:-1], {}, ShapeError, r"one row for each example; it was given shapes \(40, 1\) and \(39, 1\)"),
        (1.0, Y, {}, ShapeError, "one row for each example"),
        (X[:0], Y[:0], {}, ShapeError, "at least one example"),
        (np.zeros((4, 0)), np.zeros((4, 1)), {}, ShapeError, "at least one example"),
        (X, Y[:, 0], {}, ShapeError, "same shape"),
        (NAN_X, Y, {}, ArgumentError, "NaN in x, first in row 7"),
        (X, NAN_Y, {}, ArgumentError, "NaN in y, first in row 3"),
        (X * np.inf, Y, {}, ArgumentError, "inf in x, first in row 0"),
        (X, np.where(Y == 1, -np.inf, Y), {}, ArgumentError, "inf in y, first in row 0"),
        (X, Y, {"validation": (X, NAN_Y)}, ArgumentError, "NaN in validation y, first in row 3"),
        (X, Y, {"validation": (NAN_X, Y)}, ArgumentError, "NaN in validation x, first in row 7"),
        (X.astype(str), Y, {}, DtypeError, "fit, for its x, takes.*<U"),
        (X, Y, {"validation": (X, Y.astype(str))}, DtypeError, "for its validation y, takes.*<U"),
        (X.astype(object), Y, {}, DtypeError, "object"),
        (np.ma.masked_array(X), Y, {}, DtypeError, "MaskedArray"),
        (X, Y, {"epochs": 0}, ArgumentError, "epochs is at least 1"),
        (X, Y, {"epochs": 1.5}, DtypeError, "epochs is a whole number"),
        (X, Y, {"batch_size": 0}, ArgumentError, "batch_size is at least 1"),
        (X, Y, {"batch_size": "all"}, DtypeError, "batch_size is a whole number"),
        (X, Y, {"validation": 1.5}, ArgumentError, r"a share in \(0, 1\)"),
        (X, Y, {"validation": 0.001}, ArgumentError, "leaves none on one side"),
        (X, Y, {"validation": "some"}, DtypeError, "validation is a pair"),
        (X, Y, {"validation": (X, Y[:-1])}, ShapeError, "takes validation x and y with one row for each example"),
        (X, Y, {"rng": "seed"}, DtypeError, "rng is a"),
        (X, Y, {"loss": "mse"}, DtypeError, r"loss is a function.*nn\.mean_squared_error.*given str 'mse'"),
        (X, Y, {"loss": Linear}, DtypeError, r"loss is a function.*given the class Linear"),
        (X, Y, {"loss": lambda p, y: 0.5}, GradientLostError, r"the loss returned float 0\.5.*\.item\(\)"),
        (X, Y, {"loss": lambda p, y: p - y}, ShapeError, r"needs a scalar"),
        (X, Y, {"optimizer": Adam}, DtypeError, r"optimizer=nn\.Adam\(model\.parameters\(\)\).*the class Adam"),
        (X, Y, {"optimizer": "adam"}, DtypeError, r"made before.*given str 'adam'"),
        (X, Y, {"metrics": [accuracy]}, DtypeError, r'mapping.*\{"accuracy": nn\.accuracy\}.*given list'),
        (X, Y, {"metrics": {"accuracy": "accuracy"}}, DtypeError, "mapping from names to functions"),
        (X, Y, {"metrics": {"off": lambda p, y: abs(p - y)}}, DtypeError, "metric 'off' returns one number.*mean"),
    ],
)
def test_bad_arguments(x, y, options, error, message):
    with pytest.raises(error, match=message):
        fit(line(), x, y, **{"loss": squared_error} | options)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (lambda x: x, ArgumentError, "needs an optimizer"),
        ("model", DtypeError, "fit takes a model.*given str 'model'"),
        (MLP, DtypeError, r"the class MLP.*MLP\(2, \[16, 1\]\)"),
        (scalar.MLP(1, [4, 1]), DtypeError, r"nn\.scalar, MLP, which takes one example"),
    ],
)
def test_bad_models(model, error, message):
    with pytest.raises(error, match=message):
        fit(model, X, Y, loss=squared_error)


def test_an_optimizer_of_another_model_is_refused_before_anything_moves():
    """As when a cell of a notebook that builds the model is run again, and the one with the optimiser is not."""
    old, new = line(), line()
    start = old.w.data.copy()
    with pytest.raises(ArgumentError, match="holds none of this model's parameters"):
        fit(new, X, Y, loss=squared_error, optimizer=SGD(old.parameters(), 0.1))
    np.testing.assert_array_equal(old.w.data, start)


def test_an_optimizer_may_hold_some_of_the_parameters_or_others_besides():
    model, scale = line(), Value(1.0)
    w, b = model.w.data.copy(), model.b.data.copy()
    fit(model, X, Y, loss=squared_error, optimizer=SGD([model.b, Value(0.0)], 0.1), epochs=1)
    np.testing.assert_array_equal(model.w.data, w)
    assert model.b.data != b
    fit(Sequential(line(), lambda x: x * scale), X, Y, loss=squared_error, optimizer=SGD([scale], 0.1), epochs=1)
    assert scale.data != 1.0


def test_an_optimizer_of_ones_own_needs_two_methods():
    class Halving:
        def __init__(self, parameters):
            self.halved = parameters

        def zero_grad(self):
            pass

        def step(self):
            for p in self.halved:
                p.data = p.data / 2

    model = line()
    expected = model.w.data / 2
    fit(model, X, Y, loss=squared_error, optimizer=Halving(model.parameters()), epochs=1, batch_size=None)
    np.testing.assert_array_equal(model.w.data, expected)
