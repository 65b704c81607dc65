#!/usr/bin/env bats
# provar pull, and references where other verbs take files: what is proven before anything has a name.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

# LAY-1.
@test "pull: the bytes that were pushed, under the name that is stored" {
    two x.par.gz --compress
    mkdir d
    provar -q push oci:d/http:1 x.par.gz >/dev/null
    succeeds "pulled http.par.gz from oci:d/http:1" pull oci:d/http:1 --issuer "$issuer"
    cmp http.par.gz x.par.gz
    [[ $(mode_of http.par.gz) == 644 ]]
    expect 0 provar pull "oci:d/http:1@$(digest_of d/http 1)" --issuer "$issuer" --destination y.par -o json
    stdout_json '.success and .file == "y.par" and .blob_verified and .digest == "'"$(digest_of d/http 1)"'"
        and .blob == "sha256:'"$(sha256sum <x.par.gz | cut -d ' ' -f 1)"'" and .tag == "1"'
    cmp y.par x.par.gz
    provar pull oci:d/http:1 --issuer "$issuer" --destination - >z.par
    cmp z.par x.par.gz
}

# PULL-4.
@test "pull: nobody is believed without being named; the destination stays as it was" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    echo old >y.par
    refused 8 untrusted "no issuer is trusted: pass --issuer A... with the key you expect, or --insecure-no-trust" \
        pull oci:s:a --destination y.par
    expect 8 provar pull oci:s:a --issuer "$stranger" --destination y.par
    stderr_like '\[untrusted\]$'
    expect 8 provar pull oci:s:a --issuer "$issuer" --min-revision 8 --destination y.par
    stderr_like '\[untrusted\]$'
    [[ $(<y.par) == old && $(ls -A | grep -c '^\.provar') == 0 ]]
    expect 0 provar pull oci:s:a --insecure-no-trust --destination y.par
    stdout_any
    stderr_like 'whoever signed this archive is believed'
    cmp x.par y.par
}

# LAY-2, PULL-2, PULL-4.
@test "pull: an altered layer or manifest has no way out (rows 208, 210, 211)" {
    two x.par
    provar -q push oci:good:t x.par >/dev/null
    cp -r good s
    spoil_body "$(layer s t)" linux-x86
    expect 14 provar pull oci:s:t --issuer "$issuer" --destination y.par
    stderr_like 'the content is not that of its digest.*\[registry\]$'
    expect 14 provar verify oci:s:t --issuer "$issuer"
    stderr_like 'the content is not that of its digest.*\[registry\]$'
    # Read in part, nobody asks for the digest of the whole: what was signed decides.
    expect 6 provar extract oci:s:t --issuer "$issuer" --target x86_64-linux --destination y.par
    stderr_like '\[digest\]$'
    expect 6 provar pull oci:s:t --issuer "$issuer" --target x86_64-linux --destination y.par
    stderr_like '\[digest\]$'
    expect 14 provar pull "oci:s:t@$(digest_of s t)" --issuer "$issuer" --target aarch64-linux --lazy=never --destination y.par
    stderr_like 'the content is not that of its digest.*\[registry\]$'
    expect 0 provar pull "oci:s:t@$(digest_of s t)" --issuer "$issuer" --target aarch64-linux --destination arm
    stdout_like '; of the rest of the file nothing is proven$'
    cmp arm linux-arm
    for change in 'head -c -1' 'cat - v.nk'; do
        rm -rf s && cp -r good s
        $change <x.par >"$(layer good t | sed 's/^good/s/')"
        expect 14 provar pull oci:s:t --issuer "$issuer" --destination y.par
        stderr_like 'the blob sha256:[0-9a-f]{64} has [0-9]+ bytes, and [0-9]+ by its descriptor \[registry\]$'
    done
    rm -rf s && cp -r good s
    change "$(blob s "$(digest_of s t)")" '"Test"' '"Tess"'
    expect 14 provar pull oci:s:t --issuer "$issuer" --destination y.par
    stderr_like 'the content is not that of its digest.*\[registry\]$'
    absent y.par
    expect 0 provar pull oci:good:t --issuer "$issuer" --destination y.par
    stdout_any
}

