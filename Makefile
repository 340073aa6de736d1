PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
QUIX := $(or $(CHAT_STACK_HOME),.stack)/quix

# Where somebody's shell has it, every start of every process would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test fuzz chaos bench lint docs up down status constraints clean

demo: $(VENV)/installed
	$(BIN)/python -m stack demo

test: $(VENV)/installed lint docs
	$(BIN)/pytest

fuzz: $(VENV)/installed
	$(BIN)/python -m tests.bridge.fuzz $(or $(FUZZ_VALUES),1000000) $(or $(FUZZ_SEED),1)

chaos: $(VENV)/installed
	$(BIN)/python -m tests.chaos --minutes $(or $(CHAOS_MINUTES),10) --seed $(or $(CHAOS_SEED),1)

bench: $(VENV)/installed $(QUIX)/installed
	$(BIN)/python -m bench $(BENCH)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# MkDocs's theme advertises its successor otherwise.
docs: $(VENV)/installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

up: $(VENV)/installed
	$(BIN)/python -m stack up

down: $(VENV)/installed
	$(BIN)/python -m stack down

status: $(VENV)/installed
	$(BIN)/python -m stack status

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "chat-tasks needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[stack,dev,docs]'
	touch $@

# quix-streams, a contestant, wants an older Kafka client than we have.
$(QUIX)/installed: bench/contestants/quix-constraints.txt
	$(PYTHON) -m venv $(QUIX)
	$(QUIX)/bin/pip install --quiet --disable-pip-version-check --constraint $< quixstreams cassandra-driver
	touch $@

# Renews the pins: of Python packages from what the ranges of pyproject.toml allow today, of the servers' jars too.
constraints:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[stack,dev,docs]'
	$(BIN)/pip freeze --exclude-editable | sed -E 's/ @ .*//' > constraints.txt
	$(BIN)/python -m stack.fetch.renew

clean:
	rm -rf $(VENV) .stack site .mypy_cache .ruff_cache .pytest_cache .hypothesis
