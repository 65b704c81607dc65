#!/usr/bin/env bats
# An archive with a target index is an ordinary gzip file to everybody else, and one without an index an ordinary archive.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154

load lib

setup_file() { build_reference; }

setup() {
    need python3 jq
    setup_keys
    cd "$BATS_TEST_TMPDIR" || return
    body big 2300001 big
    body small 513 small
    body byte 1 byte
    # name=file: the bodies go round
    targets=()
    local i files=(big small byte)
    for ((i = 0; i < 40; i++)); do targets+=("cpu$i-linux=${files[i % 3]}"); done
}

# creates COUNT: an indexed archive of the first targets; leaves their pairs in $pairs and its name in $archive
creates() {
    local pair options=()
    pairs=("${targets[@]:0:$1}")
    archive=indexed-$1.par.gz
    for pair in "${pairs[@]}"; do options+=(--target "$pair"); done
    expect 0 provar create --name Interop --vendor wasmCloud --version 1.2.3 --issuer "$issuer_file" --compress \
        --subject "$subject_file" "${options[@]}" --destination "$archive"
    # The header's FEXTRA begins with the index and fills up to a multiple of 257: more than one of them from 40 on.
    equal "index of $archive" 'PI True True' "$(python3 - "$archive" "$1" <<'PYTHON'
import sys
head = open(sys.argv[1], "rb").read(14)
extra = int.from_bytes(head[10:12], "little")
print(head[12:14].decode(), head[3] == 4 and extra % 257 == 0, (extra > 257) == (int(sys.argv[2]) > 3))
PYTHON
)"
}

# The tar stream as Python's zlib decodes it, without a look at the header's fields.
stream_of() {
    python3 -c 'import sys, zlib
decoder = zlib.decompressobj(31)
out = decoder.decompress(open(sys.argv[1], "rb").read())
sys.exit("not whole") if not decoder.eof or decoder.unused_data else sys.stdout.buffer.write(out)' "$1" >stream.tar
}

# reads COMMAND...: decodes $archive on its standard output to these very bytes
reads() {
    stream_of "$archive"
    expect 0 sh -c '"$@" >decoded' - "$@"
    equal "complaints of $1" '' "$stderr"
    cmp decoded stream.tar
}

# holds DIRECTORY: the members, with the bodies that went in
holds() {
    local pair
    equal "members in $1" "$(($2 + 1))" "$(find "$1" -type f | wc -l)"
    [ -s "$1/claims.jwt" ]
    for pair in "${pairs[@]}"; do cmp "$1/${pair%%=*}.bin" "${pair#*=}"; done
}

for_each_count() {
    local count
    for count in 1 3 40; do
        creates "$count"
        "$@" "$count"
    done
}

# fails TEXT FUNCTION: for_each_count does, and says this. Behind "||" and in "if" no command's failure ends a function; so
# it is a job whose end is looked at.
fails() {
    local ended=0
    (
        set -e
        for_each_count "$2"
    ) >failing.log 2>&1 &
    wait $! || ended=$?
    [ "$ended" -ne 0 ]
    grep -q "$1" failing.log
}

@test "a decoder that fails, one that alters, a wrong body and a member too many are seen" {
    need gzip tar
    ends_badly() { reads sh -c 'gzip -dc "$1"; [ "$2" -lt 3 ]' - "$archive" "$1"; }
    alters() { reads sh -c 'gzip -dc "$1" | tr B b' - "$archive"; }
    has_wrong_body() {
        mkdir "u$1"
        tar -C "u$1" -xzf "$archive"
        [ "$1" = 1 ] || echo >"u$1/cpu0-linux.bin"
        holds "u$1" "$1"
    }
    has_more() {
        mkdir "u$1"
        tar -C "u$1" -xzf "$archive"
        touch "u$1/more"
        holds "u$1" "$1"
    }
    fails '^status 1 where 0 is due: sh ' ends_badly
    fails '^decoded stream.tar differ' alters
    fails '^cmp: EOF on u3/cpu0-linux.bin\|^u3/cpu0-linux.bin .* differ' has_wrong_body
    rm -r u1 u3
    fails '^members in u1 differs' has_more
}

