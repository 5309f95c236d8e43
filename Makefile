# make demo     the whole story on shipped data, in a temporary store
# make test     everything that continuous integration checks
# make bench    figures on labelled data in DATA
# make dist     the optimised binaries, in target/dist/release
# make fuzz     each fuzz target for LINKAGE_FUZZ_SECONDS (5)
# make fmt      format all code
#
# RocksDB's C++ takes about nine minutes on two cores, so it is compiled once for everything. That holds as long as
# every command uses the dev profile, the whole workspace and no RUSTFLAGS; `make test` fails if there are two archives.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test dist fmt bench fuzz advisories prepare prepare-tests

CARGO_TARGET_DIR ?= target
DATA ?= ../shared/data
DEBUG := $(CARGO_TARGET_DIR)/debug

demo: prepare
	cargo build --workspace --locked
	$(DEBUG)/linkage demo --report $(CARGO_TARGET_DIR)/demo.html

test: prepare-tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --locked
	$$(.ci/tools)/cargo-deny --workspace --locked check bans licenses sources
	$$(.ci/tools)/buf lint proto
	$$(.ci/tools)/buf breaking proto --against proto/breaking.binpb
	PATH="$$(.ci/tools):$$PATH" .ci/run-tests
	@.ci/one-rocksdb

bench: prepare
	cargo build --workspace --locked
	$(DEBUG)/evaluate_sets $(DATA)

dist: prepare
	cargo build --workspace --bins --locked --release --target-dir $(CARGO_TARGET_DIR)/dist

# A build of its own in target/fuzz; RocksDB is linked from this one.
fuzz: prepare-tests
	$$(.ci/tools)/cargo-deny --manifest-path fuzz/Cargo.toml --locked check bans licenses sources
	cargo build --workspace --locked
	fuzz/run

fmt:
	cargo fmt --all

# Not part of `make test`: it downloads the database of advisories.
advisories: prepare-tests
	$$(.ci/tools)/cargo-deny --workspace --locked check advisories

prepare:
	@.ci/prepare

prepare-tests:
	@.ci/prepare --tests
