"""A training step of nn under jit is the same step: same numbers, same random masks, same state."""

import numpy as np
import pytest

import autodiff as ad
import nn

X = np.random.default_rng(0).normal(size=(20, 2))
LABELS = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "optimizer_of",
    [lambda ps: nn.SGD(ps, 0.1), lambda ps: nn.SGD(ps, 0.1, momentum=0.9), lambda ps: nn.Adam(ps, 0.01)],
)
@pytest.mark.parametrize("native", [False, True])
def test_six_steps_with_dropout_agree(optimizer_of, dtype, native):
    """Replayed bit for bit, and in native code to rounding."""
    tolerance = 0.0 if not native else 1e-10 if dtype == np.float64 else 1e-4

    def training():
        model = nn.Sequential(
            nn.Layer(2, 8, rng=0, dtype=dtype), nn.Dropout(0.5, rng=3), nn.Linear(8, 2, rng=1, dtype=dtype)
        )
        optimizer = optimizer_of(model.parameters())

        def step(x, y):
            loss = nn.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            return loss

        return model, optimizer, step

    (eager_model, eager_optimizer, eager), (model, optimizer, step) = training(), training()
    compiled, x = ad.jit(step, native=native), X.astype(dtype)
    for i in range(6):
        if i == 3:  # a schedule needs no new trace
            eager_optimizer.learning_rate = optimizer.learning_rate = 0.05
        np.testing.assert_allclose(compiled(x, LABELS).data, eager(x, LABELS).data, rtol=tolerance)
    for p, q in zip(model.parameters(), eager_model.parameters(), strict=True):
        assert p.dtype == dtype
        np.testing.assert_allclose(p.data, q.data, rtol=tolerance, atol=tolerance)
    assert compiled.cache_info().traces == 1


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (nn.squared_error, X[:, :1] * 2),
        (nn.mean_squared_error, X[:, :1].astype(np.float32)),
        (nn.hinge, np.where(X[:, :1] > 0, 1, -1)),
        (nn.cross_entropy, LABELS),
    ],
)
def test_losses_agree(loss, target):
    model = nn.MLP(2, [4, 2 if loss is nn.cross_entropy else 1], rng=0)
    compiled = ad.jit(lambda x, y: loss(model(x), y))
    for scale in (1.0, 2.0):
        np.testing.assert_allclose(compiled(X * scale, target).data, loss(model(X * scale), target).data, rtol=1e-13)


@pytest.mark.parametrize("label", [2, -1])
def test_a_label_outside_the_range_is_refused_at_every_call(label):
    model = nn.MLP(2, [4, 2], rng=0)
    compiled = ad.jit(lambda x, y: nn.cross_entropy(model(x), y))
    compiled(X, LABELS)
    with pytest.raises(IndexError):
        compiled(X, np.full(20, label))
