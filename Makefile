# `make` lists the targets. Options: make warehouse SCALE=0.1 SEED=7
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help warehouse load compare rollback sql report export realism docs docs-serve \
	test lint faults chaos mutation bench lock rule-docs readme clean \
	warehouse-spark compare-engines test-spark

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export SMARTSENTRY_DB ?= warehouse/smartsentry.duckdb
export PYTHONUNBUFFERED := 1

SCALE ?= 1
SEED ?= 42
FRAUD_RATE ?= 0.04
KILLS ?= 200
SCALES ?= 1 8
RUNS ?= 5
PORT ?= 8000

# What a target needs of the command line, and how to give it.
needs = $(foreach name,$(1),$(if $(strip $($(name))),,$(error $(name) is missing: $(2))))

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

warehouse: .venv/runtime  ## seed, build and test beside the published file, then publish
	$(BIN)/smartsentry build --scale '$(SCALE)' --seed '$(SEED)' --fraud-rate '$(FRAUD_RATE)'

load: .venv/runtime  ## load files: MAPPING=mappings/x.toml FROM='files' OUT=warehouse/loaded.duckdb
	$(call needs,MAPPING FROM OUT,make load MAPPING=mappings/x.toml FROM='files' OUT=file.duckdb)
	$(BIN)/smartsentry load "$(MAPPING)" --from $(FROM) --out "$(OUT)"

compare: .venv/report  ## two warehouses side by side: A=one.duckdb B=other.duckdb
	$(call needs,A B,make compare A=one.duckdb B=other.duckdb)
	$(BIN)/smartsentry compare "$(A)" "$(B)"

warehouse-spark: .venv/spark  ## the same models on Spark: Parquet tables in warehouse/spark
	$(BIN)/smartsentry spark --scale '$(SCALE)' --seed '$(SEED)' --fraud-rate '$(FRAUD_RATE)' \
		$(if $(MEMORY),--memory '$(MEMORY)') $(if $(MASTER),--master '$(MASTER)')

compare-engines: SCALE = 0.2
compare-engines: .venv/spark  ## one seed on both engines, every value compared: SCALE=0.2
	@mkdir -p outputs/engines
	SMARTSENTRY_DB=outputs/engines/duckdb.duckdb \
		$(BIN)/smartsentry build --scale '$(SCALE)' --seed '$(SEED)' --fraud-rate '$(FRAUD_RATE)'
	$(BIN)/smartsentry spark --scale '$(SCALE)' --seed '$(SEED)' --fraud-rate '$(FRAUD_RATE)' \
		--out outputs/engines/spark $(if $(MEMORY),--memory '$(MEMORY)')
	$(BIN)/smartsentry compare-engines outputs/engines/duckdb.duckdb outputs/engines/spark

rollback: .venv/runtime  ## go back to the warehouse that was published before
	$(BIN)/smartsentry rollback

sql: .venv/shell  ## query the warehouse in the DuckDB shell, read-only
	@$(BIN)/smartsentry sql

report: .venv/report  ## write outputs/report.html: volumes, rules, typologies, thresholds, scores
	$(BIN)/smartsentry report

export: .venv/runtime  ## write the tables as CSV and Parquet files into outputs/
	$(BIN)/smartsentry export

test: lint  ## lint, pytest and every dbt test, on small builds of their own
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test-spark: .venv/dev .venv/spark  ## the models and every dbt test on Spark, equal to DuckDB
	$(BIN)/pytest --numprocesses 2 --dist loadfile tests/spark

lint: .venv/dev  ## ruff and sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project tests/dbt/singular

faults: .venv/dev  ## the fault tests alone: 30 kills and every other fault; prints a table
	$(BIN)/pytest -m faults

chaos: .venv/dev  ## 200 kills of a build and every other fault; prints a table
	$(BIN)/python tests/python/support/faults.py chaos --kills '$(KILLS)'

mutation: .venv/dev  ## change the SQL in a thousand places: a test must notice each
	$(BIN)/pytest tests/python/models/test_mutation.py

docs: .venv/docs  ## write the docs site to docs/site: tables, columns, lineage, diagram
	@test -f "$$SMARTSENTRY_DB" || $(MAKE) warehouse
	$(BIN)/smartsentry docs

docs-serve: .venv/runtime  ## show the docs site at http://127.0.0.1:8000, to this machine alone
	@$(BIN)/smartsentry docs-serve --port '$(PORT)'

realism: .venv/report  ## write how real and how hard the data are to outputs/realism.html
	@test -f "$$SMARTSENTRY_DB" || $(MAKE) warehouse
	$(BIN)/smartsentry realism

bench: .venv/bench  ## dbt, its SQL alone, Polars and a plain copy compared: SCALES='1 8' RUNS=5
	SCALES='$(SCALES)' RUNS='$(RUNS)' ALONE='$(ALONE)' $(BIN)/python tests/bench/bench_warehouse.py

rule-docs: .venv/runtime  ## rewrite the rule columns' docs from rule_catalogue.csv
	$(BIN)/smartsentry rule-docs

readme: .venv/runtime  ## paste the results of README's queries and the diagram of the tables
	$(BIN)/smartsentry readme

lock: .venv/dev  ## resolve the dependencies of pyproject.toml anew
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet pyproject.toml $(LOCK_FLAGS) --output-file requirements.lock
	$(BIN)/uv pip compile --quiet pyproject.toml $(LOCK_FLAGS) \
		--extra bench --extra dev --extra docs --extra report --extra shell \
		--constraint requirements.lock --output-file requirements-dev.lock
	for extra in bench docs report shell spark; do \
		$(BIN)/uv pip compile --quiet pyproject.toml $(LOCK_FLAGS) --extra $$extra \
			--constraint requirements-dev.lock --output-file requirements-$$extra.lock || exit 1; \
	done

LOCK_FLAGS := --python-version 3.11 --no-strip-extras --generate-hashes --no-annotate --no-header \
	--no-emit-index-url

clean:  ## remove the environment and everything that was built
	rm -rf .venv target logs outputs docs/site *.egg-info
	rm -rf warehouse/*.duckdb* warehouse/build warehouse/spark warehouse/spark-dbt warehouse/raw

# The environment: made where there is none, renewed where a lock changed.
.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.venv/%: requirements-%.lock .venv/runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
