#!/usr/bin/env bats
# provar list: what stands under the tags.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

@test "list: tag, revision, version, size, date, targets, issuer" {
    two x.par
    provar -q push oci:s x.par --by-revision --tag stable >/dev/null
    expect 0 provar list oci:s
    stdout_like "^TAG +REVISION VERSION +SIZE CREATED +TARGETS +ISSUER
rev-7 +7 1\.2\.3 +[0-9.]+ KiB [0-9-]+T[0-9:]+Z aarch64-linux,x86_64-linux $issuer
stable +7 1\.2\.3 +[0-9.]+ KiB [0-9-]+T[0-9:]+Z aarch64-linux,x86_64-linux $issuer *$"
    expect 0 provar list oci:s -o json
    stdout_json '(.entries | length == 2) and .entries[0] == {tag: "rev-7", digest: "'"$(digest_of s rev-7)"'", name: "Test", revision: "7",
        version: "1.2.3", issuer: "'"$issuer"'", service: "'"$subject"'", targets: "aarch64-linux,x86_64-linux",
        size: '"$(stat -c %s x.par)"', created: .entries[0].created}'
    expect 0 provar list oci:s:stable -o json
    stdout_json '[.entries[].tag] == ["stable"]'
    refused 17 not-found "no tag 'none'" list oci:s:none
}

@test "list: what a manifest does not say is left open, and one that cannot be read hides no other" {
    two x.par
    provar -q push oci:s:a x.par --manifest wash >/dev/null
    provar -q push oci:s:b x.par >/dev/null
    rm "$(blob s "$(digest_of s b)")"
    expect 0 provar list oci:s
    stdout_like '^TAG .*
a +- +- +[0-9.]+ KiB - .*
b +- +- +- - '
    stderr_like "^provar: warning: the tag 'b' cannot be read: the blob sha256:[0-9a-f]+ is not in the layout$"
    expect 0 provar list oci:s -o json
    stdout_json '.entries[1].fault != null and (.warnings | length == 1)'
    stderr_any
}

@test "list of one tag: a manifest that cannot be read is the result" {
    two x.par
    provar -q push oci:s:a x.par --tag b >/dev/null
    succeeds_with_row() {
        expect 0 provar list oci:s:a
        stdout_like '^TAG .*
a +7 '
    }
    succeeds_with_row
    local path
    path=$(blob s "$(digest_of s a)")
    cp "$path" kept
    sed -i s/Test/Tset/ "$path"
    expect 14 provar list oci:s:a
    stderr_like '^provar: the content is not that of its digest: .* \[registry\]$'
    expect 14 provar list oci:s:a -o json
    stdout_json '.success == false and .code == "registry"'
    stderr_any
    rm "$path"
    refused 14 registry "the blob $(digest_of s a) is not in the layout" list oci:s:a
    # Among others it is a row and a warning.
    expect 0 provar list oci:s
    stdout_like 'b +- '
    stderr_has "warning: the tag 'b' cannot be read"
    cp kept "$path"
    succeeds_with_row
}

@test "list: text of a manifest cannot steer the terminal" {
    two x.par
    provar -q push oci:s:a x.par -a org.opencontainers.image.version=$'1\e[2J' >/dev/null
    expect 0 provar list oci:s
    stdout_has '1\x1b[2J'
    not_said $'\e'
}

@test "list: the texts of all tags have 2 MiB together, and not one character more" {
    crowded s 507
    expect 0 provar list oci:s -o json
    stdout_json '(.entries | length == 4096) and .entries[4095].tag == "t4095" and ([.entries[] | .tag + .version | length] | unique == [134])'
    jq -c '.manifests[-1].annotations["org.opencontainers.image.ref.name"] += "x"' s/index.json >index && cp index s/index.json
    expect 13 provar list oci:s
    stderr_is "provar: a list of more than 2 MiB of text [limit]"
    # One of them is within it.
    expect 0 provar list oci:s:t0000
    stdout_has 't0000'
}
