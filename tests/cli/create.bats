#!/usr/bin/env bats
# provar create: claims, targets, destinations, reproducible bytes.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

# The least that create wants, but executables and their destination.
who=(--name Test --vendor Acme --version 1 --issuer a.nk --subject v.nk)

@test "create: one command, several targets, one signature" {
    macho mac
    pe win.exe
    succeeds 'created x.par' create "${who[@]}" --target linux-x86 --target linux-arm --target mac --target win.exe --destination x.par
    [[ $(members x.par) == 'claims.jwt aarch64-linux.bin aarch64-macos.bin x86_64-linux.bin x86_64-windows.bin' ]]
    expect 0 provar verify x.par --issuer "$issuer"
    stdout_any
}

@test "create -o json: the document, and warnings in it" {
    expect 0 provar create "${who[@]}" --target linux-x86 -o json
    stdout_json '. == {success: true, file: "linux-x86.par"}'
    expect 0 provar create --name N --vendor V --issuer a.nk --subject v.nk --target linux-x86 -o json
    stderr_is 'provar: warning: the archive has no version'
    stdout_json '. == {success: true, file: "linux-x86.par", warnings: ["the archive has no version"]}'
    expect 0 provar create --name N --vendor V --issuer a.nk --subject v.nk --target linux-x86 -o json -q
    stdout_json '.warnings == ["the archive has no version"]'
}

@test "create: what every option says stands in the token" {
    echo '{"type": "object", "n": 1.10}' >schema.json
    expect 0 provar create -n Name -v Vendor -r 42 --version 1.2.3-rc -j schema.json -c wasmcloud:test -b linux-x86 \
        -a x86_64-linux -i a.nk -s v.nk --jti ID --expires 4102444800 --not-before 1000 --destination x.par
    stdout_is 'created x.par'
    [[ $(token_claim x.par '[.jti, .exp, .nbf, .iss, .sub]') == "[\"ID\",4102444800,1000,\"$issuer\",\"$subject\"]" ]]
    [[ $(token_claim x.par '.wascap | [.name, .vendor, .rev, .ver, .capid]') == '["Name","Vendor",42,"1.2.3-rc","wasmcloud:test"]' ]]
    [[ $(token_payload x.par) == *'"config_schema":{"type": "object", "n": 1.10}'* ]]
}

@test "create: long options with and without =" {
    expect 0 provar create --name=Name --vendor=Vendor --revision=42 --version=1.2.3 --binary=linux-x86 --arch=x86_64-linux \
        --issuer=a.nk --subject=v.nk --capid=id --destination=x.par
    stdout_is 'created x.par'
    [[ $(token_claim x.par '.wascap | [.name, .vendor, .rev, .ver, .capid]') == '["Name","Vendor",42,"1.2.3","id"]' ]]
}

@test "create: WASH_JSON_SCHEMA, which --schema overrides" {
    echo '{"from": "environment"}' >e.json
    echo '{"from": "option"}' >o.json
    export WASH_JSON_SCHEMA=e.json
    succeeds 'created x.par' create "${who[@]}" --target linux-x86 --destination x.par
    [[ $(token_claim x.par .wascap.config_schema.from) == '"environment"' ]]
    succeeds 'created x.par' create "${who[@]}" --target linux-x86 --destination x.par --schema o.json
    [[ $(token_claim x.par .wascap.config_schema.from) == '"option"' ]]
}

