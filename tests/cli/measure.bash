# The peak of a command's memory, and its limit.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash

# Resident, of the whole process, on two threads; docs/ARCHITECTURE.md, "Memory".
limit_kib=32768

# peak_of LABEL COMMAND...: it succeeds in silence and below the limit; sets `peak`, in KiB
peak_of() {
    local label=$1 status
    shift
    expect 0 "$PROVAR_BUILD/tests/support/timed" report "$@"
    stdout_any
    stderr_is ''
    read -r _ _ _ peak status <report
    echo "# $label: $peak KiB" >&3
    ((status == 0)) || refuse "status $status"
    ((peak < limit_kib)) || refuse "peak of $peak KiB"
}
