# The two commands of the README, and what they are made of.
SHELL := /bin/bash
CARGO ?= cargo
# One target directory for all clones of one toolchain, so that a fresh clone builds only what changed.
export CARGO_TARGET_DIR ?= $(shell echo "$${XDG_CACHE_HOME:-$$HOME/.cache}/flinkrs/target-$$(rustc --version 2>/dev/null | cut -d' ' -f2)")
export ROCKSDB_STATIC := 1
# What scripts/prerequisites.sh has installed where that of the system is too old.
export PATH := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/flinkrs/node/node_modules/node-linux-$(subst aarch64,arm64,$(subst x86_64,x64,$(shell uname -m)))/bin:$(PATH)
NPM_CI := npm ci --prefer-offline --no-audit --no-fund

.PHONY: demo test full-disk-test book-test compat soak chaos build release lint prerequisites test-prerequisites clean bench deploy-check book webui webui-test webui-e2e screenshots fuzz unread deny

# Runs the main job, purchases per minute, on the embedded cluster and shows its results.
demo: release
	$(CARGO_TARGET_DIR)/release/flinkrs run --target local examples/purchases.yaml

# Formatting, lints, every test, with a real Kafka broker and real processes, the book with its commands, and what is in deploy/.
test: test-prerequisites lint webui-test
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) test --workspace --no-fail-fast
	@$(MAKE) --no-print-directory full-disk-test book-test deploy-check FLINKRS=$(CARGO_TARGET_DIR)/debug/flinkrs

# Root needs no name space of users, and in a chroot has none.
UNSHARE := unshare $(if $(filter 0,$(shell id -u)),,--user --map-root-user)

# Checkpoints on a small disk that is full: mounted in a name space of its own, which needs no root but has to be allowed.
full-disk-test:
	@if $(UNSHARE) --mount mount -t tmpfs tmpfs /tmp 2>/dev/null; then \
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(UNSHARE) --mount $(CARGO) test --workspace --test checkpoint_faults -- --ignored; \
	else echo "no user name spaces here: checkpoints on a full disk are not tested"; fi

lint: prerequisites deny
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) fmt --all --check && $(CARGO) clippy --workspace --all-targets -- -D warnings
	scripts/book.py check

build: prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) build --workspace

release: prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) build --release -p client

# The web UI, which the next build of the binary embeds. Needs Node.js 20.19 or later with npm.
webui:
	cd webui && $(NPM_CI) && npm run build

# Types, unit tests and build of the web UI.
webui-test: test-prerequisites
	cd webui && $(NPM_CI) && npm run check && npm test && npm run build

# What of webui/ runs in headless Chromium, against clusters of real processes; left out where it cannot be had. FLINKRS names another binary.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
define in-browser
	@if ! command -v npm >/dev/null 2>&1; then echo "no npm: the web UI is not opened in a browser"; \
	elif [ -z "$(CHROMIUM)" ]; then echo "no chromium, chromium-browser or google-chrome: the web UI is not opened in a browser"; \
	elif ! [ -d webui/node_modules ] && ! (cd webui && timeout 300 $(NPM_CI) >/dev/null 2>&1); then echo "npm cannot fetch its packages: the web UI is not opened in a browser"; \
	else cd webui && npm run build && CHROMIUM="$(CHROMIUM)" FLINKRS="$(or $(FLINKRS),$(CARGO_TARGET_DIR)/debug/flinkrs)" npm run $(1); fi
endef

# End-to-end tests of the web UI.
webui-e2e: $(if $(FLINKRS),,test-prerequisites build)
	$(call in-browser,e2e)

# Pictures of all pages in target/webui-shots, and the two of the README.
screenshots: $(if $(FLINKRS),,test-prerequisites build)
	$(call in-browser,shots)

# How much of what the real Flink answered flinkrs answers too, by area.
compat: test-prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) run -q -p compat-tests --bin compat-report -- score

# An exactly-once job from Kafka to Kafka whose TaskManagers are killed.
soak: test-prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) build --release -p client -p compat-tests --bins
	$(CARGO_TARGET_DIR)/release/soak --kills $(or $(KILLS),100) --seed $(or $(SEED),1) -Dstate.backend.type=rocksdb $(OPTIONS)
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) test --workspace --test checkpoint_faults -- --ignored

# The same job, and everything that may happen to its cluster, for MINUTES or so many KILLS; NEMESIS, SEED and OPTIONS as `chaos --help` has them.
chaos: test-prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" && $(CARGO) build --release -p client -p compat-tests --bins
	$(CARGO_TARGET_DIR)/release/chaos --nemesis $(or $(NEMESIS),$(if $(KILLS),kill,all)) $(if $(KILLS),--rounds $(KILLS)) $(if $(KILLS)$(MINUTES),,--minutes 10) \
	$(if $(MINUTES),--minutes $(MINUTES)) --seed $(or $(SEED),1) $(OPTIONS)

# Requests at random at the REST API and the SQL gateway; FUZZ and SEED say how many and which.
fuzz: test-prerequisites
	export ROCKSDB_LIB_DIR="$$(scripts/rocksdb.sh)" FLINKRS_FUZZ=$(or $(FUZZ),100000) $(if $(SEED),FLINKRS_FUZZ_SEED=$(SEED)) && \
	$(CARGO) build -p client && $(CARGO) test -p compat-tests --test rest_fuzz -- --nocapture

# Memory of 200 queries that nobody reads; see bench/README.md.
unread: release
	bench/unread_queries.py $(CARGO_TARGET_DIR)/release/flinkrs $(or $(SESSIONS),200)

# Throughput and start-up beside the real Flink; see bench/README.md. Takes tens of minutes.
bench: release
	bench/run.sh

# The image, the compose files and the chart, without a container engine: as plain processes, and against their schemas. FLINKRS names another binary.
# As root and with debootstrap it also assembles the whole root file system and runs in it.
DEPLOY_VENV := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/flinkrs/deploy-check
deploy-check: $(if $(FLINKRS),,release)
	python3 -m venv $(DEPLOY_VENV) && $(DEPLOY_VENV)/bin/pip install -q -r deploy/tests/requirements.txt
	FLINKRS=$(or $(FLINKRS),$(CARGO_TARGET_DIR)/release/flinkrs) $(DEPLOY_VENV)/bin/python -m pytest -q -p no:cacheprovider deploy/tests

# The pages that are made from the code, their links, and the book itself.
book: test-prerequisites
	scripts/book.py write
	scripts/book.py check
	scripts/book.py build $(CARGO_TARGET_DIR)/book

# The book, and the commands of its pages as they stand, each page in a network and a /tmp of its own, which needs no root but has to be allowed. FLINKRS names another binary.
book-test: $(if $(FLINKRS),test-prerequisites,release)
	scripts/book.py build $(CARGO_TARGET_DIR)/book
	@if $(UNSHARE) --net --mount --pid --fork --mount-proc mount -t tmpfs tmpfs /tmp 2>/dev/null; then \
	PATH="$(dir $(or $(FLINKRS),$(CARGO_TARGET_DIR)/release/flinkrs)):$$PATH" scripts/book.py run; \
	else echo "no user name spaces here: the commands of the documentation are not run"; fi

prerequisites:
	@scripts/prerequisites.sh

test-prerequisites:
	@scripts/prerequisites.sh test

# Licences, sources and banned crates of all dependencies by deny.toml; with ADVISORIES=1 known vulnerabilities too, whose database has to be fetched.
deny: test-prerequisites
	$(CARGO) deny --locked check licenses bans sources $(if $(ADVISORIES),&& $(CARGO) deny check advisories)

clean:
	$(CARGO) clean
