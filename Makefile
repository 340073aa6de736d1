PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(or $(CHAT_STACK_HOME),.stack)/uv
BUILD_REQUIREMENT := setuptools>=77
QUIX := $(or $(CHAT_STACK_HOME),.stack)/quix

# Where somebody's shell has it, every start of every process would compile the project anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test fuzz chaos console-test bench lint docs up down status constraints clean

demo: $(VENV)/installed
	$(BIN)/python -m stack demo

test: $(VENV)/installed lint docs
	$(BIN)/pytest --numprocesses 3

fuzz: $(VENV)/installed
	$(BIN)/python -m tests.bridge.fuzz $(or $(FUZZ_VALUES),1000000) $(or $(FUZZ_SEED),1)

chaos: $(VENV)/installed
	$(BIN)/python -m tests.chaos --minutes $(or $(CHAOS_MINUTES),10) --seed $(or $(CHAOS_SEED),1)
	$(BIN)/pytest -m chaos

console-test: $(VENV)/installed
	$(BIN)/pytest -m browser
	$(BIN)/python -m tests.console.browser.cost

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
	$(BIN)/python -m stack up $(if $(SECURED),--secured)

down: $(VENV)/installed
	$(BIN)/python -m stack down

status: $(VENV)/installed
	$(BIN)/python -m stack status

$(VENV)/installed: pyproject.toml constraints-development.txt constraints-build.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "chat-tasks needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		--requirement constraints-development.txt --requirement constraints-build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# quix-streams, a contestant, wants an older Kafka client than we have.
$(QUIX)/installed: bench/contestants/quix-constraints.txt
	$(PYTHON) -m venv $(QUIX)
	$(QUIX)/bin/pip install --quiet --disable-pip-version-check --constraint $< quixstreams cassandra-driver
	touch $@

# What is pinned and still allowed by pyproject.toml stays as it is; `make constraints UPGRADE=1` renews all of it, and the
# servers' jars. The index is pip's, if pip is told of one.
UV_COMPILE = UV_DEFAULT_INDEX="$$($(BIN)/pip config get global.index-url 2> /dev/null)" $(UV)/bin/uv pip compile \
	--quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header $(if $(UPGRADE),--upgrade)

constraints: $(UV)/bin/uv
	$(UV_COMPILE) --output-file constraints.txt --extra console pyproject.toml
	$(UV_COMPILE) --output-file constraints-development.txt --constraint constraints.txt --all-extras pyproject.toml
	echo '$(BUILD_REQUIREMENT)' | $(UV_COMPILE) --output-file constraints-build.txt -
	$(if $(UPGRADE),$(BIN)/python -m stack.fetch.renew)

$(UV)/bin/uv:
	$(PYTHON) -m venv $(UV)
	$(UV)/bin/pip install --quiet --disable-pip-version-check uv

clean:
	rm -rf $(VENV) .stack site .mypy_cache .ruff_cache .pytest_cache .hypothesis
