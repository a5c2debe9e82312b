# First Contact. `make run` starts everything; `make test` checks everything.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && echo $$p && break; done)
READY := $(VENV)/ready

.PHONY: run test check soak clean

run: $(READY)
	@$(BIN)/firstcontact serve

test: check
	@$(BIN)/pytest -n 2 --dist worksteal

check: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

soak: $(READY)
	@FIRSTCONTACT_SOAK=1 $(BIN)/pytest --timeout 3600

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "First Contact needs Python 3.11 or 3.12; install one of them and run make again."; exit 1; }
	@echo "Installing into $(VENV) with $$($(PYTHON) --version); the first time this takes a few minutes."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --progress-bar on -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) var
