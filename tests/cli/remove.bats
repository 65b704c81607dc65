#!/usr/bin/env bats
# provar remove: takes targets out, and leaves one at least.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

@test "remove: one target" {
    two x.par
    succeeds 'removed x86_64-linux from x.par' remove x.par --issuer a.nk --target x86_64-linux
    [[ $(members x.par) == 'claims.jwt aarch64-linux.bin' ]]
    expect 0 provar verify x.par --issuer "$issuer" --subject "$subject" --min-revision 7
    stdout_any
}

@test "remove: several, in one go" {
    two x.par --target x86_64-freebsd=linux-x86
    succeeds $'removed x86_64-linux from x.par\nremoved aarch64-linux from x.par' \
        remove x.par -i a.nk --target x86_64-linux --target aarch64-linux
    [[ $(members x.par) == 'claims.jwt x86_64-freebsd.bin' ]]
}

@test "remove -o json: the document" {
    two x.par
    expect 0 provar -o json remove x.par -i a.nk --target x86_64-linux
    stdout_json '. == {success: true, file: "x.par"}'
}

@test "remove: a target that is not there names those that are" {
    two x.par
    cp x.par old.par
    refused 12 no-target "no target 'x86_64-windows' in the archive (it has: aarch64-linux, x86_64-linux)" \
        remove x.par -i a.nk --target x86_64-windows
    refused 12 no-target "no target 'world.wasm' in the archive (it has: aarch64-linux, x86_64-linux)" \
        remove x.par -i a.nk --target world.wasm
    refused 12 no-target "no target 'a\x1bb' in the archive (it has: aarch64-linux, x86_64-linux)" \
        remove x.par -i a.nk --target $'a\eb'
    cmp x.par old.par
}

@test "remove: a target that is named twice" {
    two x.par --target x86_64-freebsd=linux-x86
    cp x.par old.par
    refused 2 usage "--target: 'x86_64-linux' is named twice" \
        remove x.par -i a.nk --target x86_64-linux --target aarch64-linux --target x86_64-linux
    cmp x.par old.par
}

@test "remove: never the last target" {
    pack x.par --target linux-x86
    cp x.par old.par
    refused 2 usage 'an archive needs one target at least' remove x.par -i a.nk --target x86_64-linux
    two y.par
    refused 2 usage 'an archive needs one target at least' remove y.par -i a.nk --target x86_64-linux --target aarch64-linux
    cmp x.par old.par
}

@test "remove: what is missing, forged, of another issuer" {
    two x.par
    local other
    other=$(new_key account b.nk)
    refused 2 usage 'missing: --target' remove x.par -i a.nk
    refused 2 usage 'missing: ARCHIVE' remove -i a.nk --target x86_64-linux
    refused 3 io "cannot open 'nowhere': No such file or directory" remove nowhere -i a.nk --target x86_64-linux
    refused 8 untrusted "the archive's issuer is $issuer, the key given is $other: its identity would change; --reissue accepts that" \
        remove x.par -i b.nk --target x86_64-linux
    spoil_signature x.par
    cp x.par old.par
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' remove x.par -i a.nk --target x86_64-linux
    cmp x.par old.par
}

@test "remove: keeps the claims and the container" {
    two x.par --compress --capid id
    cp x.par old.par
    succeeds 'removed x86_64-linux from x.par' remove x.par -i a.nk --target x86_64-linux
    gzip -t <x.par
    [[ $(token_claim x.par 'del(.jti, .iat, .wascap.target_hashes)') == "$(token_claim old.par 'del(.jti, .iat, .wascap.target_hashes)')" ]]
    [[ $(token_claim x.par '.wascap.target_hashes | keys') == '["aarch64-linux"]' ]]
}

@test "remove --destination: another file or stdout" {
    two x.par
    cp x.par old.par
    succeeds 'removed x86_64-linux from y.par' remove x.par -i a.nk --target x86_64-linux --destination y.par
    expect 0 sh -c 'provar remove x.par -i a.nk --target x86_64-linux --destination - -o json >z.par'
    stderr_json '. == {success: true, file: "-"}'
    [[ $(members y.par) == 'claims.jwt aarch64-linux.bin' && $(members z.par) == 'claims.jwt aarch64-linux.bin' ]]
    cmp x.par old.par
    refused_bytes 12 no-target "no target 'mips-linux' in the archive (it has: aarch64-linux, x86_64-linux)" \
        remove x.par -i a.nk --target mips-linux --destination -
}
