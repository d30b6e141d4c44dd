# make demo | up | test | check | bench; the README says what each does.
.PHONY: demo up install models test topology faults check audit format bench load lock clean help
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8000
export PORT
PY := .venv/bin/python
# The first that runs: a shim for a version that is not installed does not.
PYTHON ?= $(shell for p in python3.11 python3 python3.13 python3.12; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BOOTSTRAP = $(or $(PYTHON),$(error Maskr needs Python 3.11 or newer: install python3.11 and try again)) \
	-I maskr_site/bootstrap.py
# The demonstration shows the embedded defaults, whatever the shell has set for other programs.
EMBEDDED := env -u DATABASE_URL -u BROKER_URL -u STORAGE_URL -u MASKR_REDIS_URL -u PUBLIC_URL -u DEBUG

help:
	@echo "make demo     a real photo through the API, from nothing to a cut-out"
	@echo "make up       set up and serve until stopped (PORT=8000)"
	@echo "make test     the whole suite, on SQLite and on PostgreSQL with Redis"
	@echo "make topology the tests of the API over HTTP: two web processes, two workers, PostgreSQL, Redis, S3"
	@echo "make faults   kill, stop and fill every part under load (10 minutes; PostgreSQL, Redis)"
	@echo "make check    format, lint, security lint, types, migrations; make audit: known holes"
	@echo "make bench    speed figures (ONLY=name,... for some)"
	@echo "make load     what it does under load (ONLY=closed,overload,slow,fair,cores,soak MINUTES=30)"
	@echo "make models   fetch the models; make install; make format; make lock; make clean"

demo:
	@$(BOOTSTRAP) --steps 7
	@$(EMBEDDED) $(PY) manage.py demo --port "$(PORT)"

up:
	@$(BOOTSTRAP) --steps 7
	@$(PY) manage.py prepare --port "$(PORT)"
	@exec $(PY) manage.py serve --port "$(PORT)"

install:
	@$(BOOTSTRAP)

models: install
	@$(PY) manage.py models pull

test: install
	@$(PY) -m tests.site.legs

# The tests of the API as they are, sent to both web processes of an installation in turn.
topology: install
	@$(PY) -m tests.topology

# Two cores are busy with the product itself: side by side the experiments would measure each other.
faults: install
	@env -u DATABASE_URL -u BROKER_URL MASKR_FAULTS=full $(PY) -m pytest -p no:randomly tests/faults

check: install
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m bandit --quiet --severity-level high -r accounts billing inference maskr_site services
	$(PY) -m mypy .
	$(PY) manage.py makemigrations --check --dry-run

# Asks the public database of known holes, so it needs the network: not part of check.
audit: install
	@$(PY) -m tests.site.audit

format: install
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

bench: install
	@$(PY) -m benchmarks $(if $(ONLY),--only $(ONLY))

# The soak takes five minutes unless told otherwise. Needs PostgreSQL, redis-server, nginx and apache2-bin.
load: install
	@$(PY) -m benchmarks.load $(if $(ONLY),--only $(ONLY)) $(if $(MINUTES),--minutes $(MINUTES))

# No addresses in them: whoever installs uses the package index of their own configuration.
COMPILE := .venv/bin/uv pip compile --universal --generate-hashes --no-header --quiet
lock: install
	$(COMPILE) --group dev --extra optimise pyproject.toml -o requirements-dev.lock
	$(COMPILE) --extra sentry pyproject.toml -c requirements-dev.lock -o requirements.lock

# Keeps var/: accounts, results and models are not ours to delete.
clean:
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
