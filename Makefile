# Everything here works from a fresh clone, as root or as an ordinary user: each target makes what it needs first.

python := .venv/bin/python
typed := __main__.py benchmarks examples provider local_platform tests tools

.PHONY: help venv engine up down test torture languages test-servers lint compiled bench docs pictures links dist compat workflows clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

up: .venv/.quickstart ## a first stack: local platform, FTP server and a real `pulumi up`
	@$(python) -m tools.quickstart up

down: ## destroys that stack and stops what `make up` started
	@if [ -x $(python) ]; then $(python) -m tools.quickstart down; fi

test: .venv/.dev ## checks and all tests, against real servers and the real engine
	@$(MAKE) --no-print-directory --jobs=2 lint compiled engine test-servers
	@rm -rf build/coverage
	$(python) -m coverage run -m pytest -n 6 --dist worksteal # an engine run waits more than it computes
	@$(python) -m coverage combine --quiet
	@$(python) -m coverage report

torture: .venv/.dev engine ## faults, kills and random change, for minutes; SEED=n repeats a run
	TORTURE=1 SEED=$(SEED) $(python) -m pytest tests/torture -n 2 --dist worksteal

languages: .venv/.dev engine test-servers ## the plugin's stacks in TypeScript and Go, and programs of `pulumi import`; minutes
	LANGUAGES=1 $(python) -m pytest tests/engine/examples/test_other_languages.py
	$(python) -m tests.engine.examples.compiled

lint: .venv/.dev ## ruff and mypy
	$(python) -m ruff check
	$(python) -m ruff format --check
	$(python) -m mypy $(typed)

venv: .venv/.dev ## the virtual environment in .venv, with all that the tests need

# Else each of six processes, and each program and command that they start, would compile for itself what it imports.
test compiled: export PYTHONDONTWRITEBYTECODE :=

compiled: .venv/.dev
	@$(python) -m pytest --collect-only -qq >/dev/null || true # what is wrong with them, the tests tell

engine: ## finds `pulumi`, or builds it into a cache folder of yours
	@tools/engine/build.sh >/dev/null

test-servers: .venv/.dev
	@tools/install-test-servers

bench: .venv/.bench engine test-servers ## our speed beside that of others; an hour, and only on an idle machine
	$(python) -m benchmarks.local_platform
	$(python) -m benchmarks

docs: .venv/.docs ## the reference as web pages, in build/docs
	$(python) -m sphinx --fail-on-warning --keep-going --fresh-env --quiet --builder html docs build/docs

pictures: .venv/.dev engine test-servers ## records the session that the README shows, and draws it
	RENEW=1 $(python) -m pytest tests/engine/test_readme.py -k caught_mistake

links: .venv/.docs ## whether the links of the reference to other sites lead somewhere; needs the internet
	$(python) -m sphinx --builder linkcheck --quiet docs build/links

dist: .venv/.dist engine ## builds both distributions, looks into them, installs them everywhere; minutes
	$(python) -m tools.dist $(PYTHONS)

workflows: .venv/.quickstart ## actionlint on the workflows of this repository and of the reference
	@$(python) -m tools.workflows

compat: .venv/.dist engine ## the table of Pulumi's SDKs and Pythons in docs/compatibility.md; many minutes
	$(python) -m tools.compat

clean: down ## also removes .venv and all that the quickstart kept
	rm -rf .venv .state build dist .mypy_cache .ruff_cache .hypothesis Pulumi.local.yaml

.venv/.%: pyproject.toml local_platform/pyproject.toml tools/install-venv
	@tools/install-venv $*
