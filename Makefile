# The two commands of the README are `make run` and `make test`; `make help` lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
HOST   ?= 127.0.0.1
PORT   ?= 8000
export TRACKER_DATA_DIR ?= data

.DEFAULT_GOAL := help

.PHONY: help
help: ## Say what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Two environments' worth of packages in one folder: what runs the tracker, and then what tests it.
# The stamp files are newer than the pins exactly when the packages are the pinned ones.
$(VENV)/run.stamp: requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; try: make run PYTHON=python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	@echo "Installing what the tests need (once) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

.PHONY: install
install: $(VENV)/run.stamp ## Make the environment and build scripts and styles
	@$(BIN)/python hatch_build.py

.PHONY: run
run: install ## Start the tracker with a demo organisation on http://127.0.0.1:8000
	@TRACKER_LOG_LEVEL=$${TRACKER_LOG_LEVEL:-WARNING} TRACKER_BASE_URL=$${TRACKER_BASE_URL:-http://$(HOST):$(PORT)} \
	  $(BIN)/python -m tracker serve --demo --host $(HOST) --port $(PORT)

.PHONY: test
test: $(VENV)/test.stamp ## Check everything: style, types, import law, tests on both databases, browser
	@$(BIN)/python hatch_build.py
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/deptry tracker
	@$(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: bench
bench: $(VENV)/test.stamp ## Measure, against a bare Flask page in the same run
	@$(BIN)/python hatch_build.py
	@$(BIN)/python -m benchmarks

.PHONY: docs
docs: $(VENV)/test.stamp ## Write the generated pages of the documentation anew
	@$(BIN)/python -m tests.house.generated

.PHONY: pictures
pictures: $(VENV)/test.stamp ## Take the pictures of the documentation anew (needs Chromium)
	@$(BIN)/python hatch_build.py
	@$(BIN)/python -m tests.browser.pictures
	@$(BIN)/python -m tests.browser.slack_sketches

.PHONY: format
format: $(VENV)/test.stamp ## Set the code in its usual form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: lock
lock: ## Pin all packages anew, with hashes (needs uv)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --group build pyproject.toml -o requirements/run.txt
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --group build --group test -c requirements/run.txt pyproject.toml -o requirements/test.txt

.PHONY: clean
clean: ## Remove what was built; data and environment stay
	@rm -rf tracker/web/static/dist dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
