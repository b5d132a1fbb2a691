# Needs make and python3 with venv, nothing else. `make` alone lists what there is.

PYTHON ?= python3
PORT ?= 8000
BIND ?= 127.0.0.1
WORKERS ?= 2

# Two runs of the tests and a hundred processes in them would compile the same sources.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install -qq --require-hashes
RUNS := $(VENV)/.installed
DEVELOPS := $(VENV)/.installed-dev

# The checks import the settings, but no database and no secret of yours.
CHECKS := env DEBUG=1 DATABASE_URL=sqlite://:memory:
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help bench run test nightly lint format schema requirements coverage supply
.NOTPARALLEL:

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 22

run: $(RUNS) ## a demo clinic at http://127.0.0.1:8000 (PORT=... for another port)
	@mkdir -p var
	@echo "Bringing the database up to date ..."
	@DEBUG=1 $(BIN)/python manage.py migrate --verbosity 0
	@echo "Filling the demo clinic ..."
	@DEBUG=1 $(BIN)/python manage.py demo
	@echo
	@echo "  Back office   http://$(BIND):$(PORT)/admin/"
	@echo "                sign in as frontdesk, manager, specialist or admin; the password is demo"
	@echo "  API           http://$(BIND):$(PORT)/v1/services"
	@echo "                documentation: http://$(BIND):$(PORT)/v1/schema/services"
	@echo "  A key for it  DEBUG=1 $(BIN)/python manage.py issue_api_key admin"
	@echo
	@echo "  Ctrl-C stops it; var/ keeps its data."
	@echo
	@DEBUG=1 exec $(BIN)/python manage.py runserver $(BIND):$(PORT)

# Runs every part even when one fails, so that one run shows all failures; the last line names the parts that failed.
test: $(DEVELOPS) ## what CI checks: lint, then the tests on SQLite and on PostgreSQL
	@failed=""; \
	$(MAKE) --no-print-directory lint || failed="$$failed lint"; \
	tests() { echo; echo "== tests on $$1"; CLINIC_TEST_ENGINE=$$1 $(PYTEST) $$2 || failed="$$failed $$1"; }; \
	tests sqlite; \
	tests postgresql --migrations; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi

nightly: $(DEVELOPS) ## the same with full counts, slow tests included; then check that the tests catch deliberate mistakes
	@failed=""; \
	CLINIC_FULL=1 $(MAKE) --no-print-directory test || failed="$$failed tests"; \
	echo; echo "== deliberate mistakes that the tests must catch"; \
	$(BIN)/python -m tests.mutations || failed="$$failed mutations"; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi

bench: $(DEVELOPS) ## measure every page with a thousand and with a million patients, into bench/RESULTS.md (within 20 minutes)
	@$(BIN)/python -m bench $(BENCH)

# mypy takes as long as all the other checks, so it runs beside them and reports last.
lint: $(DEVELOPS) ## style, types, import rules, missing migrations
	@failed=""; types=$$(mktemp); \
	check() { echo "== $$1"; shift; "$$@" || failed=1; }; \
	$(CHECKS) $(BIN)/mypy --no-error-summary >"$$types" 2>&1 & mypy=$$!; \
	check "ruff check" $(BIN)/ruff check --quiet --output-format concise; \
	check "ruff format" $(BIN)/ruff format --check --quiet --output-format concise; \
	check "import rules" $(BIN)/lint-imports --no-logo; \
	check "migrations" $(CHECKS) $(BIN)/python manage.py makemigrations --check --dry-run; \
	check "mypy" wait $$mypy; cat "$$types"; rm -f "$$types"; \
	[ -z "$$failed" ]

format: $(DEVELOPS) ## format the code with ruff
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format --quiet

schema: $(DEVELOPS) ## write the OpenAPI snapshots that the tests compare
	@$(CHECKS) $(BIN)/python manage.py write_schemas

supply: $(DEVELOPS) ## security faults in the code, known vulnerabilities and licences of dependencies, secrets in the tree, a bill of materials in var/
	@mkdir -p var; failed=""; \
	echo "== bandit"; $(BIN)/bandit --quiet --recursive --severity-level high api backoffice billing \
	  catalog clinic core directory orders patients programs scheduling || failed="$$failed bandit"; \
	echo "== pip-audit"; $(BIN)/pip-audit --requirement requirements.txt --require-hashes --disable-pip --progress-spinner off \
	  >var/pip-audit.txt 2>&1; status=$$?; \
	if grep -qE "^Found [0-9]+ known" var/pip-audit.txt; then cat var/pip-audit.txt; failed="$$failed pip-audit"; \
	elif grep -qiE "could not be audited|connection error|could not connect" var/pip-audit.txt; then \
	  echo "SKIPPED: the vulnerability database could not be reached for every package (var/pip-audit.txt)"; \
	else cat var/pip-audit.txt; [ $$status -eq 0 ] || failed="$$failed pip-audit"; fi; \
	echo "== secrets in the tree"; .ci/secrets || failed="$$failed secrets"; \
	echo "== licences"; $(BIN)/pip-licenses --order=license --format=markdown --output-file var/licences.md || failed="$$failed licences"; \
	echo "== bill of materials"; $(BIN)/cyclonedx-py requirements requirements.txt --output-format JSON \
	  --output-file var/sbom.cdx.json || failed="$$failed sbom"; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed" >&2; exit 1; fi

coverage: $(DEVELOPS) ## show which lines the tests on SQLite do not reach
	@mkdir -p var
	@$(PYTEST) --cov --cov-report=term

# Extras are kept: an older pip takes "coverage[toml]" for unpinned beside "coverage==", once a newer one is out.
requirements: $(DEVELOPS) ## compile requirements*.in (UPGRADE=1 takes newer versions)
	@for name in requirements requirements-dev; do \
	  UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-strip-extras \
	    --no-emit-index-url --python-version 3.11 $(if $(UPGRADE),--upgrade) $$name.in --output-file $$name.txt \
	    || exit 1; \
	done

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed. Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV)/ ..."
	@$(PYTHON) -m venv $(VENV) >/dev/null || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(RUNS): requirements.txt | $(BIN)/python
	@echo "Installing the dependencies (once; about a minute) ..."
	@$(PIP) -r requirements.txt
	@touch $@

# A superset of the other, so one installation serves both.
$(DEVELOPS): requirements-dev.txt | $(BIN)/python
	@echo "Installing the dependencies and development tools (once; about two minutes) ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(RUNS)
