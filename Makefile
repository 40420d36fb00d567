# Every target sets up what it needs in .venv; no target but `format` changes a source file.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := vqclip tests training benchmarks configs checkpoints docs examples
FUZZ_SECONDS ?= 60
READY := $(VENV)/.ready

.PHONY: demo test test-all test-fast coverage fuzz lint format typecheck docs bench bench-check tiny reference build clean help
.DEFAULT_GOAL := help

# Where PYTHONDONTWRITEBYTECODE is set, as in many containers, Python would compile vqclip at every start (0.7 s).
$(READY): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q vqclip
	touch $(READY)

demo: $(READY) ## set up, and draw a red apple with its frames and video into demo/
	$(BIN)/vqclip generate "a red apple" --seed 1 --output demo --overwrite

# Without compiled modules, every process of a test would compile vqclip again, and every run of the tests itself.
PYTEST := env -u PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest -n 2 --dist worksteal

test: $(READY) ## set up, and run the tests that take less than five seconds each
	$(PYTEST) -m "not long" $(ARGS)

test-all: $(READY) ## run every test
	$(PYTEST) $(ARGS)

test-fast: $(READY) ## run the tests that take less than half a second each
	$(PYTEST) -m "not slow and not long" $(ARGS)

coverage: $(READY) ## run every test; fail if they reach less than 90 % of the lines
	$(MAKE) test-all ARGS="--cov --cov-report= --durations=25 --durations-min=1 $(ARGS)"
	$(BIN)/coverage report --fail-under=90 --skip-covered

fuzz: $(READY) ## try changed files on every reader for a minute each: make fuzz FUZZ_SECONDS=600
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(PYTEST) tests/faults/test_fuzz.py $(ARGS)

lint: $(READY) ## check style and the order of imports
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/lint-imports --no-cache

format: $(READY) ## format the sources
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

typecheck: $(READY) ## check the types of the package
	$(BIN)/mypy

docs: $(READY) ## build the documentation into site/, with warnings as errors
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d build/doctrees docs site

bench: $(READY) ## time a step of the loop with the built-in pair
	$(BIN)/python -m benchmarks.steps

bench-check: $(READY) ## compare two records of a benchmark: make bench-check A=before.json B=after.json
	$(BIN)/python -m benchmarks.compare $(A) $(B)

reference: $(READY) ## write docs/reference.md, the tables of docs/models.md and the typed keywords of Python
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/models.py
	$(BIN)/python docs/keywords.py

tiny: $(READY) ## train the built-in models from scratch (hours; see training/README.md)
	$(MAKE) -C training all PYTHON=../$(BIN)/python

build: $(READY) ## build the wheel and the source archive into dist/
	$(BIN)/python -m build --outdir dist .

clean: ## remove everything that the targets above made
	rm -rf $(VENV) build dist demo site *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
