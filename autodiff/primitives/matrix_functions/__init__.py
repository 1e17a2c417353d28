"""What scipy.linalg adds to numpy.linalg. Loaded on first use: `import autodiff` does not load SciPy."""

from autodiff.primitives.kinds import Primitive
from autodiff.primitives.matrix_functions import equations, functions, triangles

for module in (equations, functions, triangles):
    for entry in vars(module).values():
        if isinstance(entry, Primitive):
            entry.complete = True

__all__ = ["equations", "functions", "triangles"]
