#!/usr/bin/env bats
# The test that a fuzz target makes of its seeds fails when it should.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    replay="$PROVAR_BUILD/fuzz/replay_codec"
    cd "$BATS_TEST_TMPDIR" || return 1
    mkdir seeds
}

@test "a good and a bad seed: all is well" {
    printf 00FF >seeds/good_hex
    printf '!' >seeds/bad_hex
    run -0 "$replay" seeds
    [ "$output" = "ok 1 - bad_hex
ok 2 - good_hex
ok 3 - there are seeds
ok 4 - a seed is accepted
1..4" ]
}

@test "no seeds, and no folder of them" {
    run -1 "$replay" seeds
    [[ $output == *"not ok 1 - there are seeds"* ]]
    run -1 "$replay" missing
    [[ $output == *"not ok 1 - there are seeds"* ]]
}

@test "no seed that is accepted" {
    printf '!' >seeds/bad_hex
    run -1 "$replay" seeds
    [[ $output == *"not ok 3 - a seed is accepted"* ]]
}

@test "a good seed that is refused, a bad one that is accepted" {
    printf 00FF >seeds/good_hex
    printf '!' >seeds/good_not
    run -1 "$replay" seeds
    [[ $output == *"not ok 2 - good_not"* ]]
    rm seeds/good_not
    printf 00FE >seeds/bad_not
    run -1 "$replay" seeds
    [[ $output == *"not ok 1 - bad_not"* ]]
}

@test "more folders are run, and promise nothing" {
    printf 00FF >seeds/good_hex
    mkdir more
    printf '!' >more/0123
    run -0 "$replay" seeds more
    [[ $output == *"1..3" ]]
}
