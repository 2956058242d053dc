# Everything newswire is used for. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# A message reaches the command by the environment, and no shell ever reads it. $(value …) keeps
# make itself from taking a dollar sign in it for a variable.
override MSG := $(value MSG)
override CHANNEL := $(value CHANNEL)
export MSG CHANNEL
export RATE CHANNELS COUNT SCENARIO VUS DURATION CHANNEL_COUNT SIZE CLIENTS SEED

INSTALLED := node_modules/.package-lock.json

.PHONY: help start up down publish subscribe simulate loadtest chaos bench compare test test-load check format logs build airgap clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

start: build ## Run newswire in one process, without Docker: port 9900
	@exec scripts/run-node --min-semi-space-size=16 services/standalone/dist/main.js

up: ## Run the whole stack with Docker Compose: Redis, three edges, Nginx on port 9900, center
	@scripts/up

down: ## Stop the Compose stack (its data stays; docker compose down -v removes it)
	@docker compose down

publish: ## Publish to whichever of the two is running: MSG='…' [CHANNEL=77707]
	@scripts/newswire publish --from-env

subscribe: ## Print what is published on CHANNEL (77707)
	@scripts/newswire subscribe --from-env

simulate: ## Publish made-up news: [RATE=2] [CHANNELS=77707,77708] [COUNT=…]
	@scripts/newswire simulate $${RATE:+--rate "$$RATE"} $${CHANNELS:+--channels "$$CHANNELS"} $${COUNT:+--count "$$COUNT"}

loadtest: ## Load it with k6: [SCENARIO=fan-out] [VUS=…] [RATE=…] [DURATION=…] [CHANNEL_COUNT=…]; SCENARIO=help lists them
	@load-tests/run

chaos: build ## Break everything that can break, under load, and count what was lost: [DURATION=60] [CLIENTS=2000] [RATE=500] [SEED=…]
	@scripts/run-tests chaos --config tests/chaos/vitest.config.ts

bench: build ## Measure the embedded server beside a bare uWebSockets.js server: [ARGS=--short]
	@scripts/run-node load-tests/compare/dist/main.js bench $(ARGS)

compare: build ## Measure newswire and its peers at the same work, in 20 minutes: [ARGS='--short --only newswire,nats']
	@scripts/run-node load-tests/compare/dist/main.js compare $(ARGS)

test: ## Run unit and integration tests, installing what they need, without Docker
	@scripts/test

test-load: ## Run the tests of load tests, benchmarks and their peers, which take minutes longer
	@scripts/test load

check: $(INSTALLED) ## Format, types, lint and unit tests
	@npm run --silent check

format: $(INSTALLED) ## Format every file
	@npm run --silent format

logs: ## Follow the Compose stack's logs
	@docker compose logs -f --tail 100

airgap: ## Bring up a Docker engine and base images where no image registry is reachable
	@docker/airgap

build: $(INSTALLED) ## Compile
	@tsc -b

clean: ## Remove what was built
	@rm -rf packages/*/dist services/*/dist load-tests/*/dist load-tests/generator/build load-tests/results test-results

$(INSTALLED): package-lock.json
	@echo "installing packages (the first time takes a minute)"
	@npm ci --loglevel=error
	@touch $@
