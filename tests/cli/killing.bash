# Kills commands at random moments, which KILL_SEED repeats.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# run_time COMMAND...: how long it takes undisturbed, in microseconds
run_time() {
    local begin=${EPOCHREALTIME/[.,]/}
    "$@" >/dev/null
    echo $((${EPOCHREALTIME/[.,]/} - begin))
}

# kill_somewhere MICROSECONDS COMMAND...: starts a command and kills it at a random moment of that time and a half
kill_somewhere() {
    local moment=$(((RANDOM * 32768 + RANDOM) % ($1 * 3 / 2)))
    shift
    perl -MTime::HiRes=usleep -e '
        my $moment = shift;
        my $child = fork // die;
        if ($child == 0) {
            open(STDOUT, ">", "/dev/null");
            open(STDERR, ">", "/dev/null");
            exec { $ARGV[0] } @ARGV;
        }
        usleep($moment);
        kill("KILL", $child);
        waitpid($child, 0);
    ' "$moment" "$@"
}
