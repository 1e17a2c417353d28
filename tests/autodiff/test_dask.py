"""A Dask array in a Value: forward and backward stay lazy; computed at the end, they are NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autodiff as ad
from autodiff import Value
from tests.autodiff.checks import assert_close

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")


def refuse_to_compute(*args: Any, **keywords: Any) -> Any:
    raise AssertionError("a lazy array was forced")


X = np.random.default_rng(0).uniform(0.5, 1.5, (4, 6))
W = np.random.default_rng(1).uniform(-1.0, 1.0, (6, 3))
CHUNKS = (2, 3)

PROGRAMS: dict[str, Any] = {
    "arithmetic": lambda x, w: x * 2 - 1 / x + x**2 + 2.0**x - x / 3,
    "transcendental": lambda x, w: np.exp(x) * np.sin(x) + np.log(x) - np.tanh(x) + np.sqrt(x) + np.arctan2(x, 2.0),
    "maximum": lambda x, w: np.maximum(x, 1.0) + np.minimum(x, x * x) + abs(x) + np.clip(x, 0.7, 1.2),
    "activations": lambda x, w: ad.relu(x - 1) + ad.sigmoid(x) + ad.softplus(x),
    "where": lambda x, w: np.where(x > 1, np.log(x), x * x),
    "comparison": lambda x, w: x * (x > 1) + x * (x <= 0.8),
    "broadcast": lambda x, w: x + np.sum(x, axis=0) * np.mean(x, axis=1, keepdims=True),
    "sums": lambda x, w: np.sum(x, axis=1) * np.sum(x) + x.sum(axis=(0, 1)),
    "means": lambda x, w: np.mean(x, axis=0) + x.mean(),
    "variance": lambda x, w: np.var(x, axis=0) + np.std(x),
    "extremes": lambda x, w: np.max(x, axis=1) + np.min(x),
    "product": lambda x, w: np.prod(x, axis=1),
    "cumsum": lambda x, w: np.cumsum(x, axis=1),
    "logsumexp": lambda x, w: ad.logsumexp(x, axis=1) + ad.logsumexp(x),
    "softmax": lambda x, w: ad.log_softmax(x) * ad.softmax(x),
    "transpose": lambda x, w: np.transpose(x) * np.swapaxes(x, 0, 1) + x.T,
    "reshape": lambda x, w: np.reshape(x, (2, 2, 6)) * 2,
    "ravel": lambda x, w: np.ravel(x) ** 2,
    "expand": lambda x, w: np.squeeze(np.expand_dims(x, 1), 1) * np.broadcast_to(x, (4, 6)),
    "joining": lambda x, w: np.concatenate([x, x * 2], axis=0) * np.concatenate([x, x], axis=0),
    "stacking": lambda x, w: np.stack([x, np.sin(x)]) ** 2,
    "flip": lambda x, w: np.flip(x, 0) * x + np.roll(x, 1, axis=1),
    "tile": lambda x, w: np.tile(x, (2, 1)) * 3,
    "matmul": lambda x, w: x @ w,
    "matmul twice": lambda x, w: np.tanh(x @ w) @ w.T,
    "tensordot": lambda x, w: np.tensordot(x, w, axes=1) * 2,
    "einsum": lambda x, w: np.einsum("ij,jk->ik", x, w) + np.einsum("ij->i", x).reshape(4, 1),
    "dot": np.dot,
}


def scalar(f: Any) -> Any:
    return lambda x, w: np.sum(np.sin(f(x, w)))


@pytest.mark.filterwarnings("ignore:.*:UserWarning", "ignore:.*:FutureWarning")
@pytest.mark.parametrize("name", PROGRAMS)
def test_dask(name: str) -> None:
    f = scalar(PROGRAMS[name])
    x, w = Value(X), Value(W)
    expected = f(x, w)
    expected.backward()
    with dask.config.set(scheduler=refuse_to_compute):
        lazy_x, lazy_w = Value(da.from_array(X, chunks=CHUNKS)), Value(da.from_array(W, chunks=(3, 3)))
        loss = f(lazy_x, lazy_w)
        loss.backward()
        results = [loss.data, lazy_x.grad, lazy_w.grad]
        assert isinstance(loss.data, da.Array)
        assert isinstance(lazy_x.grad, da.Array)
        assert lazy_x.grad.shape == X.shape
        assert lazy_x.grad.dtype == X.dtype
    loss_data, gx, gw = dask.compute(*results, scheduler="synchronous")
    assert_close(loss_data, expected.data, 1e-12, "value")
    assert_close(gx, x.grad, 1e-11, "gradient")
    assert_close(gw, w.grad, 1e-11, "gradient of w")


@pytest.mark.filterwarnings("ignore:.*:UserWarning", "ignore:.*:FutureWarning")
@pytest.mark.parametrize("name", ["arithmetic", "where", "sums", "matmul", "extremes", "logsumexp"])
def test_dask_forward_mode_and_grad(name: str) -> None:
    f = scalar(PROGRAMS[name])
    one = lambda x: f(x, W)
    exact, slope = ad.grad(one)(X), ad.jvp(one, (X,), (X,))[1]
    with dask.config.set(scheduler=refuse_to_compute):
        lazy = da.from_array(X, chunks=CHUNKS)
        g = ad.grad(one)(lazy)
        _, tangent = ad.jvp(one, (lazy,), (lazy,))
        assert isinstance(g, da.Array)
    assert_close(g.compute(scheduler="synchronous"), exact, 1e-11, "grad")
    assert_close(np.asarray(dask.compute(tangent, scheduler="synchronous")[0]), slope, 1e-11, "jvp")


def test_dask_second_order() -> None:
    f = lambda x: np.sum(np.sin(x) * x)
    with dask.config.set(scheduler=refuse_to_compute):
        lazy = da.from_array(X, chunks=CHUNKS)
        h = ad.grad(lambda x: np.sum(ad.grad(f)(x) ** 2))(lazy)
    assert_close(h.compute(scheduler="synchronous"), ad.grad(lambda x: np.sum(ad.grad(f)(x) ** 2))(X), 1e-11, "second")


def test_masks_are_recorded_for_lazy_arrays() -> None:
    """There is no second look at lazy data: zero gradients stay zero from the start."""
    data = np.array([0.0, 2.0])
    with dask.config.set(scheduler=refuse_to_compute):
        x = Value(da.from_array(data, chunks=1))
        np.sum(np.where(x > 0, np.log(x), 0)).backward()
    with np.errstate(all="ignore"):
        assert x.grad.compute(scheduler="synchronous").tolist() == [0.0, 0.5]


def test_lazy_scalars_stay_lazy_and_are_not_read_by_accident() -> None:
    with dask.config.set(scheduler=refuse_to_compute):
        x = Value(da.from_array(X, chunks=CHUNKS))
        total = x.sum()
        assert isinstance(total.data, da.Array)
        assert total.shape == ()
        assert total.dtype == np.float64
        with pytest.raises(ad.errors.GradientLostError):
            float(total)
        with pytest.raises(ad.errors.GradientLostError):
            np.asarray(x)
        repr(total)
        assert x.grad.shape == X.shape


def test_what_dask_cannot_do_is_refused_by_name() -> None:
    with dask.config.set(scheduler=refuse_to_compute):
        x = Value(da.from_array(X, chunks=CHUNKS))
        with pytest.raises(ad.errors.UnsupportedError, match="gradient of indexing is not available for Array"):
            x[0].sum().backward()


def test_lazy_constants_beside_plain_values() -> None:
    w = Value(W)
    with dask.config.set(scheduler=refuse_to_compute):
        loss = np.sum(da.from_array(X, chunks=CHUNKS) @ w)
        loss.backward()
    assert_close(
        np.asarray(dask.compute(w.grad, scheduler="synchronous")[0]), np.outer(X.sum(0), np.ones(3)), 1e-12, "w"
    )
