"""Sparse matrices beside Values: products from either side, equations, elements that are Values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse
import scipy.sparse.linalg

import autodiff as ad
from autodiff import Value
from autodiff.scipy import sparse
from tests.autodiff.checks import check

RNG = np.random.default_rng(7)
DENSE = np.where(RNG.uniform(size=(4, 5)) < 0.5, RNG.uniform(-1, 1, (4, 5)), 0.0)
SQUARE = np.where(RNG.uniform(size=(4, 4)) < 0.4, RNG.uniform(-1, 1, (4, 4)), 0.0) + 3 * np.eye(4)
FORMATS = [scipy.sparse.csr_array, scipy.sparse.csc_array, scipy.sparse.coo_array, scipy.sparse.csr_matrix]
FORMATS += [scipy.sparse.csc_matrix, scipy.sparse.dia_array, scipy.sparse.lil_array]


@pytest.mark.parametrize("make", FORMATS, ids=lambda f: f.__name__)
def test_products(make: Any) -> None:
    A = make(DENSE)
    for right in (RNG.uniform(-1, 1, 5), RNG.uniform(-1, 1, (5, 2)), RNG.uniform(-1, 1, (5, 1))):
        np.testing.assert_allclose(sparse.matmul(A, Value(right)).data, DENSE @ right, rtol=1e-13)
        check(lambda v: sparse.matmul(A, v), right, exact=False, single=False)
    for left in (RNG.uniform(-1, 1, 4), RNG.uniform(-1, 1, (2, 4))):
        np.testing.assert_allclose((Value(left) @ A).data, left @ DENSE, rtol=1e-13)
        check(lambda v: v @ A if isinstance(v, Value) else v @ DENSE, left, exact=False, single=False)


def test_float32_and_complex() -> None:
    A = scipy.sparse.csr_array(DENSE.astype(np.float32))
    assert sparse.matmul(A, Value(np.ones(5, np.float32))).dtype == np.float32
    z = RNG.uniform(-1, 1, 5) + 1j * RNG.uniform(-1, 1, 5)
    check(lambda v: sparse.matmul(scipy.sparse.csr_array(DENSE * (1 + 2j)), v), z, exact=False, single=False)
    integers = scipy.sparse.csr_array(np.array([[1, 0], [0, 2]]))
    assert sparse.matmul(integers, Value([1.0, 1.0])).data.tolist() == [1.0, 2.0]


def test_elements_that_are_values() -> None:
    A = scipy.sparse.csr_array(DENSE)
    x, y = RNG.uniform(-1, 1, 5), RNG.uniform(-1, 1, (2, 4))

    def made(data: Any) -> Any:
        return sparse.csr_array((data, A.indices, A.indptr), shape=A.shape)

    check(lambda data, x: made(data) @ x, A.data, x, exact=False)
    check(lambda data, y: y @ made(data), A.data, y, exact=False)
    check(lambda data: made(data).toarray(), A.data, exact=False)
    np.testing.assert_array_equal(made(Value(A.data)).toarray().data, DENSE)
    np.testing.assert_array_equal(made(Value(A.data)).T.toarray().data, DENSE.T)
    assert (y @ made(Value(A.data))).shape == (2, 5)
    assert sparse.csr_array((Value([1.0]), [2], [0, 1])).shape == (1, 3)
    assert "places" in repr(made(Value(A.data)))


def test_elements_in_the_same_place_add_up() -> None:
    A = sparse.csr_array((Value([2.0, 3.0]), [1, 1], [0, 2]), shape=(1, 2))
    assert A.toarray().data.tolist() == [[0.0, 5.0]]
    assert ad.grad(lambda d: (sparse.csr_array((d, [1, 1], [0, 2]), shape=(1, 2)) @ np.array([1.0, 4.0])).sum())(
        np.array([2.0, 3.0])
    ).tolist() == [4.0, 4.0]


@pytest.mark.parametrize("make", FORMATS[:2], ids=lambda f: f.__name__)
def test_spsolve(make: Any) -> None:
    A = make(SQUARE)
    for b in (RNG.uniform(-1, 1, 4), RNG.uniform(-1, 1, (4, 2)), RNG.uniform(-1, 1, (4, 1))):
        expected = np.linalg.solve(SQUARE, b)
        np.testing.assert_allclose(sparse.linalg.spsolve(A, Value(b)).data, expected, rtol=1e-12)
        f = lambda v: sparse.linalg.spsolve(A, v) if isinstance(v, Value) else np.linalg.solve(SQUARE, v)
        check(f, b, exact=False, single=False)
    rows = scipy.sparse.csr_array(SQUARE)
    made = lambda data: sparse.csr_array((data, rows.indices, rows.indptr), shape=(4, 4))
    check(lambda d, b: sparse.linalg.spsolve(made(d), b), rows.data, RNG.uniform(-1, 1, 4), exact=False, single=False)


def test_what_goes_wrong_is_named() -> None:
    A, v = scipy.sparse.csr_array(DENSE), Value(np.ones(5))
    with pytest.raises(ad.errors.GradientLostError, match=r"autodiff\.scipy\.sparse\.matmul\(A, v\)"):
        A @ v
    with pytest.raises(ad.errors.ShapeError, match="fit together"):
        sparse.matmul(A, Value(np.ones(4)))
    with pytest.raises(ad.errors.ShapeError, match="fit together"):
        v @ A
    with pytest.raises(ad.errors.ShapeError, match="sparse matrix on one side"):
        sparse.matmul(v, v)
    with pytest.raises(ad.errors.ShapeError, match="two sparse"):
        sparse.matmul(A, A)
    with pytest.raises(ad.errors.ShapeError, match="square"):
        sparse.linalg.spsolve(A, v)
    with pytest.raises(ad.errors.ShapeError, match="takes a sparse"):
        sparse.linalg.spsolve(SQUARE, Value(np.ones(4)))
    with pytest.raises(ad.errors.UnsupportedError, match="permc_spec"):
        sparse.linalg.spsolve(scipy.sparse.csr_array(SQUARE), Value(np.ones(4)), permc_spec="NATURAL")
    for data, indices, indptr in (
        ([1.0, 2.0], [0], [0, 1]),
        ([1.0], [7], [0, 1]),
        ([1.0], [0], [0, 2]),
        ([1.0], [0], [1]),
    ):
        with pytest.raises(ad.errors.ShapeError):
            sparse.csr_array((Value(data), indices, indptr), shape=(1, 2))
    with pytest.raises(ad.errors.DtypeError, match="data, indices and indptr"):
        sparse.csr_array(Value(DENSE))
    with pytest.raises(ad.errors.DtypeError, match="dtype"):
        sparse.csr_array((Value([1.0]), [0], [0, 1]), dtype=np.float32)
    with pytest.raises(ad.errors.UnsupportedError, match=r"scipy\.sparse\.linalg\.cg"):
        sparse.linalg.cg(A, v)
    with pytest.raises(ad.errors.UnsupportedError, match=r"scipy\.sparse\.kron"):
        sparse.kron(A, v)


def test_plain_arguments_are_scipys() -> None:
    assert scipy.sparse.issparse(sparse.csr_array(DENSE))
    assert sparse.coo_array is scipy.sparse.coo_array
    A = scipy.sparse.csr_array(SQUARE)
    assert type(sparse.linalg.spsolve(A, np.ones(4))) is np.ndarray
    assert type(sparse.matmul(A, np.ones(4))) is np.ndarray


def test_jit() -> None:
    A = scipy.sparse.csr_array(DENSE)
    loss = ad.grad(lambda v: np.sum(sparse.matmul(A, v) ** 2) + np.sum(v[:4] @ A))
    run = ad.jit(loss)
    for scale in (1.0, 1.0, 3.0):
        np.testing.assert_allclose(run(scale * np.ones(5)), loss(scale * np.ones(5)), rtol=1e-13)