@test "pull: a digest decides, and a tag beside it is only shown (rows 231, 236)" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par >/dev/null
    provar -q push oci:s:b y.par >/dev/null
    expect 0 provar pull "oci:s:a@$(digest_of s b)" --issuer "$issuer" --destination z.par -o json
    stdout_json '.tag == "a" and .digest == "'"$(digest_of s b)"'"'
    cmp z.par y.par
    local hex
    hex=$(digest_of s a)
    expect 0 provar pull oci:s --digest "${hex#sha256:}" --issuer "$issuer" --destination z.par
    stdout_any
    cmp z.par x.par
    expect 17 provar pull oci:s --digest "sha256:$(printf '%064d' 1)" --issuer "$issuer" --destination z.par
    stderr_like '\[not-found\]$'
    refused 2 usage "--digest contradicts the digest in 'oci:s@$hex'" pull "oci:s@$hex" --digest "$(digest_of s b)" --issuer "$issuer"
    expect 0 provar inspect oci:s:a --digest "$hex"
    stdout_any
    refused 6 digest "the manifest's digest is $hex, not the one demanded" inspect oci:s:a --digest "$(digest_of s b)"
    expect 0 provar inspect oci:s:a --digest "$(tr a-f A-F <<<"${hex#sha256:}")"
    stdout_any
    # What is no digest is a slip of whoever asked, and nothing is opened for it.
    local slip
    for slip in abc '' "${hex%?}" "${hex}0" "${hex%?}g" "sha512:${hex#*:}"; do
        for file in oci:s:a oci:none:a x.par none.par; do
            refused 2 usage "--digest: '$slip' is not a SHA-256 of 64 hex digits" inspect $file --digest "$slip"
        done
        expect 2 provar pull oci:s --digest "$slip" --issuer "$issuer" --destination none
        stderr_like '\[usage\]$'
    done
}

@test "pull and extract: the layout that is read, and what it is made of, is no destination" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    cp -r s before
    refused 2 usage "missing: --destination FILE; 's' is the layout itself" pull oci:s:a --target x86_64-linux --issuer "$issuer"
    local file
    for file in s s/ s/index.json s/../s/oci-layout "$(layer s a)" "$(blob s "$(digest_of s a)")" s/blobs/sha256/new; do
        refused 2 usage "the destination '$file' is an input of this command" pull oci:s:a --issuer "$issuer" --destination "$file"
        refused 2 usage "the destination '$file' is an input of this command" \
            extract oci:s:a --target x86_64-linux --issuer "$issuer" --force --destination "$file"
    done
    (cd s/blobs/sha256 && expect 2 provar pull oci:../..:a --issuer "$issuer" --destination new && stderr_any)
    diff -r s before
    # Elsewhere in the directory, or in a layout that is not read, a file is the user's.
    expect 0 provar pull oci:s:a --issuer "$issuer" --destination s/out.par
    stdout_any
    cmp s/out.par x.par
    expect 0 provar pull oci:s:a --issuer "$issuer" --destination before/index.json
    stdout_any
    mkdir d && cd d
    expect 0 provar pull oci:../s:a --target x86_64-linux --issuer "$issuer"
    stdout_is "pulled s from oci:../s:a; of the rest of the file nothing is proven"
    cmp s ../linux-x86
    # Its usual name may be something else's: that stays, without being told so.
    echo mine >s
    refused 3 io "'s' exists; --destination 's' replaces it" pull oci:../s:a --target x86_64-linux --issuer "$issuer"
    [[ $(<s) == mine ]]
    expect 0 provar pull oci:../s:a --target x86_64-linux --issuer "$issuer" --destination s
    stdout_any
    cmp s ../linux-x86
}