@test "create: a schema that is none" {
    local text
    for text in '[]' x '' 'null'; do
        printf '%s' "$text" >s.json
        refused 5 claims 'the configuration schema: malformed JSON: no object at byte 0' create "${who[@]}" --target linux-x86 -j s.json
    done
    printf '{"a":1,"a":2}' >s.json
    refused 5 claims "the configuration schema: malformed JSON: a key that its object has twice at byte 7" \
        create "${who[@]}" --target linux-x86 -j s.json
    refused 3 io "cannot open 'nowhere': No such file or directory" create "${who[@]}" --target linux-x86 -j nowhere
    refused 3 io "'home' is not a regular file" create "${who[@]}" --target linux-x86 -j home
    mkfifo pipe
    refused 3 io "'pipe' is not a regular file" create "${who[@]}" --target linux-x86 -j pipe
    WASH_JSON_SCHEMA=/dev/zero refused 3 io "'/dev/zero' is not a regular file" create "${who[@]}" --target linux-x86
    head -c 1048576 /dev/zero >s.json
    refused 5 claims 'the configuration schema: malformed JSON: no object at byte 0' create "${who[@]}" --target linux-x86 -j s.json
    head -c 1048577 /dev/zero >s.json
    refused 13 limit "'s.json' is larger than 1048576 bytes" create "${who[@]}" --target linux-x86 -j s.json
    absent linux-x86.par
}

@test "create: what is missing" {
    local keys=(--issuer a.nk --subject v.nk)
    refused 2 usage 'missing: --name' create --vendor V --target linux-x86 "${keys[@]}"
    refused 2 usage 'missing: --vendor' create --name N --target linux-x86 "${keys[@]}"
    refused 2 usage 'no executable: give --target [TARGET=]FILE or --binary FILE' create "${who[@]}"
    refused 2 usage '--arch without --binary' create "${who[@]}" --arch x86_64-linux --target linux-x86
    refused 2 usage '--destination is required with several executables' create "${who[@]}" --target linux-x86 --target linux-arm
    refused 2 usage '--destination is required with several executables' create "${who[@]}" --binary linux-x86 --target linux-arm
    refused 2 usage "unexpected word 'word'" create "${who[@]}" --target linux-x86 word
    refused 2 usage "--name: missing argument; 'provar create --help' lists the options" create --name
}

@test "create: what may be empty, as wash has it, and what may not" {
    local keys=(--issuer a.nk --subject v.nk --target linux-x86)
    succeeds 'created linux-x86.par' create --name '' --vendor '' --version '' "${keys[@]}"
    [[ $(token_claim linux-x86.par '.wascap | [.name, .vendor, .ver]') == '["","",""]' ]]
    refused 2 usage '--capid: a contract id cannot be empty' create --name N --vendor V --capid '' "${keys[@]}"
}

@test "create: revisions are read strictly" {
    local number
    for number in 010 +1 1x 0x1 -1 2147483648 '' ' 1' 1e3; do
        refused 2 usage "--revision: '$number' is not a number from 0 to 2147483647" \
            create "${who[@]}" --target linux-x86 --revision="$number"
    done
    absent linux-x86.par
    for number in 0 2147483647; do
        succeeds 'created linux-x86.par' create "${who[@]}" --target linux-x86 -r "$number"
        [[ $(token_claim linux-x86.par .wascap.rev) == "$number" ]]
    done
}

@test "create: times" {
    local time
    for time in soon 010 +90 +90y +d 2027-13-01T00:00:00Z 2027-02-29T00:00:00Z 2027-01-31T00:00:00+2 ''; do
        refused 2 usage "--expires: '$time' is neither seconds, nor a time such as 2027-01-31T00:00:00Z, nor +90d" \
            create "${who[@]}" --target linux-x86 --expires="$time"
    done
    refused 2 usage '--expires must be later than --not-before' \
        create "${who[@]}" --target linux-x86 --expires +1h --not-before +2h
    refused 2 usage "--not-before: 'x' is neither seconds, nor a time such as 2027-01-31T00:00:00Z, nor +90d" \
        create "${who[@]}" --target linux-x86 --not-before x
    SOURCE_DATE_EPOCH=5000 refused 9 time 'the archive would be expired when it is issued: it expires at 1000 (1970-01-01T00:16:40Z), and is issued at 5000 (1970-01-01T01:23:20Z)' \
        create "${who[@]}" --target linux-x86 --expires 1000
    export SOURCE_DATE_EPOCH=1000
    local -A due=([+90d]=7777000 [+1s]=1001 [+2m]=1120 [+1h]=4600 [+1w]=605800 [2028-02-29T12:00:00Z]=1835438400
[2028-02-29T13:30:00+01:30]=1835438400)
    for time in "${!due[@]}"; do
        succeeds 'created linux-x86.par' create "${who[@]}" --target linux-x86 --expires "$time"
        [[ $(token_claim linux-x86.par .exp) == "${due[$time]}" ]]
    done
    succeeds 'created linux-x86.par' create "${who[@]}" --target linux-x86 --expires never --not-before never
    [[ $(token_claim linux-x86.par '[.exp, .nbf]') == '[null,null]' ]]
}

