# What the tests of the verbs share: keys, small executables, archives, one-byte damage, and whole failures in both formats.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154

# The public test keys of the published vectors: nothing that they sign is worth anything.
issuer_seed=SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU
subject_seed=SVAOZUSBWWFL65P255DOHIETPTXUQMM5ETLSYPITI5G4K4HI6M2CDAPWAU
issuer=AA7R5L74E45BJ4XVUYTELQ56P5VCOSPOAA474L7QWH4ZAILLKTZFWYYW
subject=VBM5JMFOVUJDHGTOJSPUJ33ZGHCRCJ3LYHUJ3HND5ZMRVORYCMAVPZQF
stranger=AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV

machine=$(uname -m)
here=$machine-linux
# A native executable of this machine that does what it is told by its words.
shell=$(readlink -f /bin/sh)

setup() {
    lib_setup
    unset "${!WASH_@}" "${!OTEL_@}" RUST_LOG WIT_DIR SOURCE_DATE_EPOCH NO_COLOR TMPDIR
    export HOME=$BATS_TEST_TMPDIR/home USER=tester
    umask 022
    mkdir "$HOME"
    seed_file a.nk "$issuer_seed"
    seed_file v.nk "$subject_seed"
    elf x86_64 linux-x86
    elf aarch64 linux-arm
}

# seed_file FILE SEED
seed_file() {
    (umask 077 && printf '%s\n' "$2" >"$1")
}

# new_key KIND FILE: prints the public key
new_key() {
    provar keys gen "$1" --destination "$2"
}

# ---- executables: headers that say what they are, and nothing behind them

# elf MACHINE FILE: ELF, 64 bits, little-endian, e_type DYN, e_machine as it is for x86_64 or aarch64.
elf() {
    local e_machine='\x3e\x00'
    [[ $1 != aarch64 ]] || e_machine='\xb7\x00'
    {
        printf '\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\x00%b\x01\0\0\0' "$e_machine"
        head -c 28 /dev/zero
        printf '\0\0\0\0\x40\x00\x38\x00\0\0\x40\x00\0\0\0\0'
        printf 'body of %s' "$2"
    } >"$2"
}

# macho FILE: Mach-O, 64 bits, cputype arm64, filetype EXECUTE, no load commands.
macho() {
    printf '\xcf\xfa\xed\xfe\x0c\0\0\x01\0\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0' >"$1"
}

# pe FILE: DOS header whose e_lfanew is 64, then PE with machine AMD64, no sections, an optional header of 240 bytes (PE32+).
pe() {
    {
        printf 'MZ'
        head -c 58 /dev/zero
        printf '\x40\0\0\0PE\0\0\x64\x86\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xf0\0\x22\0\x0b\x02'
        head -c 238 /dev/zero
    } >"$1"
}

# ---- archives

# pack ARCHIVE ARG...: signs with the test keys, says nothing
pack() {
    local destination=$1
    shift
    provar -q create --name Test --vendor Acme --issuer a.nk --subject v.nk --destination "$destination" "$@" >/dev/null
}

# two ARCHIVE ARG...: with two targets and a version
two() {
    pack "$@" --version 1.2.3 --revision 7 --target linux-x86 --target linux-arm
}

# change FILE OLD NEW: overwrites the one place where FILE has the text OLD by NEW, which is as long
change() {
    perl -0777 -i -pe 'BEGIN { ($old, $new) = splice(@ARGV, 0, 2); length $old == length $new or die } s/\Q$old\E/$new/ == 1 or die' \
        "$2" "$3" "$1"
}

# spoil_body FILE TARGETFILE: changes one byte of that body
spoil_body() {
    change "$1" "body of $2" "Body of $2"
}

# spoil_signature FILE: changes the tenth character of the signature of a plain archive's token
spoil_signature() {
    perl -0777 -i -pe 's/(eyJ[\w-]+\.[\w-]+\.[\w-]{9})([\w-])/$1 . ($2 eq "A" ? "B" : "A")/e == 1 or die' "$1"
}

