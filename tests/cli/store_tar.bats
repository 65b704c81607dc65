#!/usr/bin/env bats
# An OCI layout in a tar file: read as one in a directory, never written to.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

# stored: the layout `s` with two revisions and an index
stored() {
    two x.par.gz --compress
    other y.par 8
    provar -q push oci:s x.par.gz --by-revision >/dev/null
    provar -q push oci:s y.par --by-revision >/dev/null
    provar -q push oci:s:each x.par.gz --per-target >/dev/null
}

# LAY-1.
@test "a layout in a tar file: list, pull, inspect, verify, extract, copy, as other programs write it" {
    stored
    provar list oci:s >listed
    local format
    for format in ustar gnu posix v7; do
        tar --format=$format -cf s.tar -C s .
        expect 0 provar list oci:s.tar
        stdout_is_file listed
        expect 0 provar pull oci:s.tar --revision 7 --issuer "$issuer" --destination out.par
        stdout_any
        cmp out.par x.par.gz
        expect 0 provar pull "oci:s.tar@$(digest_of s rev-8)" --issuer "$issuer" --destination out.par
        stdout_any
        cmp out.par y.par
        expect 0 provar pull oci:s.tar --revision latest --target x86_64-linux --issuer "$issuer" --destination out
        stdout_any
        cmp out linux-x86
        expect 0 provar extract oci:s.tar:each --target aarch64-linux --issuer "$issuer" --destination out --force
        stdout_any
        cmp out linux-arm
        expect 0 provar verify oci:s.tar:rev-8 --issuer "$issuer"
        stdout_any
    done
    provar -q copy oci:s.tar:each oci:t >/dev/null
    [[ $(digest_of t each) == "$(digest_of s each)" ]]
    whole t
    tar -cf s.tar -C s blobs index.json oci-layout
    expect 0 provar inspect oci:s.tar:rev-7 -o json
    stdout_json '.digest == "'"$(digest_of s rev-7)"'" and .blob_verified == false'
}

@test "what skopeo has written as oci-archive" {
    needs skopeo
    stored
    skopeo copy --quiet oci:s:rev-7 oci-archive:sk.tar:rev-7
    expect 0 provar pull oci:sk.tar:rev-7 --issuer "$issuer" --destination out.par
    stdout_any
    cmp out.par x.par.gz
}

# LAY-1.
@test "nothing is added to it" {
    stored
    tar -cf s.tar -C s .
    cp s.tar before.tar
    refused 14 registry "'s.tar' is a file: what it holds can be read, and not added to" push oci:s.tar:a x.par.gz
    refused 14 registry "'s.tar' is a file: what it holds can be read, and not added to" copy oci:s:rev-7 oci:s.tar:a
    cmp s.tar before.tar
}

@test "it is not what is pulled or extracted from it, nor signed anew" {
    stored
    tar -cf s.tar -C s .
    cp s.tar before.tar
    ln -s s.tar link
    refused 2 usage "missing: --destination FILE; 's.tar' is the layout itself" pull oci:s.tar:rev-7 --target x86_64-linux --issuer "$issuer"
    refused 2 usage "missing: --destination FILE; 'link' is the layout itself" \
        pull "oci:$PWD/link@$(digest_of s rev-7)" --target x86_64-linux --issuer "$issuer"
    local file
    for file in s.tar "$PWD/s.tar"; do
        refused 2 usage "the destination '$file' is an input of this command" pull oci:s.tar:rev-7 --issuer "$issuer" --destination "$file"
        refused 2 usage "the destination '$file' is an input of this command" \
            extract oci:s.tar:rev-7 --target x86_64-linux --issuer "$issuer" --force --destination "$file"
        refused 2 usage "the destination '$file' is an input of this command" sign oci:s.tar:rev-7 --issuer a.nk --destination "$file"
    done
    expect 15 provar pull oci:s.tar:rev-7 --issuer "$issuer" --destination link
    stderr_any
    expect 15 provar extract oci:s.tar:rev-7 --target x86_64-linux --issuer "$issuer" --force --destination link
    stderr_any
    cmp s.tar before.tar
    mkdir d && cd d
    expect 0 provar pull oci:../s.tar:rev-7 --target x86_64-linux --issuer "$issuer"
    stdout_any
    cmp s.tar ../linux-x86
}

@test "what is altered in it has no way out; what is no layout says so" {
    stored
    local path
    path=$(layer s rev-8)
    spoil_body "$path" linux-x86
    tar -cf s.tar -C s .
    expect 14 provar pull oci:s.tar --revision 8 --issuer "$issuer" --destination out.par
    stderr_like 'the content is not that of its digest.*\[registry\]$'
    rm "$path"
    tar -cf s.tar -C s .
    expect 14 provar pull oci:s.tar --revision 8 --issuer "$issuer" --destination out.par
    stderr_like 'is not in the layout \[registry\]$'
    absent out.par
    gzip -k s.tar
    refused 14 registry "not an OCI layout in a tar file: a header is missing or wrong (byte 0)" list oci:s.tar.gz
    tar -cf s.tar -C s index.json
    refused 14 registry "not an OCI layout: there is no file 'oci-layout'" list oci:s.tar
    echo '{"imageLayoutVersion":"2.0.0"}' >s/oci-layout
    tar -cf s.tar -C s .
    refused 14 registry "the layout's file 'oci-layout' does not say version 1.0.0" list oci:s.tar
    truncate -s 5000000 s/index.json
    echo '{"imageLayoutVersion":"1.0.0"}' >s/oci-layout
    tar -cf s.tar -C s .
    expect 13 provar list oci:s.tar
    stderr_like '\[limit\]$'
}