# LAY-4.
@test "pull: without a tag the only one, else the tags are listed" {
    two x.par
    refused 17 not-found "cannot open the layout 's': No such file or directory" pull oci:s --issuer "$issuer"
    mkdir empty
    refused 14 registry "not an OCI layout: there is no file 'oci-layout'" pull oci:empty --issuer "$issuer"
    provar -q push oci:s:a x.par --tag b >/dev/null
    expect 0 provar pull oci:s --issuer "$issuer"
    stdout_is "pulled s.par.gz from oci:s"
    refused 17 not-found "no tag 'c' in the layout (its tags: a, b)" pull oci:s:c --issuer "$issuer"
    provar -q push oci:s:b x.par -a k=v >/dev/null
    refused 17 not-found "several manifests in the layout (its tags: a, b); name a tag" pull oci:s --issuer "$issuer"
    provar -q push oci:s:latest x.par --allow-latest >/dev/null
    refused 2 usage "--issuer: allowed issuer: not a public key: 7 characters where 56 belong; expected is the public key of an account, A..." pull oci:s:latest --issuer garbage
    refused 2 usage "the tag 'latest' is not allowed without being asked for; --allow-latest asks for it, --revision latest for the newest revision" pull oci:s:latest --issuer "$issuer"
    expect 0 provar pull oci:s:latest --allow-latest --issuer "$issuer"
    stdout_any
}

@test "pull --revision: the tag must hold what its number says" {
    two x.par
    other y.par 10
    provar -q push oci:s x.par --by-revision >/dev/null
    provar -q push oci:s y.par --by-revision >/dev/null
    expect 0 provar pull oci:s --revision 7 --issuer "$issuer" --destination z.par
    stdout_any
    cmp z.par x.par
    expect 0 provar pull oci:s --revision latest --issuer "$issuer" --destination z.par -o json
    stdout_json '.tag == "rev-10"'
    cmp z.par y.par
    provar -q push oci:s:other x.par >/dev/null
    relabel s other rev-99
    expect 8 provar pull oci:s --revision 99 --issuer "$issuer" --destination w.par
    stderr_like 'the tag is that of revision 99, but the token does not say so \[untrusted\]$'
    absent w.par
    expect 0 provar pull oci:s --revision latest --issuer "$issuer" --destination w.par
    stdout_any
    stderr_like 'revision 99 is passed over: the tag is that of revision 99'
    cmp w.par y.par
    expect 17 provar pull oci:s --revision 8 --issuer "$issuer"
    stderr_any
    refused 2 usage "what is asked for by its revision has no tag and no digest" pull oci:s:a --revision 7 --issuer "$issuer"
}

# PULL-8: what is written.
@test "pull --target --revision: one executable of the revision that the token says, by ranges" {
    two x.par.gz --compress
    printf '\nchanged' >>linux-x86
    other y.par 10
    provar -q push oci:s x.par.gz --by-revision >/dev/null
    provar -q push oci:s y.par --by-revision >/dev/null
    tar -xOf x.par.gz x86_64-linux.bin >old-x86
    expect 0 provar pull oci:s --revision 7 --target x86_64-linux --issuer "$issuer" --destination out -o json
    stdout_json '.tag == "rev-7" and .target == "x86_64-linux" and .file == "out" and .blob_verified == false'
    cmp out old-x86
    [[ $(mode_of out) == 755 ]]
    expect 0 provar pull oci:s --revision latest --target x86_64-linux --issuer "$issuer" --destination out
    stdout_is 'pulled out from oci:s:rev-10; of the rest of the file nothing is proven'
    cmp out linux-x86
    provar -q push oci:s:other x.par.gz >/dev/null
    relabel s other rev-99
    expect 8 provar pull oci:s --revision 99 --target x86_64-linux --issuer "$issuer" --destination gone
    stderr_like 'the tag is that of revision 99, but the token does not say so \[untrusted\]$'
    expect 0 provar pull oci:s --revision latest --target x86_64-linux --issuer "$issuer" --destination out
    stdout_any
    stderr_like 'revision 99 is passed over: the tag is that of revision 99'
    cmp out linux-x86
    # What is altered is only found when it is taken: then the next one is.
    spoil_body y.par linux-x86
    hold s rev-10 y.par
    expect 0 provar pull oci:s --revision latest --target x86_64-linux --issuer "$issuer" --destination out
    stdout_any
    stderr_like "revision 10 is passed over: 'x86_64-linux.bin' is altered"
    cmp out old-x86
    expect 8 provar pull oci:s --revision latest --target x86_64-linux --issuer "$stranger" --destination gone
    stderr_like 'of 3 revisions none is acceptable; the newest: '
    expect 17 provar pull oci:s --revision 8 --target x86_64-linux --issuer "$issuer" --destination gone
    stderr_like '\[not-found\]$'
    expect 12 provar pull oci:s --revision 7 --target mips-linux --issuer "$issuer" --destination gone
    stderr_like '\[no-target\]$'
    absent gone
    provar pull oci:s --revision 7 --target x86_64-linux --issuer "$issuer" --destination - >out
    cmp out old-x86
}

