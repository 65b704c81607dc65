# What the interop tests share: the command under test, peers that may be missing, expectations that others compute.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154

bats_require_minimum_version 1.5.0

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
PROVAR=${PROVAR:-$root/build/cli/provar}
case $PROVAR in /*) ;; *) PROVAR=$PWD/$PROVAR ;; esac

# The public test keys of the published vectors: nothing that they sign is worth anything.
issuer_seed=SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU
subject_seed=SVAOZUSBWWFL65P255DOHIETPTXUQMM5ETLSYPITI5G4K4HI6M2CDAPWAU
issuer=AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW
subject=VBM5JMFOVUJDHGTOJSPUJ33ZGHCRCJ3LYHUJ3HND5ZMRVORYCMAVPZQF
stranger=AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV

# astral-tokio-tar 0.5.6, which provider-archive 0.16.2 needs, asks for this compiler.
cargo_minimum=1.83.0

umask 022
unset "${!WASH_@}" SOURCE_DATE_EPOCH TAR_OPTIONS GZIP PIGZ

# Away from the home directory of the caller, where keys and lists of allowed issuers may lie.
provar() { HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR PROVAR_HISTORY= "$PROVAR" "$@"; }

# A peer that this machine lacks is a skip that says its name. CI has every peer, so there it is a failure.
missing() {
    [ "${CI:-}" = true ] || skip "$1"
    echo "$1, and CI=true" >&2
    return 1
}

need() {
    local command
    for command in "$@"; do
        command -v "$command" >/dev/null || missing "needs $command"
    done
}

# expect STATUS COMMAND...: exactly that status, with stdout in $output and stderr in $stderr.
expect() {
    local due=$1
    shift
    run --separate-stderr "$@"
    [ "$status" -ne "$due" ] || return 0
    printf 'status %s where %s is due: %s\nstdout: %s\nstderr: %s\n' "$status" "$due" "$*" "$output" "$stderr" >&2
    return 1
}

# equal WHAT DUE FOUND
equal() {
    [ "$2" != "$3" ] || return 0
    printf '%s differs\n' "$1" >&2
    diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") >&2
    return 1
}

# equal_json WHAT DUE FOUND: the same values, whatever their order and white space.
equal_json() { equal "$1" "$(jq -S . <<<"$2")" "$(jq -S . <<<"$3")"; }

setup_keys() {
    issuer_file=$BATS_TEST_TMPDIR/issuer.nk
    subject_file=$BATS_TEST_TMPDIR/subject.nk
    (umask 077 && printf '%s\n' "$issuer_seed" >"$issuer_file" && printf '%s\n' "$subject_seed" >"$subject_file")
}

# body FILE SIZE SEED: half noise, half text, the same for the same seed, and no header that any system knows.
body() {
    python3 - "$@" <<'PYTHON'
import random, sys
path, size, seed = sys.argv[1], int(sys.argv[2]), sys.argv[3]
noise = random.Random(seed).randbytes(size // 2)
with open(path, "wb") as out:
    out.write((b"body %s\n" % seed.encode() * size)[: size - len(noise)] + noise)
PYTHON
}

sha256() { sha256sum <"$1" | cut -c 1-64 | tr a-f A-F; }

# peek members|payload|schema FILE, peek member FILE NAME: an archive as Python's tarfile sees it, so that what is due
# never comes from provar. `schema` is the text of config_schema as it was signed, or nothing.
peek() {
    python3 - "$@" <<'PYTHON'
import base64, json, sys, tarfile
verb, path = sys.argv[1:3]
with tarfile.open(path) as archive:
    bodies = {entry.name: archive.extractfile(entry).read() for entry in archive}
segment = bodies["claims.jwt"].split(b".")[1]
payload = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4)).decode()
key = '"config_schema":'
if verb == "members":
    print("\n".join(bodies))
elif verb == "member":
    sys.stdout.buffer.write(bodies[sys.argv[3]])
elif verb == "payload":
    print(payload)
elif verb == "schema" and key in payload:
    start = payload.index(key) + len(key)
    print(payload[start : json.JSONDecoder().raw_decode(payload, start)[1]])
PYTHON
}

# Everything that insert, remove and sign must leave alone.
lasting='del(.jti, .iat, .wascap.target_hashes)'

# unchanged BEFORE AFTER: every claim that lasts, the text of the schema, the renewal of jti and iat, the container.
unchanged() {
    local before after
    before=$(peek payload "$1")
    after=$(peek payload "$2")
    equal_json "claims of $2" "$(jq "$lasting" <<<"$before")" "$(jq "$lasting" <<<"$after")"
    equal "schema text of $2" "$(peek schema "$1")" "$(peek schema "$2")"
    equal "first bytes of $2" "$(magic "$1")" "$(magic "$2")"
    jq -en --argjson a "$before" --argjson b "$after" '$b.iat > $a.iat and $b.jti != $a.jti' >/dev/null
}

# Tells gzip from tar, which begins with the name of a member.
magic() { head -c 2 "$1" | od -An -tx1 | tr -d ' '; }

# extracts ARCHIVE T=FILE...: each target comes out as these bytes.
extracts() {
    local archive=$1 pair out
    shift
    for pair in "$@"; do
        out=$(mktemp -u "$BATS_TEST_TMPDIR/out.XXXXXX")
        expect 0 provar extract "$archive" --target "${pair%%=*}" --destination "$out" --issuer "$issuer"
        cmp "$out" "${pair#*=}"
    done
}

# accepts ARCHIVE T=FILE...: intact, signed by the issuer and by nobody else, with these bodies.
accepts() {
    expect 0 provar check "$1" -o json
    jq -e '.success == true' <<<"$output" >/dev/null
    expect 0 provar verify "$1" --issuer "$issuer"
    expect 8 provar verify "$1" --issuer "$stranger"
    extracts "$@"
}

# build_crate CRATE PROGRAM VARIABLE, in setup_file: leaves the program's path in VARIABLE, or in NO_VARIABLE why there is none.
build_crate() {
    local version log target=${CARGO_TARGET_DIR:-$root/build/reference-target} path=$3 reason=NO_$3
    export "$path=${!path:-}" "$reason="
    [ -z "${!path}" ] || return 0
    if ! version=$(cargo --version 2>/dev/null); then
        export "$reason=needs cargo"
        return 0
    fi
    version=$(cut -d ' ' -f 2 <<<"$version")
    if [ "$(printf '%s\n' "$cargo_minimum" "$version" | sort -V | head -n 1)" != "$cargo_minimum" ]; then
        export "$reason=needs cargo $cargo_minimum, and this is $version"
        return 0
    fi
    log=$BATS_FILE_TMPDIR/cargo.log
    if cargo build --quiet --locked --target-dir "$target" \
        --manifest-path "$root/tests/interop/$1/Cargo.toml" >"$log" 2>&1; then
        export "$path=$target/debug/$2"
    else
        sed 's/^/# /' "$log" >&3
        export "$reason=needs the crates of tests/interop/$1, which could not be built"
    fi
}

build_reference() { build_crate reference reference REFERENCE; }
build_oci_client() { build_crate oci_client oci-client-peer OCI_CLIENT; }

need_reference() { [ -n "$REFERENCE" ] || missing "$NO_REFERENCE"; }
need_oci_client() { [ -n "$OCI_CLIENT" ] || missing "$NO_OCI_CLIENT"; }

reference() { RUST_BACKTRACE=0 "$REFERENCE" "$@"; }
