# The commands a newcomer needs. Both install what is missing into .dev/, say what it is, and leave no process behind.

.PHONY: help demo test fuzz bench acceptance clean

help: ## What there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## Copy a real MySQL database into a BigQuery emulator and show it
	@scripts/demo

test: ## Formatting, lints, unit, property and end-to-end tests
	@scripts/test

fuzz: ## Random tables on both servers for SECONDS=60: does every value arrive exactly?
	@scripts/fuzz $(SECONDS)

bench: ## Speed and memory beside the drain and other tools; scripts/bench --help says what else
	@scripts/bench

acceptance: ## Copy into a scratch dataset of PROJECT=my-project and compare what BigQuery does with what is expected
	@scripts/acceptance "$(PROJECT)"

clean: ## Delete what was built and what was installed into .dev/
	rm -rf target .dev