# bytes_read PATH COMMAND...: how many bytes of a file a command reads
bytes_read() {
    local path=$1
    shift
    strace -f -qq -y -e trace=read,pread64,readv,preadv,mmap -o trace "$@" >/dev/null 2>&1
    if grep -F "$path" trace | grep -q 'mmap('; then refuse "it is mapped"; fi
    grep -F "$path" trace | awk '/ = [0-9]+$/ { sum += $NF } END { print sum + 0 }'
}

@test "inspect, extract, run and pull --target read what they need of a large archive, verify all of it" {
    needs strace
    not_sanitized "how much is read"
    head -c 3M /dev/urandom >big
    cat linux-arm big >arm
    pack x.par.gz --compress --version 1 --revision 7 --target "$here=$shell" --target s390x-linux=linux-x86 --target aarch64-macos=arm --force
    provar -q push oci:s x.par.gz --by-revision >/dev/null
    local size blob_path
    blob_path=$(layer s rev-7)
    size=$(stat -c %s "$blob_path")
    [[ $(bytes_read "${blob_path##*/}" provar inspect oci:s:rev-7) -lt 327680 ]]
    [[ $(bytes_read "${blob_path##*/}" provar pull oci:s --revision 7 --target s390x-linux --issuer "$issuer" --destination out) -lt 327680 ]]
    cmp out linux-x86
    [[ $(bytes_read "${blob_path##*/}" provar extract oci:s:rev-7 --target s390x-linux --issuer "$issuer" --destination out --force) -lt 327680 ]]
    [[ $(bytes_read "${blob_path##*/}" provar run oci:s:rev-7 --issuer "$issuer" -- -c true) -lt 1048576 ]]
    [[ $(bytes_read "${blob_path##*/}" provar verify oci:s:rev-7 --issuer "$issuer") -ge $size ]]
}

# hold LAYOUT TAG ARCHIVE: the tag names another archive, all of whose digests are right
hold() {
    local blob size digest
    read -r blob size < <(put "$1" "$3")
    manifest "$1" "$2" | jq -c --arg blob "$blob" --argjson size "$size" '.layers[0] += {digest: $blob, size: $size}' >manifest
    read -r digest size < <(put "$1" manifest)
    jq -c --arg old "$(digest_of "$1" "$2")" --arg new "$digest" --argjson size "$size" \
        '(.manifests[] | select(.digest == $old)) += {digest: $new, size: $size}' "$1/index.json" >index
    cp index "$1/index.json"
}

@test "pull --revision latest: the highest that verifies, not the highest number" {
    two x.par
    other y.par 8
    provar -q push oci:s x.par --by-revision >/dev/null
    provar -q push oci:s y.par --by-revision >/dev/null
    spoil_body y.par linux-x86
    hold s rev-8 y.par
    new_key account b.nk >/dev/null
    provar -q create --name T --vendor T --version 1 --revision 9 --issuer b.nk --subject v.nk --target linux-x86 --destination z.par >/dev/null
    provar -q push oci:s z.par --by-revision >/dev/null
    expect 0 provar pull oci:s --revision latest --issuer "$issuer" --destination w.par
    stdout_any
    stderr_like 'revision 9 is passed over: signed by .*revision 8 is passed over: .*is altered'
    cmp w.par x.par
    expect 8 provar pull oci:s --revision latest --issuer "$stranger" --destination v.par
    stderr_like 'of 3 revisions none is acceptable; the newest: signed by .* \[untrusted\]$'
    absent v.par
}

