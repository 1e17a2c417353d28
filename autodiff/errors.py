"""Every error the library raises. Each is also the built-in error a Python user would expect."""


class AutodiffError(Exception):
    """Base of every error raised by autodiff and nn."""


class ShapeError(AutodiffError, ValueError):
    """Shapes that do not fit together."""


class DtypeError(AutodiffError, TypeError):
    """Data of a kind that has no derivative here: objects, strings, dates, foreign arrays."""


class UnsupportedError(AutodiffError, TypeError):
    """A function, a keyword or a ufunc method for which there is no derivative."""


class GradientLostError(AutodiffError, TypeError):
    """A Value read as a plain number or array, where its gradient would silently be lost."""


class MissingAttributeError(AutodiffError, AttributeError):
    """Something that an array has and a Value has not."""


class InPlaceError(AutodiffError, TypeError):
    """An attempt to change recorded data in place."""


class GraphError(AutodiffError, RuntimeError):
    """A graph used in a way that it cannot answer: freed, rebound, or differentiated from within."""


class ArgumentError(AutodiffError, ValueError):
    """An argument with the right type and a wrong value."""


class IndexRangeError(AutodiffError, IndexError):
    """An index, a label or an axis outside its range."""


class AxisRangeError(ShapeError, IndexRangeError):
    """An axis that the operand does not have. (NumPy's AxisError is a ValueError and an IndexError, too.)"""


class UndefinedDerivativeError(AutodiffError, RuntimeError):
    """A derivative that does not exist at this point: an eigenvector of a repeated eigenvalue, the phase of one."""


class NonFiniteError(AutodiffError, FloatingPointError):
    """Under `debug_nans`: an infinity or NaN that reached a result, a gradient or a leaf.

    operation: what made it, as "log" or "derivative of sqrt" · line: of the user's code, with its place; "" if it is
    not known · path: the operations from there to the end
    """

    operation: str = ""
    line: str = ""
    path: tuple[str, ...] = ()


class TracingError(AutodiffError, RuntimeError):
    """Something in a jitted function that would bake data into the compiled program."""


class RetraceWarning(UserWarning):
    """A jitted function is traced again and again; the message names what keeps changing."""


class NotCompiledWarning(UserWarning):
    """What was to be compiled could not be traced, and runs as it stands; the message says why."""


class MissingDependencyError(AutodiffError, ImportError):
    """An optional package is not installed; the message names the extra to install."""
