# The two commands of the README, and what they are made of.
SHELL := /bin/bash
CARGO ?= cargo
# One target directory for all clones of one toolchain, so that a fresh clone builds only what changed.
export CARGO_TARGET_DIR ?= $(shell echo "$${XDG_CACHE_HOME:-$$HOME/.cache}/flinkrs/target-$$(rustc --version 2>/dev/null | cut -d' ' -f2)")
export ROCKSDB_STATIC := 1

.PHONY: demo test compat soak build release lint prerequisites test-prerequisites clean bench deploy-check

# Runs the main job, purchases per minute, on the embedded cluster and shows its results.
demo: release
	$(CARGO_TARGET_DIR)/release/flinkrs run --target local examples/purchases.yaml

# Formatting, lints, and every test, with a real Kafka broker and real processes.
test: test-prerequisites lint
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) test --workspace --no-fail-fast

lint: prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) fmt --all --check && $(CARGO) clippy --workspace --all-targets -- -D warnings

build: prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) build --workspace

release: prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) build --release -p client

# How much of what the real Flink answered flinkrs answers too, by area.
compat: test-prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) run -q -p compat-tests --bin compat-report -- score

# An exactly-once job from Kafka to Kafka whose TaskManagers are killed, and checkpoints on a full disk (as root).
soak: test-prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) build --release -p client -p compat-tests --bins
	$(CARGO_TARGET_DIR)/release/soak --kills $(or $(KILLS),100) --seed $(or $(SEED),1) -Dstate.backend.type=rocksdb $(OPTIONS)
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) test --workspace --test checkpoint_faults -- --ignored

# Throughput and start-up beside the real Flink; see bench/README.md. Takes tens of minutes.
bench: release
	bench/run.sh

# The image, the compose files and the chart, without a container engine: as plain processes, and against their schemas. FLINKRS names another binary.
# As root and with debootstrap it also assembles the whole root file system and runs in it.
DEPLOY_VENV := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/flinkrs/deploy-check
deploy-check: $(if $(FLINKRS),,release)
	python3 -m venv $(DEPLOY_VENV) && $(DEPLOY_VENV)/bin/pip install -q -r deploy/tests/requirements.txt
	FLINKRS=$(or $(FLINKRS),$(CARGO_TARGET_DIR)/release/flinkrs) $(DEPLOY_VENV)/bin/python -m pytest -q -p no:cacheprovider deploy/tests

prerequisites:
	@scripts/prerequisites.sh

test-prerequisites:
	@scripts/prerequisites.sh test

clean:
	$(CARGO) clean
