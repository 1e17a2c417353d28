"""What scipy.linalg adds to numpy.linalg. Loaded on first use: `import autodiff` does not load SciPy."""

from autodiff.primitives.kinds import TABLE
from autodiff.primitives.matrices import equations, functions, triangles

for entry in TABLE.values():
    entry.complete = True

__all__ = ["equations", "functions", "triangles"]
