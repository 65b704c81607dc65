#!/usr/bin/env bats
# provar extract: nothing leaves before the verdict, and nothing that was there is lost.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

# The archive of these tests: this machine's target and another one.
setup_archive() {
    other=aarch64-linux
    [[ $here != "$other" ]] || other=x86_64-linux
    printf 'mine' >mine
    printf 'other' >theirs
    pack x.par --target "$here=mine" --target "$other=theirs" "$@"
}

@test "extract: this machine's target, and one by name" {
    setup_archive
    succeeds "extracted $here to out" extract x.par --issuer "$issuer" --destination out
    cmp out mine
    succeeds "extracted $other to out2" extract x.par -i "$issuer" --target "$other" --destination out2
    cmp out2 theirs
}

@test "extract -o json: the document" {
    setup_archive
    expect 0 provar extract x.par -i "$issuer" --destination out -o json
    stdout_json ". == {success: true, file: \"out\", target: \"$here\", size: 4, coverage: \"target\", issuer: \"$issuer\"}"
}

@test "extract: an executable of mode 0755 less the umask" {
    setup_archive
    (umask 027 && provar extract x.par -i "$issuer" --destination a >/dev/null)
    (umask 000 && provar extract x.par -i "$issuer" --destination b >/dev/null)
    [[ $(mode_of a) == 750 && $(mode_of b) == 755 ]]
}

@test "extract: without a policy, or with the wrong one" {
    setup_archive
    refused 8 untrusted "signed by $issuer, but no issuer is trusted: pass --issuer A... with the key you expect, or keep a file of them (man provar-allowed-issuers)" extract x.par --destination out
    refused 8 untrusted "signed by $issuer, which is not an allowed issuer" extract x.par --destination out -i "$stranger"
    refused 2 usage '--issuer: allowed issuer: a seed stands where a public key belongs; expected is the public key of an account, A...' extract x.par --destination out -i "$issuer_seed"
    absent out
    succeeds "extracted $here to out" extract x.par --destination out -i "$stranger" -i "$issuer" -s "$subject"
}

@test "extract --insecure-no-trust: said aloud, and still only what is signed" {
    setup_archive
    warned '--insecure-no-trust: whoever signed this archive is believed' "extracted $here to out" \
        extract x.par --destination out --insecure-no-trust
    refused 2 usage '--issuer and --insecure-no-trust contradict each other' \
        extract x.par --destination out2 --insecure-no-trust -i "$issuer"
    spoil_signature x.par
    expect 7 provar -q extract x.par --destination out2 --insecure-no-trust
    stderr_is 'provar: the signature does not fit the message and the key (claims.jwt) [signature]'
    absent out2
}

@test "extract: a miss names the targets present" {
    setup_archive
    refused 12 no-target "no target 'mips-linux' in the archive (it has: aarch64-linux, x86_64-linux)" \
        extract x.par -i "$issuer" --target mips-linux --destination out
    absent out
}

@test "extract: demands of the policy" {
    setup_archive --revision 5
    succeeds "extracted $here to a" extract x.par -i "$issuer" --min-revision 5 --require-target "$other" --destination a
    refused 8 untrusted 'revision 5, where at least 6 is demanded' extract x.par -i "$issuer" --min-revision 6 --destination b
    refused 12 no-target "the required target 'mips-linux' is not in the archive" \
        extract x.par -i "$issuer" --require-target mips-linux --destination b
    SOURCE_DATE_EPOCH=500 setup_archive --expires 1000
    refused 9 time 'expired at 1000 (1970-01-01T00:16:40Z)' extract x.par -i "$issuer" --destination b
    refused 2 usage "--at: unknown option; 'provar extract --help' lists the options" extract x.par -i "$issuer" --destination b --at 999
    absent b
}

@test "extract: of an altered body nothing is left" {
    setup_archive
    change x.par mine Mine
    local before
    before=$(ls -A -I '.std*')
    expect 6 provar extract x.par -i "$issuer" --destination out
    stderr_like "^provar: '$here.bin' is altered: .* \[digest\]$"
    expect 6 provar extract x.par -i "$issuer" --destination out -o json
    stdout_json '.code == "digest" and .exit_status == 6'
    absent out
    [[ $(ls -A -I '.std*') == "$before" ]]
    succeeds "extracted $other to out" extract x.par -i "$issuer" --destination out --target "$other"
}

@test "extract: an existing file only with --force" {
    setup_archive
    echo precious >out
    ln out link-to-it
    refused 3 io "'out' exists; --force replaces it" extract x.par -i "$issuer" --destination out
    [[ $(<out) == precious ]]
    succeeds "extracted $here to out" extract x.par -i "$issuer" --destination out --force
    cmp out mine
    [[ $(<link-to-it) == precious ]]
    change x.par mine Mine
    expect 6 provar extract x.par -i "$issuer" --destination out --force
    stderr_any
    cmp out mine
}

@test "extract: the archive itself is no destination" {
    setup_archive
    cp x.par before.par
    ln x.par hard
    local file
    for file in x.par ./x.par hard; do
        refused 2 usage "the destination '$file' is an input of this command" extract x.par -i "$issuer" --destination "$file" --force
    done
    cmp x.par before.par
    cp x.par -- -
    expect 0 provar extract - -i "$issuer" --destination - <x.par
    stdout_is_file mine
    expect 0 provar extract - -i "$issuer" --destination ./- --force <x.par
    stdout_any
    cmp ./- mine
}

