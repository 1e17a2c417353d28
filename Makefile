# Everything runs in .venv, which is made on first use; nothing but Python >= 3.11 (with venv and pip) and make is needed.
#
#   make demo    train on handwritten digits, check the gradient, draw one neuron
#   make test    the whole test suite
#   make fuzz    many random programs: eager, replayed and native
#   make check   formatting, lint, types
#   make bench   the benchmark table, beside the peers, into benchmarks/RESULTS.md
#   make clean   remove what the above made

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin/python
INSTALL := $(RUN) -m pip install --quiet --disable-pip-version-check

.PHONY: demo test fuzz check format bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed-demo
	$(RUN) -m nn.demo $(ARGS)

# Two workers, one BLAS thread each: more of either only get in each other's way.
test: $(VENV)/installed-test
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest -n 2 $(ARGS)

fuzz: $(VENV)/installed-test
	HYPOTHESIS_PROFILE=fuzz OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest -n 2 -k native_is_replay \
		tests/autodiff/compiler $(ARGS)

check: $(VENV)/installed-dev
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m mypy

format: $(VENV)/installed-dev
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

bench: $(VENV)/installed-bench
	$(RUN) -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp for each extra: reinstalled only when pyproject.toml changes.
$(VENV)/installed-%: pyproject.toml $(VENV)/created
	$(INSTALL) --editable '.[$*]'
	@touch $@

# The peers: one release of PyTorch, so that the table compares like with like.
$(VENV)/installed-bench: pyproject.toml $(VENV)/created
	$(INSTALL) torch==2.13.0
	$(INSTALL) --editable '.[all,bench]'
	@touch $@

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@
