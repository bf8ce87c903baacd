# Two commands do everything on a fresh machine: make demo, make test
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
USED := $(VENV)/.used
STAMP := $(VENV)/.ready

.PHONY: demo test check check-rest format bench clean

KERNELS := $(addprefix src/diapason/engines/scan/,_kernel.c _column.h _rows.h) src/diapason/connectors/mqtt/_wire.c

# What a user has; Python compiles a module when it is first imported.
$(USED): pyproject.toml requirements-use.lock hatch_build.py $(KERNELS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements-use.lock
	$(PIP) --no-deps -e .
	touch $(USED)

# What the tests need besides; compiled on all cores.
$(STAMP): $(USED) requirements.lock requirements-shapes.lock
	$(PIP) -r requirements.lock
	$(PIP) --no-deps -r requirements-shapes.lock
	-$(BIN)/python -m compileall -q -j 0 $(VENV)/lib > /dev/null
	touch $(STAMP)

demo: $(USED)
	$(BIN)/diapason demo

# One thread for each of the two: together they would have four on two cores, and wait for one another.
test: $(STAMP)
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal

check: test check-rest

check-rest: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist
