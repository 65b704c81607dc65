#!/usr/bin/env bats
# provar inspect: what an archive says, for people and for programs; it trusts nobody and says so.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

# The SHA-256 of a file as claims write it.
hash_of() {
    sha256sum <"$1" | cut -c -64 | tr a-f A-F
}

@test "inspect: the text" {
    local blanks='        '
    SOURCE_DATE_EPOCH=1000 two x.par --capid id --expires 4102444800 --not-before 2000
    succeeds "Test (plain tar)
  signature    valid
  trust        not evaluated, nor were the executables hashed: see 'provar verify'
  vendor       Acme
  version      1.2.3
  revision     7
  issuer       $issuer
  subject      $subject
  contract id  id
  issued       1970-01-01T00:16:40Z
  valid from   1970-01-01T00:33:20Z
  expires      2100-01-01T00:00:00Z
  era          capid; read by wash <= 0.26 and host <= 0.82, host 1.0-1.5, wash 0.27-0.38, wash >= 0.39 and host 1.6-1.9

TARGET        SIZE KIND        GLIBC INTERPRETER
aarch64-linux 85 B elf aarch64${blanks:0:7}
x86_64-linux  85 B elf x86_64$blanks

TARGET        SHA-256
aarch64-linux $(hash_of linux-arm)
x86_64-linux  $(hash_of linux-x86)" inspect x.par
}

@test "inspect: gzip, an expiry in the past, a schema" {
    echo '{}' >schema
    SOURCE_DATE_EPOCH=500 two x.par --compress --expires 1000 --schema schema
    expect 0 provar inspect x.par
    stdout_like '^Test \(gzip\)'
    stdout_has '  expires      1970-01-01T00:16:40Z (in the past)'
    stdout_has '  schema       2 bytes; -o json shows it'
}

