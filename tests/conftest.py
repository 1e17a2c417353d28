"""How the tests draw their examples: the same ones every time in continuous integration, new ones at a desk."""

import os

from hypothesis import settings

# No deadline: a first call imports or compiles, and a busy machine is no bug.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.register_profile("fuzz", deadline=None, max_examples=20_000)  # for `make fuzz`
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "desk"))
