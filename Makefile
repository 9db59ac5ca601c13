# Everything sets itself up: python3 (3.11 or later), make and the package registries are all that is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Two processes run the tests, each with servers of its own; those that are named are used by one.
SIDE_BY_SIDE := $(if $(DATABASE_URL),,-n 2)

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset manage test test-without-browser check lint lock prove bench browser docs clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 24

$(VENV)/python: ## (the environment)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "This needs Python 3.11 or later; name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv module is missing; on Debian and Ubuntu install the package python3-venv."; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/demo: requirements/demo.txt | $(VENV)/python
	@echo "Installing packages ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/demo.txt
	@touch $@

$(VENV)/dev: requirements/dev.txt | $(VENV)/python
	@echo "Installing packages ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@ $(VENV)/demo

$(VENV)/prove: requirements/prove.txt | $(VENV)/python
	@echo "Installing packages ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/prove.txt
	@touch $@ $(VENV)/dev $(VENV)/demo

demo: $(VENV)/demo ## Open the demo shop; Ctrl-C stops it
	@exec $(BIN)/python -m config.local demo

demo-reset: $(VENV)/demo ## Throw the demo shop's data away
	@$(BIN)/python -m config.local demo-reset

manage: $(VENV)/demo ## Run manage.py on the demo shop: make manage ARGS="check_invariants"
	@$(BIN)/python -m config.local manage $(ARGS)

browser: $(VENV)/dev ## Find a Chromium for the browser tests, or install one
	@$(BIN)/python -m config.local browser

test: $(VENV)/dev browser ## Run every test against real PostgreSQL, Redis, Celery and Chromium
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

test-without-browser: $(VENV)/dev ## The same without the browser tests
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not browser" $(ARGS)

prove: $(VENV)/prove browser ## Run the long proofs, or one: make prove ARGS=tests/prove/test_soak.py
	@$(BIN)/python -m pytest --prove $(or $(ARGS),-m prove)

bench: $(VENV)/dev ## Measure, all or by name: make bench ARGS="place_order lists"
	@$(BIN)/python -m tests.benchmarks $(ARGS)

lint: $(VENV)/dev ## Style, types, and the files for other tools
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@SECRET_KEY=- DATABASE_URL=postgres:/// REDIS_URL=redis://localhost $(BIN)/mypy
	@$(BIN)/yamllint -s compose.yaml

check: lint test ## What CI runs

docs: $(VENV)/dev ## Write docs/metrics.md anew from the registry of metrics
	@export SECRET_KEY=- DATABASE_URL=postgres:/// REDIS_URL=redis://localhost; \
		$(BIN)/python manage.py compile_translations >&2 && $(BIN)/python manage.py document_metrics > docs/metrics.md

lock: $(VENV)/dev ## Compile requirements/*.txt anew from pyproject.toml (needs uv)
	@for set in "base" "demo --extra embedded" "dev --extra embedded --group test --group lint" \
		"prove --extra embedded --group test --group lint --group prove"; do \
		set -- $$set; name=$$1; shift; \
		uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			--no-emit-index-url --no-emit-find-links --quiet "$$@" -o requirements/$$name.txt || exit 1; \
	done

clean: ## Remove the environment and caches; the demo shop stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache test-artifacts