@test "create --compress: a level only behind =" {
    succeeds 'created linux-x86.par.gz' create "${who[@]}" --compress --target linux-x86
    local level
    for level in 1 6 12; do
        succeeds "created x$level" create "${who[@]}" --target linux-x86 --destination "x$level" --compress=$level
        gzip -t <"x$level"
    done
    succeeds 'created plain.par' create "${who[@]}" --target linux-x86 --destination plain.par
    tar -tf plain.par >/dev/null
    for level in 0 13 x -1 '' 09; do
        refused 2 usage "--compress: '$level' is not a number from 1 to 12" create "${who[@]}" --target linux-x86 --compress=$level
    done
    refused 2 usage "unexpected word '9'" create "${who[@]}" --target linux-x86 --compress 9
}

@test "create: a bare file is named by its header" {
    macho mac
    pe win.exe
    local pair
    for pair in linux-x86=x86_64-linux linux-arm=aarch64-linux mac=aarch64-macos win.exe=x86_64-windows; do
        succeeds 'created x.par' create "${who[@]}" --target "${pair%=*}" --destination x.par
        [[ $(members x.par) == "claims.jwt ${pair#*=}.bin" ]]
        succeeds 'created x.par' create "${who[@]}" --binary "${pair%=*}" --destination x.par
        [[ $(members x.par) == "claims.jwt ${pair#*=}.bin" ]]
    done
}

@test "create: a file without a header is this machine's, with a warning" {
    echo text >plain
    warned "a file without a known executable header is taken for '$here'" 'created plain.par' create "${who[@]}" --target plain
    [[ $(members plain.par) == "claims.jwt $here.bin" ]]
    warned "the file for 'mips64-android' has no known executable header" 'created plain.par' create "${who[@]}" --target mips64-android=plain
    printf '\177ELF' >stump
    warned "the file for 'x86_64-linux' has no known executable header" 'created stump.par' create "${who[@]}" --target x86_64-linux=stump
    head -c 63 linux-x86 >cut
    warned "the file for 'x86_64-linux' has no known executable header" 'created cut.par' create "${who[@]}" --target x86_64-linux=cut
    [[ $(members plain.par) == 'claims.jwt mips64-android.bin' ]]
}

@test "create: a name that the header contradicts" {
    macho mac
    refused 2 usage "the file for 'x86_64-linux' holds elf code for aarch64; --force accepts that" \
        create "${who[@]}" --target x86_64-linux=linux-arm
    refused 2 usage "the file for 'aarch64-linux' holds mach-o code for aarch64; --force accepts that" \
        create "${who[@]}" --binary mac --arch aarch64-linux
    refused 2 usage "the file for 'x86_64-windows' holds elf code for x86_64; --force accepts that" \
        create "${who[@]}" --target x86_64-windows=linux-x86
    warned "the file for 'x86_64-linux' holds elf code for aarch64" 'created linux-arm.par' create "${who[@]}" --target x86_64-linux=linux-arm --force
    succeeds 'created linux-x86.par' create "${who[@]}" --target x86_64-freebsd=linux-x86
}

@test "create: names of other tools are mapped, and it says so" {
    macho mac
    warned "the target 'arm64-darwin' is named 'aarch64-macos', as hosts call it" 'created mac.par' create "${who[@]}" --target arm64-darwin=mac
    [[ $(members mac.par) == 'claims.jwt aarch64-macos.bin' ]]
    warned "the target 'amd64-linux' is named 'x86_64-linux', as hosts call it" 'created linux-x86.par' create "${who[@]}" --binary linux-x86 --arch amd64-linux
}

