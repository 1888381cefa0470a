# make run · make test · make check. Everything lives in .venv and var; nothing is installed for the whole machine
# except the system packages that scripts/setup.sh names.
.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test check messages bench soak mutants
PY := .venv/bin/python
export PORT

help:       ## this list
	@grep -E '^[a-z-]+: .*##|^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | sort

setup:      ## virtual environment and requirements
	@scripts/setup.sh run

setup-test: ## setup, and what the tests need (Chromium, fonts, PostgreSQL, gettext)
	@scripts/setup.sh test

run: setup  ## serve the sample city on 127.0.0.1:8000 (PORT=8001 for another port)
	@$(PY) scripts/run.py

test: setup-test ## all tests, on SQLite and PostgreSQL (ARGS='tests/people -x' for some)
	@$(PY) scripts/test.py $(ARGS)

check: setup-test ## lint, import order, templates, migrations, translations, production settings
	@$(PY) scripts/check.py

messages: setup ## collect, merge and compile the translations
	@$(PY) scripts/messages.py update

bench: setup ## measure and rewrite docs/performance.md
	@$(PY) -m benchmarks $(ARGS)

soak: setup-test ## hours: the ledger against many processes, kills and a model (ATTEMPTS=1000000 ARGS='--only kills')
	@$(PY) scripts/soak.py --attempts $(or $(ATTEMPTS),1000000) $(ARGS)

mutants: setup-test ## break the ledger in nine ways and show that each is caught (ARGS='no-lock')
	@$(PY) scripts/mutants.py $(ARGS)
