"""Side by side with the peers, on one core: `python -m benchmarks` (or `make bench`).

Importing this package puts the process on one core. It has to come before the first import of NumPy, whose BLAS reads
the number of its threads once.
"""

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ[_variable] = "1"

if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