@test "pull --revision latest: what the store does not give whole stops it, and nothing older takes its place" {
    two x.par
    other y.par 8
    provar -q push oci:good x.par --by-revision >/dev/null
    provar -q push oci:good y.par --by-revision >/dev/null
    local damage
    for damage in 'rm LAYER' 'rm MANIFEST' 'truncate -s -1 LAYER' 'truncate -s -1 MANIFEST' 'spoil_body LAYER linux-x86'; do
        rm -rf s && cp -r good s
        damage=${damage/LAYER/$(layer s rev-8)}
        ${damage/MANIFEST/$(blob s "$(digest_of s rev-8)")}
        expect 14 provar pull oci:s --revision latest --issuer "$issuer" --destination z.par
        stderr_like '\[registry\]$'
        expect 14 provar pull oci:s --revision latest --target x86_64-linux --issuer "$issuer" --destination z.par
        stderr_like '\[registry\]$'
    done
    absent z.par
}

@test "pull --revision latest --target: a manifest that lies about its token says nothing against what it holds" {
    two x.par
    other y.par 8
    provar -q push oci:s x.par --by-revision >/dev/null
    provar -q push oci:s y.par --by-revision >/dev/null
    local digest size
    manifest s rev-8 | jq -c '.layers[0].annotations["provar.claims.digest"] = "sha256:" + "0" * 64' >manifest
    read -r digest size < <(put s manifest)
    jq -c --arg old "$(digest_of s rev-8)" --arg new "$digest" --argjson size "$size" \
        '(.manifests[] | select(.digest == $old)) += {digest: $new, size: $size}' s/index.json >index
    cp index s/index.json
    expect 14 provar pull oci:s --revision 8 --target x86_64-linux --issuer "$issuer" --destination out
    stderr_like 'the token is another one than must be there.*\[registry\]$'
    expect 0 provar pull oci:s --revision latest --target x86_64-linux --issuer "$issuer" --destination out -o json
    stdout_json '.tag == "rev-8" and .blob_verified'
    cmp out linux-x86
    new_key account b.nk >/dev/null
    provar -q create --name T --vendor T --version 1 --revision 9 --issuer b.nk --subject v.nk --target linux-x86 --destination z.par >/dev/null
    provar -q push oci:s z.par --by-revision >/dev/null
    expect 0 provar pull oci:s --revision latest --target x86_64-linux --issuer "$issuer" --destination out
    stdout_any
    stderr_like 'revision 9 is passed over: signed by '
}

@test "pull: rules and usual files say whom to believe, as for verify" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    echo "* $issuer" >rules
    expect 0 provar pull oci:s:a --allowed-issuers rules --destination y.par
    stdout_any
    expect 0 env PROVAR_ALLOWED_ISSUERS=rules provar pull oci:s:a --destination y.par
    stdout_any
    mkdir -p "$XDG_CONFIG_HOME/provar"
    cp rules "$XDG_CONFIG_HOME/provar/allowed_issuers"
    expect 0 provar pull oci:s:a --destination y.par
    stdout_any
    echo "* $stranger" >rules
    expect 8 provar pull oci:s:a --allowed-issuers rules --destination z.par
    stderr_like 'which is not an allowed issuer \[untrusted\]$'
    absent z.par
}

