# The commands for contributors; CONTRIBUTING.md says when to use which. They install what is missing into .dev/, say what it is, and
# leave no process behind. GitHub runs these same targets, and so does `make test`.

.PHONY: help demo test check unit e2e docs generate fuzz bench acceptance clean fmt clippy typos modules workflow msrv deny infra emulator

help: ## What there is
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Copy a real MySQL database into a BigQuery emulator and show it
	@scripts/demo

test: ## Everything: check, unit, e2e and docs
	@scripts/test

check: ## No servers: formatting, lints, spelling, dependencies, infrastructure files; the parts have targets of their own
	@scripts/check

unit: ## No servers: unit and property tests
	@scripts/unit

e2e: ## End-to-end tests beside MySQL, MariaDB and an emulator; one module: ONLY=faults
	@scripts/e2e $(ONLY)

docs: ## Documentation without warnings, its examples, generated documents up to date
	@scripts/docs

generate: ## Write the documents that are made from the code
	@scripts/generate

fuzz: ## Random tables on both servers for SECONDS=60: does every value arrive exactly?
	@scripts/fuzz $(SECONDS)

bench: ## Speed and memory beside the drain and other tools; scripts/bench --help says what else
	@scripts/bench

acceptance: ## Copy into a scratch dataset of PROJECT=my-project and compare what BigQuery does with what is expected
	@scripts/acceptance "$(PROJECT)"

clean: ## Delete what was built and what was installed into .dev/
	rm -rf target .dev

fmt clippy typos modules workflow msrv deny infra emulator:
	@scripts/check $@
