# Commands for contributors; CONTRIBUTING.md says when to use which. They install missing tools into .dev/, report what they install, and
# leave no process running. GitHub runs the same targets.

.PHONY: help demo test check unit e2e docs generate fuzz bench acceptance clean fmt clippy typos modules workflow msrv deny infra emulator

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Copy a MySQL database into a BigQuery emulator and compare every value
	@scripts/demo

test: ## Run all tests: check, unit, e2e and docs
	@scripts/test

check: ## Check formatting, lints, spelling, dependencies, infrastructure files (no servers); each part is also a target
	@scripts/check

unit: ## Run unit and property tests (no servers)
	@scripts/unit

e2e: ## Run end-to-end tests with MySQL, MariaDB and an emulator; one module: ONLY=faults
	@scripts/e2e $(ONLY)

docs: ## Build the documentation, run its examples, check that generated documents are up to date
	@scripts/docs

generate: ## Write the documents that are generated from code
	@scripts/generate

fuzz: ## Copy random tables from both servers for SECONDS=60 and compare every value
	@scripts/fuzz $(SECONDS)

bench: ## Measure speed and memory and compare with other tools; more: scripts/bench --help
	@scripts/bench

acceptance: ## Test with BigQuery itself, in a scratch dataset of PROJECT=my-project
	@scripts/acceptance "$(PROJECT)"

clean: ## Delete all build results and .dev/
	rm -rf target .dev

fmt clippy typos modules workflow msrv deny infra emulator:
	@scripts/check $@
