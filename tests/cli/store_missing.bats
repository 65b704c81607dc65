#!/usr/bin/env bats
# The command where libprovar-store was not built or not installed: files as ever, and references say what is missing.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

@test "without the library every verb on files works, and push, pull, list and copy name it" {
    two x.par
    # A build with the library has it beside the command.
    cp "$PROVAR_BUILD/cli/provar" alone
    export LD_LIBRARY_PATH=$PROVAR_BUILD/lib
    expect 0 ./alone verify x.par --issuer "$issuer"
    stdout_any
    local words
    for words in 'check oci:s:a' 'push oci:s:a x.par' 'pull oci:s:a --insecure-no-trust' 'list oci:s' 'copy oci:s:a oci:t'; do
        # shellcheck disable=SC2086
        expect 2 ./alone $words
        stderr_like 'stores need libprovar-store.so.0, which is not installed'
    done
}