@test "inspect: size, interpreter and newest GLIBC of a real executable" {
    pack x.par --target "$shell"
    expect 0 provar inspect x.par
    stdout_like "$here +[0-9.]+ KiB elf $machine dynamic 2\.[0-9]+ +/lib[^ ]*/ld-[^ ]+"
    stdout_has "$here $(hash_of "$shell")"
    expect 0 provar inspect x.par -o json
    stdout_json ".members[1] | .target == \"$here\" and .size == $(wc -c <"$shell") and .sha256 == \"$(hash_of "$shell")\"
        and .format == \"elf\" and .machine == \"$machine\" and .linkage == \"dynamic\"
        and (.interpreter | test(\"^/lib.*/ld-\")) and (.glibc | test(\"^2[.][0-9]+$\"))"
}

@test "inspect -o json: the document" {
    SOURCE_DATE_EPOCH=1000 two x.par --jti id
    expect 0 provar inspect x.par -o json
    stdout_json ". == {success: true, name: \"Test\", issuer: \"$issuer\", service: \"$subject\", vendor: \"Acme\",
        version: \"1.2.3\", revision: \"7\", jti: \"id\", issued_at: 1000, wascap_revision: 3, signature: \"valid\",
        trust: \"not evaluated\", compressed: false, era: \"1.0\",
        readers: {capid: false, host_1_0: true, wash_0_27: true, host_1_6: true},
        targets: [\"aarch64-linux\", \"x86_64-linux\"],
        members: [{name: \"claims.jwt\", kind: \"token\", size: $(tar -xOf x.par claims.jwt | wc -c)},
            {name: \"aarch64-linux.bin\", kind: \"target\", target: \"aarch64-linux\", size: 85, sha256: \"$(hash_of linux-arm)\",
             format: \"elf\", machine: \"aarch64\", linkage: null, interpreter: null, glibc: null},
            {name: \"x86_64-linux.bin\", kind: \"target\", target: \"x86_64-linux\", size: 85, sha256: \"$(hash_of linux-x86)\",
             format: \"elf\", machine: \"x86_64\", linkage: null, interpreter: null, glibc: null}]}"
}

@test "inspect -o json: version and revision are text always, what is absent is \"None\"" {
    pack x.par --target linux-x86
    expect 0 provar inspect x.par -o json
    stdout_json '.version == "None" and .revision == "None" and (has("schema") or has("capid") or has("expires") or has("not_before") | not)'
    two x.par --compress --capid id --expires 4102444800 --not-before 1000
    expect 0 provar inspect x.par -o json
    stdout_json '.version == "1.2.3" and .revision == "7" and .capid == "id" and .expires == 4102444800 and .not_before == 1000
        and .compressed and .era == "capid" and .readers.capid'
}

@test "inspect -o json: the schema comes out as it was signed" {
    printf '{"n": 1.10, "big": 123456789012345678901234567890, "e": 1E400}' >schema
    pack x.par --target linux-x86 --schema schema
    expect 0 provar inspect x.par -o json
    stdout_has '"schema": {"n": 1.10, "big": 123456789012345678901234567890, "e": 1E400}'
}

@test "inspect: world.wasm is a member and no target" {
    printf '\0asm\001\0\0\0' >world
    pack x.par --target linux-x86 --wit world
    expect 0 provar inspect x.par -o json
    stdout_json '.targets == ["x86_64-linux"] and .era == "1.6" and .members[1].name == "world.wasm" and .members[1].kind == "world"
        and .readers == {capid: false, host_1_0: true, wash_0_27: false, host_1_6: true}'
    expect 0 provar inspect x.par
    stdout_like 'world.wasm +8 B'
}

@test "inspect: a forged archive is shown, as forged" {
    two x.par
    spoil_signature x.par
    expect 0 provar inspect x.par
    stdout_like '^Test \(plain tar, unverified\)
  signature    INVALID
  claims       unverified: anybody may have written what is shown here
'
    stderr_is 'provar: warning: the signature is not valid: the signature does not fit the message and the key'
    expect 0 provar inspect x.par -o json
    stdout_json '.success and .signature == "invalid" and .warnings == ["the signature is not valid: the signature does not fit the message and the key"]'
    stderr_any
    expect 0 provar inspect x.par -q
    stdout_has '  signature    INVALID'
}

@test "inspect --require-valid makes that the exit status" {
    two x.par
    expect 0 provar inspect x.par --require-valid
    stdout_any
    spoil_signature x.par
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' inspect x.par --require-valid
    refused 7 signature 'the signature does not fit the message and the key (claims.jwt)' inspect x.par --require-valid --jwt-only
}

@test "inspect: what cannot be read fails" {
    refused 2 usage 'missing: ARCHIVE|-' inspect
    refused 3 io "cannot open 'nowhere': No such file or directory" inspect nowhere
    refused 4 format 'this is a file in ELF format, not a tar or gzip archive (byte 0)' inspect linux-x86
    two x.par
    refused 13 limit "'aarch64-linux.bin' has 85 bytes, more than 10 (byte 1536)" inspect x.par --max-member-size 10
    spoil_header x.par
    refused 5 jwt "the token's header: 'alg' is 'none' and not 'Ed25519' (claims.jwt)" inspect x.par
}

@test "inspect --jwt-only: the token, verbatim" {
    two x.par
    tar -xOf x.par claims.jwt >token
    succeeds "$(<token)" inspect x.par --jwt-only
    expect 0 provar inspect x.par --jwt-only -o json
    stdout_json ". == {success: true, token: \"$(<token)\"}"
    expect 0 provar par inspect x.par --jwt-only
    stdout_is $'\n'"$(<token)"
}

@test "inspect --digest: of the file, with and without its prefix, in any case" {
    two x.par
    local digest
    digest=$(sha256sum <x.par | cut -c -64)
    local form
    for form in "$digest" "sha256:$digest" "${digest^^}"; do
        expect 0 provar inspect x.par --digest "$form"
        stdout_any
        expect 0 provar inspect x.par -d "$form"
        stdout_any
    done
    refused 6 digest "the file's digest is sha256:$digest, not the one demanded" inspect x.par --digest "${digest/[0-9]/f}"
    refused 6 digest "the file's digest is sha256:$digest, not the one demanded" inspect x.par -d "sha256:${digest/[0-9]/f}"
    refused 2 usage "--digest: 'abc' is not a SHA-256 of 64 hex digits" inspect x.par --digest abc
    refused 2 usage "--digest: '${digest%?}x' is not a SHA-256 of 64 hex digits" inspect x.par --digest "${digest%?}x"
    expect 0 sh -c "cat x.par | provar inspect - --digest $digest"
    stdout_any
}

@test "inspect --wit: the bytes of world.wasm, once they are proven" {
    printf '\0asm\001\0\0\0bytes' >world
    pack x.par --target linux-x86 --wit world
    expect 0 provar inspect x.par --wit
    stdout_is_file world
    expect 0 provar inspect x.par --wit -o json
    stdout_is_file world
    stderr_json '. == {success: true, file: "-"}'
    expect 0 sh -c 'cat x.par | provar inspect - --wit'
    stdout_is_file world
    refused_bytes 6 digest "the file's digest is sha256:$(sha256sum <x.par | cut -c -64), not the one demanded" \
        inspect x.par --wit --digest "$(sha256sum <world | cut -c -64)"
    change x.par bytes Bytes
    expect 6 provar inspect x.par --wit
    stderr_has "'world.wasm' is altered"
    two y.par
    refused_bytes 12 no-target 'no world.wasm in the archive' inspect y.par --wit
    refused 2 usage '--jwt-only and --wit exclude each other' inspect x.par --wit --jwt-only
}

@test "inspect --wit: never to a terminal" {
    needs script
    printf '\0asm\001\0\0\0' >world
    pack x.par --target linux-x86 --wit world
    expect 0 script -qec 'provar inspect x.par --wit 2>said; echo $? >status' /dev/null
    stdout_any
    [[ $(<status) == 2 ]]
    [[ $(<said) == 'provar: standard output is a terminal: send the bytes to a file or a pipe [usage]' ]]
}

@test "inspect: hostile text is escaped for people and exact for programs" {
    succeeds 'created x.par' create --name $'n\e[31m\nX\u202e\\"é' --vendor $'v\t\u009b' --version $'1\r\x7f' \
        -i a.nk -s v.nk --target linux-x86 --destination x.par
    expect 0 provar inspect x.par
    stdout_like '^n\\x1b\[31m\\x0aX\\u\{202e\}\\\\"é \(plain tar\)'
    stdout_has '  vendor       v\x09\u{9b}'
    stdout_has '  version      1\x0d\x7f'
    expect 0 provar inspect x.par -o json
    stdout_json '.name == "n\u001b[31m\nX\u202e\\\"é" and .vendor == "v\t\u009b" and .version == "1\r\u007f"'
    ! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]\|\xc2[\x80-\x9f]\|\xe2\x80\xae' "$stdout_file" || refuse 'a control character in the document'
}

@test "inspect: hostile text in a schema cannot steer a terminal" {
    printf '{"a": "\u202e\x7f\u009b\U0001F600"}' >schema
    pack x.par --target linux-x86 --schema schema
    expect 0 provar inspect x.par -o json
    stdout_has '"schema": {"a": "\u202e\u007f\u009b😀"}'
}

@test "inspect: names of files that are not UTF-8" {
    two $'x\xff\\.par'
    expect 0 provar check $'x\xff\\.par' -o json
    stdout_json '.file == "x\\xff\\\\.par"'
    refused 3 io "cannot open 'y\\xff\\\\': No such file or directory" inspect $'y\xff\\'
}

@test "inspect: colours on a terminal only, and only where they are wanted" {
    needs script
    two x.par
    export TERM=xterm
    expect 0 script -qec 'provar inspect x.par' /dev/null
    stdout_has $'\e[32mvalid\e[0m'
    expect 0 script -qec 'NO_COLOR=1 provar inspect x.par' /dev/null
    stdout_any
    not_said $'\e'
    expect 0 script -qec 'TERM=dumb provar inspect x.par' /dev/null
    stdout_any
    not_said $'\e'
    spoil_signature x.par
    expect 0 script -qec 'provar -q inspect x.par' /dev/null
    stdout_has $'\e[31mINVALID\e[0m'
    expect 0 provar -q inspect x.par
    stdout_any
    not_said $'\e'
}

@test "inspect: archives on which published readers panic, or that they refuse" {
    local none='{capid: false, host_1_0: false, wash_0_27: false, host_1_6: false}'
    two x.par --capid id
    mkdir parts
    tar -xf x.par -C parts
    tar -cf root.par -C parts .
    expect 0 provar inspect root.par
    stdout_has '  era          capid; read by none of them'
    expect 0 provar inspect root.par -o json
    stdout_json ".readers == $none"
    cp linux-x86 parts/mips-linux.bin
    tar -cf unlisted.par -C parts claims.jwt aarch64-linux.bin mips-linux.bin x86_64-linux.bin
    expect 0 provar inspect unlisted.par -o json
    stdout_json '.readers == {capid: false, host_1_0: true, wash_0_27: false, host_1_6: false}'
    echo '{"n": 1e400}' >schema
    two y.par --schema schema
    expect 0 provar inspect y.par -o json
    stdout_json ".readers == $none"
}

@test "inspect: what scripts of wash pass is accepted" {
    two x.par
    expect 0 provar inspect x.par --no-cache --allow-latest -u name -p word --insecure --insecure-skip-tls-verify
    stdout_like '^Test \(plain tar\)'
    expect 0 provar inspect x.par --user name --password=word
    stdout_like '^Test \(plain tar\)'
    WASH_REG_USER=name WASH_REG_PASSWORD=word expect 0 provar inspect x.par
    stdout_like '^Test \(plain tar\)'
}

@test "inspect: oddities become warnings" {
    two x.par
    head -c -512 x.par >odd.par
    expect 0 provar -q inspect x.par
    cp "$stdout_file" due
    stdout_any
    expect 0 provar inspect odd.par
    stdout_is_file due
    stderr_is 'provar: warning: the archive ends with one block of zeros instead of two'
    expect 0 provar inspect odd.par -o json
    stdout_json '.warnings == ["the archive ends with one block of zeros instead of two"]'
    stderr_any
}