@test "pull: what was accepted is remembered before it has a name, and nothing older is accepted then" {
    two x.par
    other y.par 10
    provar -q push oci:s x.par --by-revision >/dev/null
    provar -q push oci:s y.par --by-revision >/dev/null
    local target
    for target in '' '--target x86_64-linux'; do
        rm -f h z.par
        # shellcheck disable=SC2086
        {
            expect 8 provar pull oci:s --revision 10 --issuer "$stranger" $target --history h --destination z.par
            stderr_any
            absent h
            expect 0 provar pull oci:s --revision 10 --issuer "$issuer" $target --history h --destination z.par -o json
            stdout_json '.history == "h"'
            expect 11 provar pull oci:s --revision 7 --issuer "$issuer" $target --history h --destination w.par
            stderr_like '; where that is meant, --allow-rollback accepts it once \[rollback\]$'
            expect 0 provar pull oci:s --revision 7 --issuer "$issuer" $target --no-history --destination v.par
            stdout_any
            expect 0 provar pull oci:s --revision 10 --insecure-no-trust $target --destination v.par -o json
            stdout_json 'has("history") | not'
            stderr_any
        }
        absent w.par
    done
}

@test "pull: the usual place of the history is made when there is something to record" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    local archive
    unset PROVAR_HISTORY XDG_STATE_HOME
    expect 17 provar pull oci:s:b --issuer "$issuer" --destination y.par
    stderr_like '\[not-found\]$'
    expect 8 provar pull oci:s:a --issuer "$stranger" --destination y.par
    stderr_like '\[untrusted\]$'
    expect 12 provar pull oci:s:a --issuer "$issuer" --target mips-linux --destination y
    stderr_like '\[no-target\]$'
    absent "$HOME/.local"
    for archive in '' '--target x86_64-linux'; do
        # shellcheck disable=SC2086
        expect 0 provar pull oci:s:a --issuer "$issuer" $archive --destination y.par -o json
        stdout_json ".history == \"$HOME/.local/state/provar/history\""
        [[ -s $HOME/.local/state/provar/history ]]
        rm -r "$HOME/.local"
    done
    touch "$HOME/.local"
    expect 0 provar pull oci:s:a --issuer "$issuer" --destination y.par -o json
    stdout_json 'has("history") | not'
    stderr_like 'no history is kept: cannot make '
}

@test "pull --digest beside a digest: compared by what follows sha256:, and no further than it goes" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    local digest
    digest=$(digest_of s a)
    expect 0 provar pull "oci:s@$digest" --digest "$digest" --issuer "$issuer" --destination y.par
    stdout_any
    expect 0 provar pull "oci:s@$digest" --digest "${digest#sha256:}" --issuer "$issuer" --destination y.par
    stdout_any
    refused 2 usage "--digest contradicts the digest in 'oci:s@1234567aa'" pull oci:s@1234567aa -d aa --issuer "$issuer"
    refused 2 usage "--digest contradicts the digest in 'localhost:1/x@y'" pull -r localhost:1 -d aa x@y --issuer "$issuer"
}

@test "references where other verbs take files: inspect check verify extract run" {
    two x.par.gz --compress
    pack run.par --version 1 --target "$here=$shell"
    provar -q push oci:s:a x.par.gz >/dev/null
    provar -q push oci:s:run run.par >/dev/null
    provar inspect x.par.gz >file
    expect 0 provar inspect oci:s:a
    stdout_is_file file
    expect 0 provar inspect oci:s:a -o json
    stdout_json '.blob_verified == false and .digest == "'"$(digest_of s a)"'" and .targets == ["aarch64-linux","x86_64-linux"]'
    expect 0 provar check oci:s:a
    stdout_like '^oci:s:a is intact'
    expect 0 provar verify oci:s:a --issuer "$issuer" -o json
    stdout_json '.blob_verified and .coverage == "all"'
    expect 0 provar extract oci:s:a --issuer "$issuer" --target aarch64-linux --destination out
    stdout_any
    cmp out linux-arm
    expect 3 provar run oci:s:run --issuer "$issuer" -- -c 'exit 3'
    expect 0 provar pull oci:s:a --target x86_64-linux --issuer "$issuer" --destination out -o json
    stdout_json '.target == "x86_64-linux" and .blob_verified == false'
    cmp out linux-x86
}

