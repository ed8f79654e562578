# `make` lists the targets. Options: make warehouse SCALE=0.1 SEED=7
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help warehouse load add compare rollback sql cases report export realism docs docs-serve \
	test test-pythons test-duckdbs lint faults chaos mutation days bench lock rule-docs columns readme clean \
	warehouse-spark compare-engines test-spark

# PYTHON=/path/to/python3.12 makes the environment with that Python.
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
export SMARTSENTRY_DB ?= warehouse/smartsentry.duckdb
export PYTHONUNBUFFERED := 1

SCALE ?= 1
SEED ?= 42
FRAUD_RATE ?= 0.04
KILLS ?= 200
SCALES ?= 1 8
RUNS ?= 5
PORT ?= 8000

# Variables that a target needs on the command line, with an example for the message.
needs = $(foreach name,$(1),$(if $(strip $($(name))),,$(error $(name) is missing: $(2))))

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

warehouse: $(VENV)/runtime  ## seed, build and test beside the published file, then publish
	$(BIN)/smartsentry build --scale '$(SCALE)' --seed '$(SEED)' --fraud-rate '$(FRAUD_RATE)'

load: $(VENV)/runtime  ## load files: MAPPING=mappings/x FROM='files' OUT=warehouse/loaded.duckdb
	$(call needs,MAPPING FROM OUT,make load MAPPING=mappings/x FROM='files' OUT=file.duckdb)
	$(BIN)/smartsentry load "$(MAPPING)" --from $(FROM) --out "$(OUT)"

add: $(VENV)/runtime  ## add a day's files to the warehouse: MAPPING=mappings/x FROM='files'
	$(call needs,MAPPING FROM,make add MAPPING=mappings/x FROM='files')
	$(BIN)/smartsentry add "$(MAPPING)" --from $(FROM)

compare: $(VENV)/report  ## two warehouses side by side: A=one.duckdb B=other.duckdb
	$(call needs,A B,make compare A=one.duckdb B=other.duckdb)
	$(BIN)/smartsentry compare "$(A)" "$(B)"

warehouse-spark: $(VENV)/spark  ## the same models on Spark: Parquet tables in warehouse/spark
	$(BIN)/smartsentry spark --scale '$(SCALE)' --seed '$(SEED)' --fraud-rate '$(FRAUD_RATE)' \
		$(if $(MEMORY),--memory '$(MEMORY)') $(if $(MASTER),--master '$(MASTER)')

compare-engines: SCALE = 0.2
compare-engines: $(VENV)/spark  ## one seed on both engines, every value compared: SCALE=0.2
	@mkdir -p outputs/engines
	SMARTSENTRY_DB=outputs/engines/duckdb.duckdb \
		$(BIN)/smartsentry build --scale '$(SCALE)' --seed '$(SEED)' --fraud-rate '$(FRAUD_RATE)'
	$(BIN)/smartsentry spark --scale '$(SCALE)' --seed '$(SEED)' --fraud-rate '$(FRAUD_RATE)' \
		--out outputs/engines/spark $(if $(MEMORY),--memory '$(MEMORY)')
	$(BIN)/smartsentry compare-engines outputs/engines/duckdb.duckdb outputs/engines/spark

rollback: $(VENV)/runtime  ## go back to the warehouse that was published before
	$(BIN)/smartsentry rollback

sql: $(VENV)/shell  ## query the warehouse in the DuckDB shell, read-only
	@$(BIN)/smartsentry sql

cases: $(VENV)/runtime  ## write outputs/cases: the queue, and a page for each of its first 50 cases
	$(BIN)/smartsentry cases

report: $(VENV)/report  ## write outputs/report.html: volumes, rules, typologies, thresholds, scores
	$(BIN)/smartsentry report

export: $(VENV)/runtime  ## write the tables as CSV and Parquet files into outputs/
	$(BIN)/smartsentry export

test: lint  ## lint, pytest and every dbt test, on small builds of their own
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test-spark: $(VENV)/dev $(VENV)/spark  ## the models and every dbt test on Spark, equal to DuckDB
	$(BIN)/pytest --numprocesses 2 --dist loadfile tests/spark

test-pythons: $(VENV)/runtime  ## the same values from every Python found: builds at scale 0.05
	$(BIN)/python tests/python/support/pythons.py

test-duckdbs: $(VENV)/runtime  ## the same values from the oldest and the newest DuckDB allowed
	$(BIN)/python tests/python/support/duckdbs.py