@test "create: names that are no target" {
    local name
    for name in a/b ../x linux X86_64-linux claims.jwt .a-b; do
        refused 2 usage "not an ARCH-OS target name such as '$here': '$name'" create "${who[@]}" --binary linux-x86 --arch "$name"
    done
    for name in claims world world.wasm; do
        refused 2 usage "reserved word as target name: '$name'" create "${who[@]}" --binary linux-x86 --arch "$name"
    done
    refused 2 usage '--arch: empty target name' create "${who[@]}" --binary linux-x86 --arch ''
    refused 2 usage "'linux-x86': another executable was given for its target already" \
        create "${who[@]}" --target linux-x86 --target linux-x86 --destination x.par
    refused 2 usage "'linux-arm': another executable was given for its target already" \
        create "${who[@]}" --binary linux-x86 --target amd64-linux=linux-arm --force --destination x.par
}

@test "create --target: split at the first = where a target's name stands before it" {
    cp linux-x86 a=b
    cp linux-x86 linux=x86
    succeeds 'created a=b.par' create "${who[@]}" --target a=b
    [[ $(members a=b.par) == 'claims.jwt x86_64-linux.bin' ]]
    succeeds 'created a=b.par' create "${who[@]}" --target x86_64-android=a=b
    [[ $(members a=b.par) == 'claims.jwt x86_64-android.bin' ]]
    refused 3 io "cannot open 'nowhere': No such file or directory" create "${who[@]}" --target nowhere
    refused 2 usage "cannot open 'plan9=linux-x86': No such file or directory; what stands before '=' is no target name such as x86_64-linux" \
        create "${who[@]}" --target plan9=linux-x86
}

@test "create: files that cannot be packed" {
    : >empty
    mkfifo pipe
    refused 2 usage "the file 'empty' is empty" create "${who[@]}" --target empty
    refused 3 io "'home' is not a regular file" create "${who[@]}" --target home
    refused 3 io "'pipe' is not a regular file" create "${who[@]}" --target pipe
    refused 3 io "'/dev/zero' is not a regular file" create "${who[@]}" --target /dev/zero
}

@test "create: the default destination is the executable's stem, in this folder" {
    mkdir bin
    cp linux-x86 bin/provider.v1.exe
    succeeds 'created provider.v1.par' create "${who[@]}" --target bin/provider.v1.exe
    succeeds 'created provider.v1.par.gz' create "${who[@]}" --target bin/provider.v1.exe --compress
    cp linux-x86 .hidden
    succeeds 'created .hidden.par' create "${who[@]}" --target .hidden
}

@test "create: the name given is the name written" {
    succeeds 'created any.thing' create "${who[@]}" --target linux-x86 --compress --destination any.thing
    gzip -t <any.thing
}

@test "create: an existing file is replaced by a new one" {
    echo precious >x.par
    ln x.par other
    succeeds 'created x.par' create "${who[@]}" --target linux-x86 --destination x.par
    [[ $(<other) == precious ]]
    tar -tf x.par >/dev/null
}

@test "create: a failure leaves the existing file as it was, and nothing else" {
    echo precious >x.par
    local before
    before=$(ls -A -I '.std*')
    refused 3 io "cannot open 'nowhere': No such file or directory" create "${who[@]}" --target linux-x86 --target nowhere --destination x.par
    [[ $(<x.par) == precious ]]
    [[ $(ls -A -I '.std*') == "$before" ]]
}

