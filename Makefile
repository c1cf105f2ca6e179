# Everything is installed into the checkout; `make help` lists the commands.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PLATFORM_HOME ?= .local
export UV_CACHE_DIR := $(CURDIR)/.local/cache/uv
export PIP_CACHE_DIR := $(CURDIR)/.local/cache/pip
export npm_config_cache := $(CURDIR)/.local/cache/npm
export XDG_CACHE_HOME := $(CURDIR)/.local/cache
UV := .venv/bin/uv
COMPILE := $(UV) pip compile -q --universal --python-version 3.13 --generate-hashes --no-header

.PHONY: lock
lock: ## lock every requirements.txt with hashes (upgrade=1 takes the newest)
	$(COMPILE) $(if $(upgrade),--upgrade) --group services --group platform --group dev -o requirements.txt
	$(COMPILE) $(if $(upgrade),--upgrade) local/requirements.in -o local/requirements.txt
	@for manifest in functions/*/service.toml; do \
	  folder=$$(dirname $$manifest); echo "lock $$folder"; \
	  .venv/bin/python -c 'import sys, tomllib; print(*tomllib.load(open(sys.argv[1], "rb"))["dependencies"], sep="\n")' $$manifest \
	    | $(COMPILE) --constraint requirements.txt --no-annotate - -o $$folder/requirements.txt || exit 1; \
	done
