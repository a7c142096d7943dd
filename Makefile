# Everything that a person or a CI job starts. The work is in scripts/, one small file per job.

.DEFAULT_GOAL := help
.PHONY: help serve build test lint bench restarts fuzz chaos soak siege dist

help: ## Show these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

serve: ## Build, get the default model and serve it: make serve ARGS="--listen 127.0.0.1:9000"
	@exec scripts/serve.sh $(ARGS)

build: ## Build the release binaries target/release/dragon and target/release/dragon-engine
	@scripts/install-system-packages.sh
	@scripts/build.sh

test: ## Run every check and test, from a clean clone
	@scripts/test.sh

lint: ## Run only the checks that need no model and no server
	@scripts/test.sh lint

bench: ## Compare with llama-server, in turn (25 min; FULL=1 for all): make bench ARGS="--rounds 5"
	@exec scripts/bench.sh $(ARGS)

restarts: ## Measure how soon work goes on after engines are killed (20 min): make restarts ARGS="--kills 20 --only idle"
	@exec scripts/bench-restart.sh $(ARGS)

fuzz: ## Fuzz every parser, 5 minutes each, and keep what reaches new code: make fuzz ARGS="3600 sse"
	@exec env KEEP=1 scripts/fuzz.sh $(or $(ARGS),300)

chaos: ## Kill 1677 engines under load, and 100 with the default model (20 min): make chaos ARGS=tiny
	@exec scripts/chaos.sh $(ARGS)

soak: ## Attack with everything at once for 30 min: make soak ARGS="--minutes 5"
	@exec scripts/soak.sh $(ARGS)

siege: ## Attack Dragon, llama-server and mlx_lm.server alike, and compare: make siege ARGS="duel dragon llama-server"
	@exec scripts/siege-peers.sh $(ARGS)

dist: ## Build portable binaries and pack them into target/dist/
	@scripts/dist.sh