@test "create, insert: an archive never takes the place of what it is made of" {
    cp linux-x86 before
    ln linux-x86 twin
    refused 2 usage "the destination 'twin' is an input of this command" \
        create "${who[@]}" --target linux-arm --target linux-x86 --destination twin
    refused 2 usage "the destination 'linux-x86' is an input of this command" \
        create "${who[@]}" --binary linux-x86 --destination linux-x86
    succeeds 'created x.par' create "${who[@]}" --target linux-arm --destination x.par
    refused 2 usage "the destination 'linux-x86' is an input of this command" \
        insert x.par --issuer a.nk --target linux-x86 --destination linux-x86
    refused 2 usage "the destination 'a.nk' is an input of this command" \
        create "${who[@]}" --target linux-arm --destination a.nk
    refused 2 usage "the destination 'a.nk' is an input of this command" \
        insert x.par --issuer a.nk --target linux-x86 --destination a.nk
    printf '{}' >schema.json
    refused 2 usage "the destination 'schema.json' is an input of this command" \
        create "${who[@]}" --target linux-arm --schema schema.json --destination schema.json
    cmp linux-x86 before
    [[ $(<a.nk) == "$issuer_seed" ]]
}

@test "create: destinations that are unsafe or not there" {
    ln -s nowhere link
    mkdir folder
    refused 15 unsafe-path "'link' is in the way and is not a regular file" create "${who[@]}" --target linux-x86 --destination link
    refused 15 unsafe-path "'folder' is in the way and is not a regular file" create "${who[@]}" --target linux-x86 --destination folder
    refused 15 unsafe-path "'folder/' does not name a file" create "${who[@]}" --target linux-x86 --destination folder/
    refused 15 unsafe-path "'/dev/null' is in the way and is not a regular file" create "${who[@]}" --target linux-x86 --destination /dev/null
    refused 3 io "cannot open the directory of 'none/x.par': No such file or directory" \
        create "${who[@]}" --target linux-x86 --destination none/x.par
    refused 2 usage '--destination: an empty name is no file' create "${who[@]}" --target linux-x86 --destination ''
    absent nowhere
}

@test "create --destination -: the archive alone on stdout, the document on stderr" {
    export SOURCE_DATE_EPOCH=1000
    succeeds 'created x.par' create "${who[@]}" --jti id --target linux-x86 --destination x.par
    expect 0 provar create "${who[@]}" --jti id --target linux-x86 --destination -
    stdout_is_file x.par
    expect 0 provar create -q "${who[@]}" --jti id --target linux-x86 --destination=- -o json
    stdout_is_file x.par
    stderr_json '. == {success: true, file: "-"}'
    expect 0 provar create --name Test --vendor Acme -i a.nk -s v.nk --target linux-x86 --destination - -o json
    stdout_any
    stderr_json '.warnings == ["the archive has no version"]'
}

@test "create --destination -: refused, nothing is on stdout" {
    refused_bytes 3 io "cannot open 'nowhere': No such file or directory" create "${who[@]}" --target nowhere --destination -
    refused 2 usage 'missing: --name' create --target linux-x86 --destination -
    refused 2 usage "--bogus: unknown option; 'provar create --help' lists the options" create --bogus --destination -
}

@test "create --destination -: never to a terminal" {
    needs script
    expect 0 script -qec "provar create ${who[*]} --target linux-x86 --destination - 2>said; echo \$? >status" /dev/null
    stdout_any
    [[ $(<status) == 2 ]]
    [[ $(<said) == 'provar: standard output is a terminal: send the bytes to a file or a pipe [usage]' ]]
}

@test "create: the same inputs, keys, id and time give the same bytes" {
    export SOURCE_DATE_EPOCH=1700000000
    local form
    for form in --quiet --compress --compress=12; do
        succeeds 'created one' create "${who[@]}" --jti one --target linux-x86 --target linux-arm --destination one $form
        succeeds 'created two' create "${who[@]}" --jti one --target linux-arm --target linux-x86 --destination two $form
        cmp one two
    done
    succeeds 'created two' create "${who[@]}" --jti two --target linux-arm --target linux-x86 --destination two --compress=12
    differ one two
    [[ $(token_claim two .iat) == 1700000000 ]]
}