@test "verbs that sign anew need a destination: what is stored does not change" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    refused 2 usage "missing: --destination FILE; what is stored does not change" sign oci:s:a --issuer a.nk --revision 8
    expect 0 provar sign oci:s:a --issuer a.nk --revision 8 --destination y.par
    stdout_any
    expect 0 provar verify y.par --issuer "$issuer" --min-revision 8
    stdout_any
    [[ $(ls) != *oci* ]]
}

@test "a file that is there is a file, whatever its name; -, .par and ./ are files" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    cp x.par oci:s:a
    expect 0 provar inspect oci:s:a -o json
    stdout_json 'has("digest") | not'
    rm oci:s:a
    expect 3 provar inspect oci.par
    stderr_has "cannot open 'oci.par'"
    expect 3 provar inspect ./oci:s:a
    stderr_has "cannot open './oci:s:a'"
    expect 18 provar inspect localhost:1/x:1
    stderr_like '\[network\]$'
}

@test "verbs on files load neither libprovar-store nor libcurl, and open no socket; on a reference they are loaded" {
    needs strace
    not_sanitized "what is loaded"
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    local verb
    for verb in --version "verify x.par --issuer $issuer" 'inspect x.par' 'check x.par' \
        "extract x.par --issuer $issuer --target x86_64-linux --destination out --force" \
        'create --name N --vendor V --version 1 --issuer a.nk --subject v.nk --target linux-x86 --destination c.par'; do
        # shellcheck disable=SC2086
        strace -f -qq -e trace=openat,open,socket,connect -o trace provar -q $verb >/dev/null
        if grep -E 'libprovar-store|libcurl|socket\(' trace; then refuse "provar $verb"; fi
        grep -q 'libprovar\.so.* = [0-9]' trace
    done
    strace -f -qq -e trace=openat,open,socket,connect -o trace provar -q verify oci:s:a --issuer "$issuer" >/dev/null
    grep -q 'libprovar-store.* = [0-9]' trace
    grep -q 'libcurl.* = [0-9]' trace
}

# LAY-6: one library has layouts and registries, but what is there for layouts leads to nothing of the network.
@test "layouts need no network: what is linked for them alone has no libcurl, and the verbs open no socket" {
    needs readelf strace
    not_sanitized "what is linked"
    local name words
    [[ $(readelf -dW "$PROVAR_BUILD/tests/store/test_http") == *libcurl* ]]
    for name in layout layout_file layout_gc layout_index layout_links layout_tar; do
        [[ $(readelf -dW "$PROVAR_BUILD/tests/store/test_$name") != *libcurl* ]] || refuse "test_$name needs libcurl"
    done
    two x.par
    for words in 'push oci:s:a x.par' 'list oci:s' 'list oci:s:a --referrers' "pull oci:s:a --issuer $issuer --destination y.par" \
        'copy oci:s:a oci:t' 'inspect oci:t:a' 'gc oci:t --grace 0'; do
        # shellcheck disable=SC2086
        strace -f -qq -e trace=socket,connect -o trace provar -q $words >/dev/null
        [[ ! -s trace ]] || refuse "$words: $(<trace)"
    done
}

# held ARCHIVE: the objects of it that can be written to, but for those of the compiler
held() {
    nm -f sysv "$1" | awk -F '|' '{ gsub(/ /, "") } $4 ~ /^(OBJECT|TLS)$/ && $7 !~ /rodata|[.]data[.]rel[.]ro/ && $1 !~ /^__/ { print $1 }' |
        sort | paste -sd ' '
}

# IF-2.
@test "libprovar-store holds nothing between calls but that libcurl was started, and starts no thread" {
    needs nm
    not_sanitized "what objects hold"
    [[ $(held "$PROVAR_BUILD/store/libpvstore.a") == 'once started' ]] || refuse "$(held "$PROVAR_BUILD/store/libpvstore.a")"
    if nm --undefined-only "$PROVAR_BUILD/store/libpvstore.a" | grep -E '^ +U (pthread_create|thrd_create|clone)'; then refuse "threads"; fi
}
