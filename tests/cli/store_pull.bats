#!/usr/bin/env bats
# provar pull, and references where other verbs take files: what is proven before anything has a name.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

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

@test "pull: an altered layer or manifest has no way out (rows 208, 210, 211)" {
    two x.par
    provar -q push oci:good:t x.par >/dev/null
    cp -r good s
    spoil_body "$(layer s t)" linux-x86
    expect 14 provar pull oci:s:t --issuer "$issuer" --destination y.par
    stderr_like 'the content is not that of its digest.*\[registry\]$'
    expect 14 provar verify oci:s:t --issuer "$issuer"
    stderr_like 'the content is not that of its digest.*\[registry\]$'
    expect 14 provar extract oci:s:t --issuer "$issuer" --target x86_64-linux --destination y.par
    stderr_like 'the content is not that of its digest.*\[registry\]$'
    # Read in part, nobody asks for the digest of the whole: what was signed decides.
    expect 6 provar pull oci:s:t --issuer "$issuer" --target x86_64-linux --destination y.par
    stderr_like '\[digest\]$'
    expect 14 provar pull "oci:s:t@$(digest_of s t)" --issuer "$issuer" --target aarch64-linux --destination y.par
    stderr_like 'the content is not that of its digest.*\[registry\]$'
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
}

@test "pull: without a tag the only one, else the tags are listed" {
    two x.par
    refused 17 not-found "cannot open the layout 's': No such file or directory" pull oci:s --issuer "$issuer"
    mkdir empty
    refused 14 registry "not an OCI layout: there is no file 'oci-layout'" pull oci:empty --issuer "$issuer"
    provar -q push oci:s:a x.par --tag b >/dev/null
    expect 0 provar pull oci:s --issuer "$issuer"
    stdout_is "pulled s.par.gz from oci:s"
    refused 17 not-found "no tag 'c' in the layout; its tags: a, b" pull oci:s:c --issuer "$issuer"
    provar -q push oci:s:b x.par -a k=v >/dev/null
    refused 17 not-found "several manifests in the layout; name a tag; its tags: a, b" pull oci:s --issuer "$issuer"
    provar -q push oci:s:latest x.par --allow-latest >/dev/null
    refused 2 usage "the tag 'latest' is not allowed without being asked for" pull oci:s:latest --issuer "$issuer"
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
    provar -q push oci:s:rev-99 x.par >/dev/null
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

@test "pull --revision latest: the highest that verifies, not the highest number" {
    two x.par
    other y.par 8
    provar -q push oci:s x.par --by-revision >/dev/null
    provar -q push oci:s y.par --by-revision >/dev/null
    spoil_body "$(layer s rev-8)" linux-x86
    new_key account b.nk >/dev/null
    provar -q create --name T --vendor T --version 1 --revision 9 --issuer b.nk --subject v.nk --target linux-x86 --destination z.par >/dev/null
    provar -q push oci:s z.par --by-revision >/dev/null
    expect 0 provar pull oci:s --revision latest --issuer "$issuer" --destination w.par
    stdout_any
    stderr_like 'revision 9 is passed over: signed by .*revision 8 is passed over: the content is not that of its digest'
    cmp w.par x.par
    expect 8 provar pull oci:s --revision latest --issuer "$stranger" --destination v.par
    stderr_like 'of 3 revisions none is acceptable; the newest: signed by .* \[untrusted\]$'
    absent v.par
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
    refused 2 usage "this build keeps archives in OCI layouts only, oci:DIR[:TAG]" inspect localhost:5000/x:1
}

@test "verbs on files neither load libprovar-store nor open a socket; on a reference it is loaded" {
    needs strace
    not_sanitized "what is loaded"
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    local verb
    for verb in "verify x.par --issuer $issuer" 'inspect x.par' 'check x.par' \
        "extract x.par --issuer $issuer --target x86_64-linux --destination out --force" \
        'create --name N --vendor V --version 1 --issuer a.nk --subject v.nk --target linux-x86 --destination c.par'; do
        # shellcheck disable=SC2086
        strace -f -qq -e trace=openat,open,socket,connect -o trace provar -q $verb >/dev/null
        if grep -E 'libprovar-store|socket\(' trace; then refuse "provar $verb"; fi
        grep -q 'libprovar\.so' trace
    done
    strace -f -qq -e trace=openat,open,socket,connect -o trace provar -q verify oci:s:a --issuer "$issuer" >/dev/null
    grep -q libprovar-store trace
}