@test "create: without an id each archive has its own, of 22 characters of base62" {
    pack one --target linux-x86
    pack two --target linux-x86
    [[ $(token_claim one .jti) =~ ^\"[0-9A-Za-z]{22}\"$ ]]
    [[ $(token_claim one .jti) != "$(token_claim two .jti)" ]]
    refused 2 usage "the token's id is empty" create "${who[@]}" --target linux-x86 --jti ''
}

@test "create: SOURCE_DATE_EPOCH is read strictly" {
    local value
    for value in x -1 010 never +1d 9223372036854775808; do
        SOURCE_DATE_EPOCH=$value refused 2 usage "SOURCE_DATE_EPOCH: '$value' is not a number of seconds" create "${who[@]}" --target linux-x86
    done
}

@test "create: text that is not UTF-8" {
    local good=(--issuer a.nk --subject v.nk --target linux-x86)
    refused 5 claims 'the name is not UTF-8 text, or holds a NUL' create --vendor V --name $'\xff' "${good[@]}"
    refused 5 claims 'the vendor is not UTF-8 text, or holds a NUL' create --name N --vendor $'\xc3' "${good[@]}"
    refused 5 claims 'the version is not UTF-8 text, or holds a NUL' create --name N --vendor V --version $'\xed\xa0\x80' "${good[@]}"
    refused 5 claims 'the contract id is not UTF-8 text, or holds a NUL' create --name N --vendor V --capid $'\xff' "${good[@]}"
}

@test "create --wit: world.wasm, with a warning about old tools" {
    printf '\0asm\015\0\001\0' >world
    warned 'an archive with world.wasm makes published tools before 0.15 panic' 'created linux-x86.par' create "${who[@]}" --target linux-x86 --wit world
    [[ $(members linux-x86.par) == 'claims.jwt world.wasm x86_64-linux.bin' ]]
    [[ $(token_claim linux-x86.par '.wascap.target_hashes | keys') == '["world.wasm","x86_64-linux"]' ]]
    printf '\0asm\001\0\0\0' >world
    expect 0 provar -q create "${who[@]}" --target linux-x86 --wit world
    stdout_any
}

@test "create --wit: what is no WebAssembly" {
    refused 2 usage "the file 'a.nk' is no WebAssembly: world.wasm is an encoded WIT package" create "${who[@]}" --target linux-x86 --wit a.nk
    printf '\0asm\002\0\0\0' >world
    refused 2 usage "the file 'world' is no WebAssembly: world.wasm is an encoded WIT package" create "${who[@]}" --target linux-x86 --wit world
    refused 3 io "cannot open 'nowhere': No such file or directory" create "${who[@]}" --target linux-x86 --wit nowhere
    absent linux-x86.par
}

@test "create --wit-directory and WIT_DIR: encoded by wasm-tools" {
    local missing="--wit-directory needs wasm-tools on the path: encode the directory first with 'wasm-tools component wit --wasm DIR -o world.wasm' and pass --wit world.wasm"
    if ! command -v wasm-tools >/dev/null; then
        refused 2 usage "$missing" create "${who[@]}" --target linux-x86 --wit-directory wit
        WIT_DIR=wit refused 2 usage "$missing" create "${who[@]}" --target linux-x86
    fi
    mkdir tools
    printf '#!/bin/sh\n[ "$1 $2 $3" = "component wit --wasm" ] || exit 1\nprintf "\\0asm\\015\\0\\001\\0encoded %%s" "$4"\n[ "$4" != bad ]\n' >tools/wasm-tools
    chmod +x tools/wasm-tools
    PATH=$PWD/tools:$PATH
    expect 0 provar -q create "${who[@]}" --target linux-x86 --wit-directory wit
    stdout_is 'created linux-x86.par'
    [[ $(tar -xOf linux-x86.par world.wasm | tail -c +9) == 'encoded wit' ]]
    WIT_DIR=other expect 0 provar -q create "${who[@]}" --target linux-x86
    stdout_is 'created linux-x86.par'
    [[ $(tar -xOf linux-x86.par world.wasm | tail -c +9) == 'encoded other' ]]
    refused 2 usage "wasm-tools could not encode the directory 'bad'" create "${who[@]}" --target linux-x86 --wit-directory bad
}