lint: $(VENV)/dev  ## ruff, mypy and sqlfluff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# mypy beside sqlfluff, which would end with a warning about its own processes.
	$(BIN)/mypy & types=$$!; \
		PYTHONWARNINGS=ignore:resource_tracker:UserWarning $(BIN)/sqlfluff lint \
			--disable-progress-bar --processes 0 dbt_project mappings tests/dbt/singular; \
		sql=$$?; wait $$types && exit $$sql

faults: $(VENV)/dev  ## the fault tests alone: a kill in each phase, other faults; prints a table
	$(BIN)/pytest -m faults

chaos: $(VENV)/dev  ## 200 kills of a build and every other fault; prints a table
	PYTHONPATH=tests/python/support $(BIN)/python -m faults --kills '$(KILLS)'

days: $(VENV)/dev  ## add days in 200 random ways: each equals a rebuild
	DAYS_EXAMPLES=200 $(BIN)/pytest tests/python/build/test_days.py

mutation: $(VENV)/dev  ## change the SQL in a thousand places: a test must notice each
	$(BIN)/pytest tests/python/models/test_mutation.py

docs: $(VENV)/docs  ## write the docs site to docs/site: tables, columns, lineage, diagram
	@test -f "$$SMARTSENTRY_DB" || $(MAKE) warehouse
	$(BIN)/smartsentry docs

docs-serve: $(VENV)/runtime  ## show the docs site at http://127.0.0.1:8000, to this machine alone
	@$(BIN)/smartsentry docs-serve --port '$(PORT)'

realism: $(VENV)/report  ## write outputs/realism.html: how real the data are, and how hard
	@test -f "$$SMARTSENTRY_DB" || $(MAKE) warehouse
	$(BIN)/smartsentry realism

bench: $(VENV)/bench  ## dbt, its SQL alone, Polars and a plain copy compared: SCALES='1 8' RUNS=5
	SCALES='$(SCALES)' RUNS='$(RUNS)' ALONE='$(ALONE)' $(BIN)/python tests/bench/bench_warehouse.py

rule-docs: $(VENV)/runtime  ## rewrite docs and lists of rules from the rule book
	$(BIN)/smartsentry rule-docs

columns: $(VENV)/runtime  ## rewrite types and descriptions of columns that models only pass on
	$(BIN)/smartsentry columns

readme: $(VENV)/runtime  ## paste the results of README's queries and the diagram of the tables
	$(BIN)/smartsentry readme

lock: $(VENV)/dev  ## renew locks/ from pyproject.toml: UPGRADE=1 for new versions
	$(LOCK) --output-file locks/runtime.lock
	$(LOCK) --extra bench --extra dev --extra docs --extra report --extra shell \
		--constraint locks/runtime.lock --output-file locks/dev.lock
	for extra in bench docs report shell spark; do \
		$(LOCK) --extra $$extra --constraint locks/dev.lock \
			--output-file locks/$$extra.lock || exit 1; \
	done

# One lock for every platform and every Python from the oldest on.
OLDEST = $(shell sed -n 's/^requires-python = ">=\([0-9.]*\).*/\1/p' pyproject.toml)
LOCK = $(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version $(OLDEST) \
	--fork-strategy fewest --no-strip-extras --generate-hashes --no-annotate --no-header \
	--no-emit-index-url $(if $(UPGRADE),--upgrade)

clean:  ## remove the environment and everything that was built
	rm -rf .venv .venv-pythons .venv-duckdbs target logs outputs docs/site *.egg-info
	rm -rf warehouse/*.duckdb* warehouse/build warehouse/spark warehouse/spark-dbt warehouse/raw

# The environment is made if it is missing or unusable, and renewed after a lock changed.
STALE := $(if $(filter-out help clean,$(or $(MAKECMDGOALS),help)),$(shell \
	.ci/python stale '$(VENV)' '$(PYTHON)'))
ifneq ($(STALE),)
.PHONY: $(BIN)/python $(VENV)/runtime
endif

$(BIN)/python:
	@python=$$(.ci/python find '$(PYTHON)') || exit 1; \
	$(if $(STALE),echo '$(VENV) is made anew: $(STALE).';) \
	rm -rf '$(VENV)' && "$$python" -m venv '$(VENV)'

$(VENV)/runtime: locks/runtime.lock pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/%: locks/%.lock $(VENV)/runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@
