# Two commands are enough on a fresh machine: `make demo` and `make test`. `make help` lists the rest.

PYTHON ?= python3
BIN    := .venv/bin
STAMP  := .venv/.installed
COMPILED := .venv/.compiled
RUN    ?= runs/demo

# Where Python may not keep compiled modules (many images say so), each of a run's processes compiles all it imports
# anew: 1.5 s of processor time instead of 0.7 for a rollout worker, more for an engine.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help install model system demo test test-all lint lock clean

help:
	@echo "make demo     install, fetch the model, turn two dozen questions into labelled records in $(RUN)"
	@echo "make test     install, fetch the model, run the tests, name the slowest twenty; make test-all: campaigns, too"
	@echo "make install  create .venv from the two locks (again only when a lock or pyproject changed)"
	@echo "make model    materialise the embedded model in \$$FACTORY_CACHE"
	@echo "make system   by apt-get: bubblewrap and Coq (python_tests, coq_proof); SLURM, Redis, Prometheus (tests of cluster/); Chromium (of pages)"
	@echo "make lint     ruff, mypy, import-linter, sizes of folders, files and functions"
	@echo "make lock     resolve requirements-cpu.lock anew"
	@echo "make clean    remove .venv and caches; runs and the fetched model stay"

install: $(STAMP)
	@:

# The project is installed by its path alone (compat): a finder would cost each of a run's processes 0.05 s at its start.
# Without dependencies: the lock is the whole closure, minus packages that break torch's CPU build (see tools/lock.py).
$(STAMP): requirements-cpu.lock requirements-cluster.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed, $(PYTHON) is older or missing. Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "installing into .venv (some minutes, 4 GB)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --no-deps --no-compile -r requirements-cpu.lock -r requirements-cluster.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

# A fresh environment holds no compiled modules. What the engine imports is compiled while the other core converts the
# model: 9 s of processor time that its first start need not take.
$(COMPILED): $(STAMP)
	@$(BIN)/python -c 'import ray, vllm.v1.engine.async_llm, vllm.v1.engine.core' >/dev/null 2>&1 || true
	@touch $@

model: install
	@$(BIN)/factory model fetch smollm2-135m

system:
	@bash cluster/install_system.sh bubblewrap coq slurm redis prometheus chromium

# A few minutes' work for two cores without AVX-512. Small units, so that work comes in as it is wanted. A blank line ends
# a solution: none of the prompt's examples has one, and behind it the embedded model goes on with a question of its own.
DEMO := source.n=24 run.unit_size=4 'sampling.stop=["\n\n"]'

demo: install
	@$(MAKE) --no-print-directory -j2 model $(COMPILED)
	@$(BIN)/factory run pipelines/label_steps.yaml $(DEMO) run.dir=$(RUN)
	@echo
	@echo "Look at questions, trees and labelled steps in the browser:  $(BIN)/factory view $(RUN)"

test: model
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder --durations=20 -m "not long"

test-all: model
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder --durations=20

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tools.code_shape

lock: install
	@$(BIN)/python tools/lock.py

clean:
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
