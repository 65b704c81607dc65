#!/usr/bin/env bats
# What others make of the archives that provar refuses, and of those that it accepts.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154

load lib

setup_file() { build_reference; }

corpus=$root/tests/corpus

@test "docs/DIFFERENTIAL.md is what provar and the crates make of the corpus" {
    need python3 prlimit gzip pigz
    need_reference
    python3 "$root/tests/interop/differential.py" --check "$root/docs/DIFFERENTIAL.md"
}

@test "GNU tar, bsdtar, tarfile and gzip read every archive of the corpus that provar accepts, and all read the same" {
    need python3 tar bsdtar gzip pigz
    python3 "$corpus/oracles.py"
}

@test "every mutation is accepted at least once and refused at least once, or says why not" {
    need python3 tar bsdtar gzip
    python3 "$corpus/mutate.py" --each 100 --seed provar
}

@test "mutants that provar accepts are read by all, and all read the same" {
    need python3 tar bsdtar gzip
    python3 "$corpus/mutate.py" --count 1200 --seed provar
}
