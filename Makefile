# Everything runs from a clone with only Python 3.11+ and make: each target sets up what it needs, once.
# Paths are relative on purpose: the checkout may lie in a folder with spaces in its name.
SHELL := /bin/sh
PY := .venv/bin/python
# The first interpreter that is new enough; override with: make PYTHON=/path/to/python3.12 run
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
PIP := $(PY) -m pip --disable-pip-version-check install -qq --no-deps --require-hashes
# Test files side by side; more than two processes get in each other's way where a browser is timed.
JOBS ?= 2
SOURCES := assistant ingest index_store ui tests benchmarks

.PHONY: help install install-dev browser mediawiki nginx run test test-integration check fmt lock screenshots test-late test-faults fuzz audit clean

help: ## show what can be called
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 16

install: .venv/.installed ## set up .venv with the pinned packages

install-dev: .venv/.installed-dev

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "Lectern needs Python 3.11 or newer, and none was found. Install it, or call: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -m venv .venv || { echo "The virtual environment could not be made. On Debian or Ubuntu: apt install python3-venv" >&2; rm -rf .venv; exit 1; }

.venv/.installed: .venv/pyvenv.cfg requirements.lock pyproject.toml
	@echo "Setting up .venv (once, a few minutes) ..."
	@$(PIP) -r requirements.lock
	@$(PY) -m pip --disable-pip-version-check install -qq --no-deps --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.lock
	@echo "Adding the development tools ..."
	@$(PIP) -r requirements-dev.lock
	@touch $@

run: install ## open the chat on http://127.0.0.1:7860
	@$(PY) -m ui ui $(ARGS)

test: install-dev browser ## run the tests
	@$(PY) -m pytest -n $(JOBS) --dist loadfile $(ARGS)

# $(call bring,NAME,PACKAGES): where the system's package manager may; else the tests that need it say so.
define bring
if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	echo "Installing $(1) (once) ..."; \
	{ apt-get -qq -o Acquire::Retries=3 update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=3 install $(2); } >/dev/null 2>&1 \
		|| echo "$(1) could not be installed: its tests skip, with CI=true they fail. Try: apt-get install $(2)"; \
else echo "$(1) is not installed: its tests skip, with CI=true they fail. On Debian: sudo apt-get install $(2)"; fi
endef

browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	$(call bring,Chromium,chromium)

screenshots: install-dev browser ## the pictures of the pages in docs/images
	@$(PY) -m docs.make_screenshots

LATE_S ?= 0.6
test-late: install-dev browser mediawiki ## the pages in a browser, each event of theirs up to LATE_S seconds late by chance
	@LATE_PAGES_S=$(LATE_S) $(PY) -m pytest -n $(JOBS) --dist loadfile -m integration -k "pages or story or gaps or names" $(ARGS)

test-faults: install-dev ## injected faults, kills, and the property tests with new examples; ARGS=--keep-faults writes benchmarks/faults.md
	@$(PY) -m pytest -n $(JOBS) --dist loadfile -m "(faults or hypothesis) and not integration" --hypothesis-profile=searching $(ARGS)

test-integration: install-dev .venv-litellm/.installed browser mediawiki nginx ## whole stories, a MediaWiki, LiteLLM's proxy, nginx
	@$(PY) -m pytest -n $(JOBS) --dist loadfile -m integration $(ARGS)

FUZZ_S ?= 200
fuzz: .fuzz/.installed ## fuzz readers, splitter, citations, addresses, rows: FUZZ_S seconds each (200: half an hour in all)
	@PYTHONPATH=.fuzz/atheris nice -n 19 $(PY) -m tests.fuzz --seconds $(FUZZ_S) $(ARGS)

.fuzz/.installed: tests/fuzz/atheris.lock .venv/.installed-dev
	@$(PY) -m uv pip install --quiet --target .fuzz/atheris --require-hashes -r tests/fuzz/atheris.lock \
		|| { echo "atheris has no build for this machine (there are some for Linux on x86_64, Python 3.11 to 3.13)." >&2; exit 1; }
	@touch $@

mediawiki:
	@if [ -e /usr/share/mediawiki/api.php ] && command -v php >/dev/null; then exit 0; fi; \
	$(call bring,MediaWiki,--no-install-recommends mediawiki php-cli php-sqlite3 php-mbstring php-xml php-intl php-curl)

nginx:
	@if command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; then exit 0; fi; \
	$(call bring,nginx,--no-install-recommends nginx-light)

.venv-litellm/.installed: tests/integration/litellm.lock .venv/.installed-dev
	@echo "Setting up LiteLLM for the integration tests (once) ..."
	@"$(PYTHON)" -m venv .venv-litellm
	@$(PY) -m uv pip install --quiet --python .venv-litellm/bin/python --require-hashes -r tests/integration/litellm.lock
	@touch $@

check: install-dev ## style, types, layering
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy assistant ingest index_store ui

audit: install-dev ## floors of versions, known advisories (NOT RUN where their service cannot be reached), bandit
	@$(PY) -m tests.audit

fmt: install-dev ## format and mend what can be mended
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

lock: install-dev ## renew both lock files (no index host is written into them)
	@$(PY) -m uv pip compile pyproject.toml --extra minilm --extra postgres --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements.lock
	@$(PY) -m uv pip compile pyproject.toml --extra dev --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet --upgrade -o requirements-dev.lock

clean: ## remove .venv and caches
	rm -rf .venv .venv-litellm .venv-peers .fuzz .pytest_cache .mypy_cache .ruff_cache