@test "extract: destinations that are unsafe or not there" {
    setup_archive
    ln -s nowhere link
    mkdir folder
    local force
    for force in '' --force; do
        refused 15 unsafe-path "'link' is in the way and is not a regular file" extract x.par -i "$issuer" --destination link $force
        refused 15 unsafe-path "'folder' is in the way and is not a regular file" extract x.par -i "$issuer" --destination folder $force
    done
    refused 15 unsafe-path "'folder/' does not name a file" extract x.par -i "$issuer" --destination folder/
    refused 3 io "cannot open the directory of 'none/out': No such file or directory" extract x.par -i "$issuer" --destination none/out
    absent nowhere
}

@test "extract: what is missing" {
    setup_archive
    refused 2 usage 'missing: ARCHIVE|-' extract -i "$issuer" --destination out
    refused 2 usage 'missing: --destination FILE, or - for standard output' extract x.par -i "$issuer"
    refused 12 no-target "no target 'a/b' in the archive (it has: aarch64-linux, x86_64-linux)" extract x.par -i "$issuer" --target a/b --destination out
    refused 3 io "cannot open 'nowhere': No such file or directory" extract nowhere -i "$issuer" --destination out
    refused 13 limit 'the archive has more than 1024 bytes (claims.jwt, byte 0)' \
        extract x.par -i "$issuer" --destination out --max-total-size 1K
    absent out
}

@test "extract --destination -: the bytes on stdout, the document on stderr" {
    setup_archive --compress
    expect 0 provar extract x.par -i "$issuer" --destination -
    stdout_is_file mine
    expect 0 provar extract x.par -i "$issuer" --destination - -o json
    stdout_is_file mine
    stderr_json ". == {success: true, file: \"-\", target: \"$here\", size: 4, coverage: \"target\", issuer: \"$issuer\"}"
    expect 0 provar extract x.par --insecure-no-trust --destination=- -o json
    stdout_is_file mine
    stderr_json '.warnings == ["--insecure-no-trust: whoever signed this archive is believed"]'
}

@test "extract: from a pipe to a pipe" {
    setup_archive --compress
    expect 0 sh -c "cat x.par | provar extract - --issuer $issuer --destination - | cat"
    stdout_is_file mine
    expect 0 sh -c "provar extract - --issuer $issuer --destination out <x.par"
    stdout_is "extracted $here to out"
    cmp out mine
}

@test "extract --destination -: nothing on stdout when refused, whatever the reason" {
    setup_archive
    refused_bytes 8 untrusted "signed by $issuer, but no issuer is trusted: pass --issuer A... with the key you expect, or keep a file of them (man provar-allowed-issuers)" \
        extract x.par --destination -
    refused_bytes 12 no-target "no target 'mips-linux' in the archive (it has: aarch64-linux, x86_64-linux)" \
        extract x.par -i "$issuer" --target mips-linux --destination -
    refused_bytes 3 io "cannot open 'nowhere': No such file or directory" extract nowhere -i "$issuer" --destination -
    refused 2 usage "--bogus: unknown option; 'provar extract --help' lists the options" extract x.par --destination - --bogus
    refused 2 usage 'missing: ARCHIVE|-' extract --destination=-
    cp x.par y.par
    spoil_signature y.par
    refused_bytes 7 signature 'the signature does not fit the message and the key (claims.jwt)' extract y.par -i "$issuer" --destination -
    change x.par mine Mine
    expect 6 sh -c "cat x.par | provar extract - -i $issuer --destination -"
    stdout_is ''
    stderr_any
}

@test "extract --destination -: never to a terminal" {
    needs script
    setup_archive
    expect 0 script -qec "provar extract x.par -i $issuer --destination - 2>said; echo \$? >status" /dev/null
    stdout_any
    [[ $(<status) == 2 ]]
    [[ $(<said) == 'provar: standard output is a terminal: send the bytes to a file or a pipe [usage]' ]]
}

@test "extract: stdout that takes nothing is a failure" {
    setup_archive
    expect 3 sh -c "provar extract x.par -i $issuer --destination - >/dev/full"
    stderr_like '^provar: cannot write: No space left on device \[io\]$'
    expect 3 sh -c "provar extract x.par -i $issuer --destination - >&-"
    stderr_like '^provar: cannot write: Bad file descriptor \[io\]$'
}

@test "extract: what is large goes to the disk while the rest is made, before the sync that waits for it" {
    needs strace
    not_sanitized "what is called"
    head -c 20000000 /dev/zero >>linux-arm
    two x.par.gz --compress
    synced() {
        strace -f -qq -e trace=sync_file_range,fsync -e signal=none -o trace provar extract x.par.gz -i "$issuer" "$@"
    }
    synced --target aarch64-linux --destination out >/dev/null
    cmp out linux-arm
    [[ $(grep -o '[a-z_]*(' trace | tr -d '\n') == 'sync_file_range(sync_file_range(fsync(fsync(' ]]
    grep -q ', 0, 8388608, SYNC_FILE_RANGE_WRITE) = 0$' trace
    grep -q ', 8388608, 8388608, SYNC_FILE_RANGE_WRITE) = 0$' trace
    synced --target x86_64-linux --destination small >/dev/null
    [[ $(grep -o '[a-z_]*(' trace | tr -d '\n') == 'fsync(fsync(' ]]
    synced --target aarch64-linux --destination - | cmp - linux-arm
    [[ ! -s trace ]]
}
