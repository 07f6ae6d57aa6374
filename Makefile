# What one types. Each target says what it is for; `make` alone lists them.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3

.PHONY: help demo test stack faults templates check format bench schemas lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

demo: $(VENV)/product ## run the small offline world: articles in, statements and alerts out
	$(BIN)/pantau demo

test: $(VENV)/dev ## run every test that needs no server
	$(BIN)/pytest

stack: $(VENV)/dev ## run the tests against a real Kafka and Elasticsearch (Java and Maven; minutes)
	$(BIN)/pytest -m stack -W ignore::pytest.PytestUnraisableExceptionWarning

faults: $(VENV)/dev ## kill, freeze and disturb workers and servers at full size (a quarter of an hour; stack does it briefly)
	FAULTS=full $(BIN)/pytest -m stack -W ignore::pytest.PytestUnraisableExceptionWarning tests/stack/faults

templates: $(VENV)/dev ## write the index templates of Elasticsearch and the dashboards of Kibana anew
	$(BIN)/python -m deploy.elasticsearch
	$(BIN)/python -m deploy.kibana

check: $(VENV)/dev ## lint, types, import rule, checked-in schemas
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev ## measure speed and memory, and how copies are found (minutes); plots go to build/bench
	$(BIN)/python -m tests.bench

schemas: $(VENV)/dev ## write schemas/json and schemas/examples anew
	$(BIN)/python -m schemas.jsonschema
	$(BIN)/python -m tests.examples

lock: $(VENV)/dev ## choose the newest versions of all packages and write them with their hashes
	$(BIN)/pip-compile -q --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header -o requirements.lock pyproject.toml
	$(BIN)/pip-compile -q --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --extra kafka --extra elasticsearch --extra s3 --extra apprise --constraint requirements.lock -o requirements-servers.lock pyproject.toml
	$(BIN)/pip-compile -q --upgrade --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --extra dev --extra kafka --extra elasticsearch --extra s3 --extra apprise --constraint requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## delete the environment and all that was built
	rm -rf $(VENV) build dist pantau-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/product: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25'
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet 'hatchling>=1.27' 'editables>=0.5'
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/dev: $(VENV)/product requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@
