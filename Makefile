# The only commands. Every one of them first brings .venv up to date, so each works alone on a fresh clone:
#   make setup   everything for development        PYTHON=python3.12 chooses the interpreter
#   make demo    a whole load test on this machine
#   make up      the whole system in the foreground (make up ARGS="--http 127.0.0.1:8086")
#   make test    all quick tests with coverage     make test ARGS="tests/unit -x" runs a part, without the floor
#   make test-e2e      whole systems, started and used as people do
#   make test-outside  the pages' commands as they stand, clients and servers of others
#   make test-browser  the dashboard in chromium; screenshots are left in build/screenshots
#   make screenshots   docs/images, the pictures of docs/guide.md
#   make test-deploy   images, installations, compose, rules and boards, without Docker
#   make test-faults   the long fault suite        SEEDS=20 tries each scenario so often; FAULT_SEED=7 repeats one
#   make test-fuzz     random calls over gRPC and HTTP for FUZZ_SECONDS=300 each; FUZZ_SEED=7 repeats some
#   make lint    every static check
#   make protos  generated stubs and contract artefacts
#   make docs    generated reference tables in docs/
#   make boards  generated boards of Grafana in deploy/grafana/boards/
#   make locks   deploy/locks from pyproject.toml  UPGRADE=--upgrade takes the newest versions
#   make bench   all figures      make bench-NAME one case, bench-fleet those of many agents, bench-web those of pages
#                                                  in a browser, bench-query ROWS=5000000; OUT=file.json keeps them
#   make clean   removes everything that was generated or installed
SHELL := /bin/bash
.DEFAULT_GOAL := setup
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
SEEDS ?= 3
FUZZ_SECONDS ?= 300
FUZZ_SEED ?=
UPGRADE ?=
# Twice as many as the usual 2 cores, since most tests wait for processes; a free one takes from the others' lists.
JOBS := -n 4 --dist worksteal
# What has a target of its own, because it installs or starts what is large.
OUTSIDE := tests/pages tests/compat
APART := $(foreach path,$(OUTSIDE) tests/e2e tests/deploy tests/browser,--ignore=$(path))

.PHONY: setup demo up test test-e2e test-outside test-browser screenshots test-deploy test-faults test-fuzz lint protos docs boards locks bench clean

setup:
	@scripts/setup "$(PYTHON)" dev

demo: setup
	@$(BIN)/loadcell demo $(ARGS)

up: setup
	@$(BIN)/loadcell up $(ARGS)

test: setup
	$(BIN)/python $(if $(ARGS),,-m slipcover --json --out .coverage.json) -m pytest $(JOBS) $(or $(ARGS),$(APART))
	@$(if $(ARGS),,$(BIN)/python scripts/coverage_floor.py .coverage.json)

test-e2e: setup
	$(BIN)/python -m pytest $(JOBS) $(or $(ARGS),tests/e2e)

test-outside: setup
	@scripts/setup_peers "$(PYTHON)"
	$(BIN)/python -m pytest $(JOBS) $(or $(ARGS),$(OUTSIDE))

# Two at a time, and each file by one: its environments are made once.
test-deploy: setup
	@scripts/setup_wheels
	PIP_FIND_LINKS="$(PIP_FIND_LINKS) $(CURDIR)/.deps/wheels" $(BIN)/python -m pytest -n 2 --dist loadfile $(or $(ARGS),tests/deploy)

test-browser: setup
	$(BIN)/python -m pytest $(or $(ARGS),tests/browser)

screenshots: setup
	PICTURES=docs/images $(BIN)/python -m pytest tests/browser/test_guide_pictures.py

test-fuzz: setup
	FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_SEED=$(FUZZ_SEED) $(BIN)/python -m pytest -n 2 tests/fuzz $(ARGS)

test-faults: setup
	FAULTS=long FAULT_SEEDS=$(SEEDS) $(BIN)/python -m pytest $(JOBS) tests/faults $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml loadcell controller agent gateway
	@$(BIN)/python scripts/audit_dependencies.py
	@scripts/lint_protos $(BIN)/python

protos: setup
	$(BIN)/python scripts/protos.py .

docs: setup
	$(BIN)/python -m scripts.reference

boards: setup
	$(BIN)/python -m scripts.boards

locks: setup
	@scripts/lock "$(PYTHON)" $(UPGRADE)

bench: setup
	@scripts/setup "$(PYTHON)" bench
	@$(BIN)/python -m benchmarks $(CASES)

bench-%: setup
	@scripts/setup "$(PYTHON)" bench
	@$(BIN)/python -m benchmarks $*

clean:
	rm -rf .venv .deps build dist *.egg-info .coverage.json .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