@test "gzip reads an indexed archive" {
    need gzip
    gunzips() {
        expect 0 gzip -t "$archive"
        equal 'gzip -t' '' "$stderr"
        reads gzip -dc "$archive"
    }
    for_each_count gunzips
}

@test "pigz reads an indexed archive" {
    need pigz
    unpigzes() { reads pigz -dc "$archive"; }
    for_each_count unpigzes
}

@test "igzip reads an indexed archive" {
    need igzip
    igunzips() { reads igzip -dc "$archive"; }
    for_each_count igunzips
}

@test "bsdtar reads an indexed archive" {
    need bsdtar
    unpacks() {
        mkdir "b$1"
        expect 0 bsdtar -C "b$1" -xf "$archive"
        equal bsdtar '' "$stderr"
        holds "b$1" "$1"
    }
    for_each_count unpacks
}

@test "GNU tar reads an indexed archive" {
    need tar gzip
    unpacks() {
        mkdir "g$1"
        expect 0 tar -C "g$1" -xzf "$archive"
        equal tar '' "$stderr"
        holds "g$1" "$1"
    }
    for_each_count unpacks
}

@test "Python's gzip and tarfile read an indexed archive" {
    unpacks() {
        reads python3 -c 'import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())' "$archive"
        mkdir "p$1"
        python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1], "r:gz").extractall(sys.argv[2])' "$archive" "p$1"
        holds "p$1" "$1"
    }
    for_each_count unpacks
}

@test "Node reads an indexed archive" {
    need node
    gunzips() {
        reads node -e 'process.stdout.write(require("zlib").gunzipSync(require("fs").readFileSync(process.argv[1])))' \
            "$archive"
    }
    for_each_count gunzips
}

# The crates' report of an archive, less what differs from one archive to the next.
crate_loads() {
    local version=$1 pair
    expect 0 reference load "$version" "$archive"
    for pair in "${pairs[@]}"; do
        jq -e --arg target "${pair%%=*}" --arg sha256 "$(sha256 "${pair#*=}")" --argjson count "${#pairs[@]}" \
            '(.members | length) == $count and .members[$target].sha256 == $sha256
                and .target_hashes[$target] == $sha256' <<<"$output" >/dev/null || {
            echo "${pair%%=*} in $version: $output" >&2
            return 1
        }
    done
    for pair in "${pairs[@]:0:3}"; do
        expect 0 reference load "$version" "$archive" --target "${pair%%=*}"
        equal "${pair%%=*} alone in $version" "$(sha256 "${pair#*=}")" \
            "$(jq -r --arg target "${pair%%=*}" '.members[$target].sha256' <<<"$output")"
    done
}

@test "the published crates read an indexed archive" {
    need_reference
    load_both() {
        crate_loads 0.14.0
        crate_loads 0.16.2
    }
    for_each_count load_both
}

# What the crates write has no index: nothing about it has changed.
@test "archives of the published crates, which have no index" {
    need_reference
    local version
    pairs=("${targets[@]:0:3}")
    for version in 0.14.0 0.16.2; do
        archive=crate-$version.par.gz
        expect 0 reference create "$version" "$archive" --name Interop --vendor wasmCloud --issuer "$issuer_seed" \
            --subject "$subject_seed" "${pairs[@]}" --compress
        equal "magic of $archive" 1f8b "$(magic "$archive")"
        equal "flags of $archive" '0' "$(head -c 4 "$archive" | tail -c 1 | od -An -tu1 | tr -d ' ')"
        accepts "$archive" "${pairs[@]}"
        expect 0 provar insert "$archive" --target "new-linux=small" --issuer "$issuer_file"
        accepts "$archive" "${pairs[@]}" new-linux=small
        pairs+=(new-linux=small)
        crate_loads "$version"
        unset 'pairs[3]'
    done
}
