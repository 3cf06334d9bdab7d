# The ways to build, show and check dbha. `make` alone lists them.

# On CI the lock file is law; elsewhere a changed dependency may update it.
LOCKED := $(if $(CI),--locked)

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-slow test-containers fuzz check deny bench servers images prerequisites clean api public-api dist image packages

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test-containers: servers images ## only the tests on containers, slow ones too; DBHA_TEST_DOCKER=auto|require|off
	@tests/containers/run all

demo: ## build dbha and show the whole story on two private servers
	@tests/prerequisites demo
	cargo run $(LOCKED) -p dbha -- demo

prerequisites: ## install what the tests need (as root, on Debian), or say what is missing
	@tests/prerequisites test

servers: prerequisites ## fetch the server releases that the tests run on beside the system's own
	@tests/servers/fetch

images: servers ## bring the container images of the server releases, where a Docker daemon can be had
	@tests/docker-daemon try tests/images/build

check: ## formatting, lints and documentation
	cargo fmt --all --check
	cargo clippy $(LOCKED) --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --workspace --no-deps

public-api: ## compare the public API with the lists in docs/api
	@tests/prerequisites api || true
	@tests/public_api

api: ## write the lists of the public API in docs/api anew
	@tests/prerequisites api
	@tests/public_api --write

dist: ## the static binary in an archive, the package for Debian, their checksums: in dist
	@tests/prerequisites dist
	@packaging/dist

image: dist ## a container image around the static binary, by the Docker daemon that answers
	@packaging/image

packages:
	@tests/prerequisites dist
	@packaging/dist --quick target/packages

test: servers images check ## the checks, all tests but the slow ones, and the examples in the documentation
	tests/docker-daemon try cargo nextest run $(LOCKED) --workspace -E 'not binary(containers)'
	@tests/containers/run default
	cargo test $(LOCKED) --doc --workspace
	@tests/servers/fetch --status
	@test -x /usr/sbin/keepalived || echo "not here: keepalived; tests of the address that it moves skip it"
	@command -v etcd >/dev/null || echo "not here: etcd; tests of the third vote skip it"
	@test -x /lib/systemd/systemd && test "$$(id -u)" -eq 0 || echo "not here: systemd as root; tests of the rendered units under it are skipped"
	@command -v chromium >/dev/null || echo "not here: chromium; tests of the dashboard skip it"

test-slow: servers images packages ## only the slow tests
	tests/docker-daemon try cargo nextest run $(LOCKED) --workspace --profile slow --no-tests warn -E 'not binary(containers)'
	@tests/containers/run slow
	@command -v ansible-playbook >/dev/null || echo "not here: ansible-playbook; the test of the example for it is skipped"
	@command -v docker-compose >/dev/null || echo "not here: docker-compose; the test of the example for it is skipped"

fuzz: ## ten seconds of fuzzing for each parser of what a server or a file says
	@tests/prerequisites fuzz
	@tests/fuzz

deny: ## licences, sources and known faults of the dependencies
	@tests/prerequisites deny
	@tests/dependencies

test-all: test test-slow fuzz deny public-api ## everything

bench: ## the benchmarks; DBHA_BENCH_SCALE=0.1 for a quick look (docs/benchmarks.md)
	@tests/prerequisites bench
	cargo bench $(LOCKED) -p dbha-testkit -p dbha --bench start --bench setup --bench watch --bench switchover --bench failover --bench copy

clean: ## remove what was built; fetched servers stay in the cache
	cargo clean
