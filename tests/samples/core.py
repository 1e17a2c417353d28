"""Samples for arithmetic, shaping, indexing, reductions and contractions, and for what has no derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.samples.sample import Sample, at

INDICES = [1, -1, slice(None, None, -2), (Ellipsis, 0), (None, slice(1, 3)), np.array([0, 2, 0, 0]), np.array([], int)]
INDICES += [np.array([[0, 1], [2, 2]]), (slice(None), np.array([1, 1])), (np.array([0, 0]), np.array([1, 1]))]
INDICES += [np.array([True, False, True]), (np.array([0, 0]), slice(None, None, 2)), (0, None, np.array([0, 3]))]
INDICES += [np.eye(3, 4, dtype=bool), (Ellipsis, np.array([True, False, True, True])), ((), 0)[1:], slice(3, 3)]
SEQUENCES = [((2, 3), (2, 3)), ((2, 3), (1, 3), (0, 3))]
AXES = [{"axis": None, "keepdims": False}, {"axis": 0, "keepdims": False}, {"axis": (0, 2), "keepdims": True}]
AXES += [{"axis": -1, "keepdims": True}, {"axis": (1, -1), "keepdims": False}, {"axis": (), "keepdims": False}]
REDUCE = [Sample(((2, 3, 2),), k, False) for k in AXES] + [
    Sample(((3,),), {"axis": None, "keepdims": True}, False),
    Sample(((),), {"axis": None, "keepdims": False}, False),
    Sample(((1,),), {"axis": 0, "keepdims": False}, False),
]
SUBSCRIPTS = {
    "ij,jk->ik": ((2, 3), (3, 2)),
    "ii->i": ((3, 3),),
    "ii->": ((3, 3),),
    "iij->j": ((2, 2, 3),),
    "ij->j": ((2, 3),),
    "ij,i->": ((2, 3), (2,)),
    "i,i,i->i": ((3,), (3,), (3,)),
    "abi,bij,j->ab": ((2, 2, 3), (2, 3, 2), (2,)),
    "i,j->": ((2,), (3,)),
    "iii->i": ((2, 2, 2),),
    ",->": ((), ()),
    "ab,ab->ab": ((1, 3), (2, 3)),
}
MATMULS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2))]
MATMULS += [((2, 1, 2, 3), (3, 3, 2)), ((3,), (2, 3, 2)), ((2, 2, 3), (3,)), ((0, 3), (3, 2)), ((2, 0), (0, 3))]
DOTS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((2, 2, 3), (2, 3, 2)), ((2, 3), (2, 3, 2))]
INNERS = [((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (4, 3)), ((2, 2, 3), (2, 3))]
MASK = np.array([[True, False, True], [False, True, True]])

SAMPLES: dict[str, list[Sample]] = {
    "affine": [
        Sample(s)
        for s in (
            ((2, 3), (3, 2), (2,)),
            ((3,), (3, 2), (2,)),
            ((2, 2, 3), (3, 2), (2, 2)),
            ((2, 3), (3, 2), (2, 1)),
            ((2, 3), (3,), ()),
        )
    ],
    "alias": [Sample(((2, 3),)), Sample(((),))],
    "copy": [Sample(((2, 3),), {"order": "F"}), Sample(((),), {"order": "K"})],
    "astype": [Sample(((2, 3),), {"dtype": np.dtype(d)}, d == "c16") for d in ("f8", "c16")],
    "broadcast_to": [
        Sample((s,), {"shape": t})
        for s, t in (((3,), (2, 3)), ((2, 1), (2, 3)), ((), (2,)), ((1,), (0,)), ((2,), (2,)))
    ],
    "concatenate": [Sample(s, {"axis": a}) for s in SEQUENCES for a in (0, -2)]
    + [Sample(((2, 1), (2, 2)), {"axis": 1})],
    "conjugate": [Sample(((2, 3),)), Sample(((),))],
    "cumprod": [Sample(((2, 3, 2),), {"axis": a}) for a in (0, 1, -1)] + [Sample(((5,),), {"axis": 0})],
    "cumsum": [Sample(((2, 3, 2),), {"axis": a}) for a in (0, 1, -1)] + [Sample(((0,),), {"axis": 0})],
    "dot": [Sample(s) for s in DOTS],
    "einsum": [Sample(s, {"subscripts": k}) for k, s in SUBSCRIPTS.items()],
    "flip": [Sample(((2, 3),), {"axis": a}) for a in (None, 0, -1, (0, 1))],
    "getitem": [Sample(((3, 4), *at(i)[0]), at(i)[1]) for i in INDICES],
    "inner": [Sample(s) for s in INNERS],
    "log_softmax": [Sample(((2, 3, 2),), {"axis": a}, False) for a in (None, 0, -1, (0, 2))],
    "ldexp": [Sample(((2, 3), np.array([1, -2, 0]))), Sample(((), np.int64(3))), Sample(((3,), np.array([[5], [-1]])))],
    "logsumexp": REDUCE[:5] + REDUCE[6:],
    "matmul": [Sample(s) for s in MATMULS],
    "max": REDUCE,
    "min": REDUCE,
    "pad": [Sample(((2, 3),), {"width": ((1, 0), (2, 1))}), Sample(((0,),), {"width": ((1, 2),)})],
    "part": [],  # its operand is a tuple: see test_part
    "prod": [Sample(((2, 3, 2),), k) for k in AXES] + [*REDUCE[6:], Sample(((0, 2),), AXES[1])],
    "put": [Sample((np.ones((3, 4))[i].shape, *at(i)[0]), at(i, shape=(3, 4))[1]) for i in INDICES],
    "sign_of_complex": [],  # of complex numbers alone: see test_every_elementwise
    "repeat": [Sample(((2, 3),), {"repeats": r, "axis": a}) for r, a in ((2, 0), (0, 1), ((2, 0, 1), 1), ((1, 3), -2))],
    "replace": [Sample(((3, 4), np.ones((3, 4))[i].shape, *at(i)[0]), at(i)[1]) for i in INDICES]
    + [Sample(((3, 4), (), *at(i)[0]), at(i)[1]) for i in INDICES]
    + [Sample(((3, 4), (1, 1, *np.ones((3, 4))[i].shape), *at(i)[0]), at(i)[1]) for i in INDICES[:10]],
    "reshape": [Sample(((2, 3),), {"shape": s}) for s in ((6,), (3, 2), (1, 6, 1), (2, -1))]
    + [Sample(((),), {"shape": (1,)})],
    "roll": [
        Sample(((3, 4),), {"shift": s, "axis": a})
        for s, a in ((1, None), (-5, 0), ((1, 2), (0, 1)), ((1, 1), 0), (2, (0, 1)))
    ],
    "sum": [Sample(((2, 3, 2),), k) for k in AXES] + [*REDUCE[6:], Sample(((0, 2),), AXES[1])],
    "sum_squares": [Sample(((2, 3),)), Sample(((0,),)), Sample(((),))],
    "tensordot": [
        Sample(s, {"axes": a})
        for s, a in (
            (((2, 3), (3, 2)), ((1,), (0,))),
            (((2, 3, 2), (2, 2, 3)), ((1, 2), (2, 0))),
            (((2, 3, 2), (2, 3)), ((0, 1), (0, 1))),
            (((2,), (3,)), ((), ())),
            (((2, 3), (2, 3)), ((1, 0), (1, 0))),
        )
    ],
    "transpose": [Sample(((2, 3, 2),), {"axes": a}) for a in (None, (1, 2, 0), (0, -1, 1))],
    "where": [Sample((MASK, a, b)) for a, b in (((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2, 3)), ((2, 3), ()))]
    + [Sample((MASK[:1], (2, 1), (2, 3))), Sample((np.True_, (2,), (2,)))],
}

# --- entries without a derivative: operands and keywords ------------------------------------------------------------

VECTOR, OTHER = np.array([1.5, -2.5, 0.0, 0.5]), np.array([1.5, 2.0, -1.0, 0.25])
BITS = np.array([True, False, True, False])
FLAT: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    **{
        name: [((VECTOR, OTHER), {}), ((2.5, 1.0), {})]
        for name in ("equal", "not_equal", "less", "less_equal", "greater")
    },
    **{name: [((VECTOR, OTHER), {}), ((2.5, 1.0), {})] for name in ("greater_equal", "floor_divide", "heaviside")},
    **{
        name: [((VECTOR, OTHER), {})] for name in ("logical_and", "logical_or", "logical_xor", "isclose", "array_equal")
    },
    **{name: [((VECTOR,), {}), ((-1.5,), {})] for name in ("floor", "ceil", "rint", "trunc", "sign", "signbit")},
    **{name: [((VECTOR,), {}), ((np.nan,), {})] for name in ("isfinite", "isnan", "isinf", "logical_not")},
    **{name: [((VECTOR,), {}), ((VECTOR.reshape(2, 2),), {"axis": 1})] for name in ("argmax", "argmin", "any", "all")},
    "allclose": [((VECTOR, OTHER), {}), ((VECTOR, VECTOR), {"rtol": 0.0})],
    "argsort": [((VECTOR,), {"axis": -1, "kind": "stable"})],
    "exponents": [((VECTOR,), {}), ((np.array([1e-300, 0.0, -1e300, np.inf]),), {})],
    "levels": [((VECTOR, OTHER, np.arange(4)), {})],
    "count_nonzero": [((VECTOR,), {}), ((VECTOR.reshape(2, 2),), {"axis": 0, "keepdims": True})],
    "full_like": [((VECTOR, 2.0), {})],
    "nonzero": [((VECTOR,), {})],
    "ones_like": [((VECTOR,), {})],
    "round": [((VECTOR,), {"decimals": 0}), ((VECTOR * 1.234,), {"decimals": 2})],
    "searchsorted": [((np.sort(VECTOR), OTHER), {"side": "right"})],
    "stop_gradient": [((VECTOR,), {})],
    "astype_discrete": [((VECTOR,), {"dtype": np.dtype(int)})],
    "to_integers": [((VECTOR,), {"dtype": np.dtype(int)})],
    "zeros_like": [((VECTOR,), {})],
    "bitwise_and": [((BITS, ~BITS), {})],
    "bitwise_or": [((BITS, ~BITS), {})],
    "bitwise_xor": [((BITS, ~BITS), {})],
    "invert": [((BITS,), {})],
}
