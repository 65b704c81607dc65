#!/usr/bin/env bats
# The command where libprovar-store was not built or not installed: files as ever, and references say what is missing.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

missing='stores need libprovar-store.so.0, which is not installed'

# alone: a build with the library has it beside the command; this one does not
alone() {
    cp "$PROVAR_BUILD/cli/provar" alone
    export LD_LIBRARY_PATH=$PROVAR_BUILD/lib
}

# works ARG...: status 0 and nothing on stderr
works() {
    expect 0 ./alone "$@"
    stdout_any
    stderr_is ''
}

# lacks STATUS WORDS: the library is named, as text and as JSON
lacks() {
    # shellcheck disable=SC2086
    expect "$1" ./alone $2
    stdout_is ''
    stderr_like "^provar: $missing: .* \[usage\]$"
}

@test "without the library every verb on files works" {
    alone
    works keys gen account --destination k.nk
    works keys public k.nk
    works create --name Test --vendor Acme --version 1 --issuer a.nk --subject v.nk --target linux-x86 --destination x.par
    works inspect x.par
    works check x.par
    works verify x.par --issuer "$issuer"
    works extract x.par --issuer "$issuer" --target x86_64-linux --destination executable
    cmp executable linux-x86
    works insert x.par --issuer a.nk --target linux-arm
    works remove x.par --issuer a.nk --target x86_64-linux
    works sign x.par --issuer a.nk --revision 8
    works inspect - <x.par
    pack run.par --target "$here=$shell"
    expect 3 ./alone run run.par --issuer "$issuer" -- -c 'exit 3'
    expect 3 ./alone inspect nope/x.par
    stderr_like "cannot open 'nope/x.par': No such file or directory \[io\]$"
    expect 3 ./alone inspect acme/x:1
    stderr_like 'a reference begins with its registry, as docker.io/REPO:TAG, or with oci: and a layout.s directory \[io\]$'
}

@test "without the library every reference names it" {
    two x.par
    alone
    local reference trust="--issuer $issuer"
    for reference in oci:s:a ghcr.io/a/g:1 localhost:5000/x:1 Localhost/x [::1]:5000/x:1 oci://host/x:1; do
        lacks 2 "inspect $reference"
        lacks 2 "check $reference"
        lacks 2 "verify $reference $trust"
        lacks 2 "extract $reference $trust --target x86_64-linux --destination y"
        lacks 125 "run $reference $trust"
        lacks 2 "sign $reference --issuer a.nk --destination y.par"
        lacks 2 "insert $reference --issuer a.nk --target linux-arm --destination y.par"
        lacks 2 "remove $reference --issuer a.nk --target x86_64-linux --destination y.par"
        lacks 2 "push $reference x.par"
        lacks 2 "pull $reference --insecure-no-trust"
        lacks 2 "list $reference"
        lacks 2 "copy $reference oci:t"
        lacks 2 "copy oci:t $reference"
        lacks 2 "gc $reference"
    done
    lacks 2 "pull x:1 --insecure-no-trust -r ghcr.io"
    lacks 2 "list acme/x"
    absent y
    absent y.par
    absent t
}
