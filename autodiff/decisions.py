"""One decision for each name of NumPy that is not in the table of operations: refused, and why; or it takes no array.

The conformance page shows these sentences, and who calls a refused function on a Value reads the same one in the error.
Names are those of NumPy without `numpy.`; the sentence goes on after the name.
"""

from __future__ import annotations

from collections.abc import Mapping


def _by_name(groups: Mapping[str, str]) -> dict[str, str]:
    """A sentence for each name, from the sentence for several names."""
    return {name: sentence for names, sentence in groups.items() for name in names.split()}


_WRITES = "writes into an array in place, where a gradient would be lost; "
_PLAIN = "makes a plain array, and raises where a gradient would be lost; "

IN_PLACE = _by_name(
    {
        "place put putmask": _WRITES + "v.at[index].set(x) makes a new Value",
        "put_along_axis": _WRITES
        + "v.at[np.arange(n)[:, None], indices].set(x) makes a new Value, for axis 1 of a matrix",
        "copyto": _WRITES + "np.broadcast_to(v, shape), np.full_like(v, x) and np.where(mask, v, x) make a new Value",
        "fill_diagonal": _WRITES + "np.where(np.eye(n, dtype=bool), x, v) makes a new Value",
    }
)
"""Functions that change their argument: asking for them is an attempt to change recorded data."""

REFUSED = IN_PLACE | _by_name(
    {
        "array asanyarray asarray asarray_chkfinite ascontiguousarray asfortranarray require fromiter": (
            _PLAIN + "np.stack joins Values, v.astype(dtype) casts, v.copy(order) lays out anew"
        ),
        "asmatrix bmat": "makes a matrix, whose arithmetic differs from an array's; np.block joins Values",
        "r_ c_": _PLAIN + "np.concatenate and np.stack join Values",
        "full": _PLAIN + "np.broadcast_to(v, shape) repeats a Value",
        "arange": _PLAIN + "np.linspace takes Values for its ends",
        "array2string array_repr array_str": "makes a text of plain numbers; give it v.data, or print the Value",
        "base_repr binary_repr format_float_positional format_float_scientific": (
            "makes a text of a plain number; give it v.item()"
        ),
        "save savetxt savez savez_compressed": (
            "writes plain numbers to a file; give it v.data (a Value that is a leaf can be pickled)"
        ),
        "isfortran may_share_memory nested_iters shares_memory": ("asks how an array lies in memory; give it v.data"),
        "min_scalar_type": "asks about one plain number; give it v.item()",
        "busday_count busday_offset datetime_as_string datetime_data is_busday isnat": (
            "takes dates, and a Value holds numbers"
        ),
        "packbits unpackbits": "packs bits, and a Value holds numbers; give it v.data",
        "histogram2d histogramdd": "counts along several axes; np.histogram counts along one, np.bincount sums weights",
        "histogram_bin_edges": "chooses bins by the data; give it v.data, or make edges with np.linspace",
        "roots": (
            "has no derivative here, as the data say whether its answer is complex; np.linalg.eigvals of the companion "
            "matrix has one, or give it v.data"
        ),
        "kaiser": "takes its second argument as a plain number; give it v.item()",
    }
)
"""Functions without a derivative here, and the way out."""

NO_ARRAY = _by_name(
    {
        "empty eye identity indices ones tri zeros": "makes an array from a shape",
        "diag_indices mask_indices tril_indices triu_indices": "makes positions from a shape",
        "bartlett blackman hamming hanning": "makes a window of a length",
        "fft.fftfreq fft.rfftfreq": "makes the frequencies of a length; the spacing d may be a Value",
        "fromfunction frompyfunc": "takes a function",
        "from_dlpack frombuffer fromfile fromregex fromstring genfromtxt load loadtxt": "reads a file or a buffer",
        "broadcast_shapes": "takes shapes",
        "isdtype issubdtype mintypecode promote_types typename": "takes types",
        "info isscalar iterable": "asks what kind of object something is",
        "get_include get_printoptions getbufsize geterr geterrcall printoptions set_printoptions setbufsize seterr "
        "seterrcall show_config show_runtime test": "is about NumPy's settings",
        "row_stack": "is NumPy's old name of np.vstack, which it calls",
    }
)
"""Functions that take no array, or leave it to functions that are decided on."""

METHODS_IN_PLACE = {
    "sort": "np.sort(v)",
    "partition": "np.partition(v, kth), or np.sort(v)",
    "fill": "np.full_like(v, x)",
    "put": "v.at[index].set(x)",
    "resize": "np.resize(v, shape), or v.reshape(shape)",
    "itemset": "v.at[index].set(x)",
    "setfield": "v.at[index].set(x)",
    "setflags": "v.data for the plain array",
}
"""Methods of an ndarray that change it, and what to use on a Value."""

ATTRIBUTES = _by_name(
    {
        "tolist": "makes plain numbers of it; use v.data.tolist(), or v.item() for one",
        "dump dumps tobytes tofile": "writes plain numbers; use v.data",
        "base byteswap ctypes device flags getfield itemsize nbytes strides to_device view": (
            "is about the buffer; use v.data"
        ),
        "flat": "goes through plain numbers; use v.ravel()",
    }
)
"""What an ndarray has and a Value has not."""