# spoil_claims FILE: changes the vendor in the token of a plain archive, without signing it
spoil_claims() {
    perl -0777 -MMIME::Base64=encode_base64url,decode_base64url -i -pe '
        s/(eyJ[\w-]+\.)([\w-]+)/my ($head, $claims) = ($1, decode_base64url($2)); $claims =~ s|Acme|Evil| or die; $head . encode_base64url($claims)/e == 1 or die' "$1"
}

# spoil_header FILE: makes the token of a plain archive say alg "none"
spoil_header() {
    perl -0777 -MMIME::Base64=encode_base64url -i -pe '
        $header = encode_base64url(q({"typ":"jwt","alg":"none"   })); s/eyJ[\w-]+(?=\.)/$header/ == 1 or die' "$1"
}

# token_payload FILE: the signed JSON, as Python's tarfile reads it
token_payload() {
    python3 -c '
import base64, sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    token = archive.extractfile("claims.jwt").read().split(b".")[1]
sys.stdout.buffer.write(base64.urlsafe_b64decode(token + b"=" * (-len(token) % 4)))' "$1"
}

# token_claim FILE FILTER
token_claim() {
    token_payload "$1" | jq -c "$2"
}

# members FILE: the names, by tar
members() {
    tar -tf "$1" | paste -sd ' '
}

# differ FILE FILE
differ() {
    if cmp -s "$1" "$2"; then refuse "$1 and $2 are the same"; fi
}

# absent FILE
absent() {
    if [[ -e $1 || -L $1 ]]; then refuse "$1 is there"; fi
}

mode_of() {
    stat -c %a "$1"
}

# ---- output

# The last command wrote this text nowhere.
not_said() {
    if grep -qF "$1" "$stdout_file" "$stderr_file"; then refuse "this must not be said: $1"; fi
}

# One JSON document, and the jq filter holds for it.
json_in() {
    jq -es "length == 1 and (.[0] | ($2))" "$1" >/dev/null || refuse "expected one document with: $2"
}

stdout_json() {
    stdout_seen=yes
    json_in "$stdout_file" "$1"
}

stderr_json() {
    stderr_seen=yes
    json_in "$stderr_file" "$1"
}

# succeeds STDOUT ARG...: provar, status 0, exactly this output, nothing on stderr
succeeds() {
    local text=$1
    shift
    expect 0 provar "$@"
    stdout_is "$text"
    stderr_is ''
}

# warned WARNING STDOUT ARG...: the same with this one warning
warned() {
    local warning=$1 text=$2
    shift 2
    expect 0 provar "$@"
    stdout_is "$text"
    stderr_is "provar: warning: $warning"
}

# refused STATUS CODE LINE ARG...: the same failure as text on stderr alone, and as a document on stdout alone
refused() {
    local status=$1 code=$2 line=$3
    shift 3
    expect "$status" provar "$@"
    stdout_is ''
    stderr_is "provar: $line [$code]"
    expect "$status" provar -o json "$@"
    stderr_is ''
    stdout_document "$status" "$code" "$line"
}

# refused_bytes: the same where stdout carries bytes, so that the document is on stderr
refused_bytes() {
    local status=$1 code=$2 line=$3
    shift 3
    expect "$status" provar "$@"
    stdout_is ''
    stderr_is "provar: $line [$code]"
    expect "$status" provar -o json "$@"
    stdout_is ''
    failure_document stderr "$status" "$code" "$line"
}

stdout_document() {
    failure_document stdout "$@"
}

# The line is the document's error, and in parentheses its member and offset where the error does not name them.
failure_document() {
    local channel=$1 file=$stdout_file
    shift
    [[ $channel == stdout ]] && stdout_seen=yes || { file=$stderr_file && stderr_seen=yes; }
    jq -es --argjson status "$1" --arg code "$2" --arg line "$3" '
        length == 1 and (.[0] | .success == false and .code == $code and .exit_status == $status
            and (.error as $error | $line | startswith($error))
            and (has("offset") == ($line | test("byte [0-9]+\\)$")))
            and (keys - ["success", "error", "code", "exit_status", "offset", "member", "warnings"] == []))' \
        "$file" >/dev/null || refuse "expected the document of: status $1, code $2, line $3"
}
