#!/usr/bin/env bats
# provar gc: what nothing names goes, what anything names stays, whoever else is at work.
# SPDX-License-Identifier: Apache-2.0

load stores.bash
load killing.bash

# collected LAYOUT [OPTION...]: how many files go, without a grace
collected() {
    local layout=$1
    shift
    provar gc "oci:$layout" --grace 0 -o json "$@" | jq .count
}

# litter LAYOUT TEXT: a blob that nothing names; prints its path
litter() {
    echo "$2" >litter
    blob "$1" "$(put "$1" litter | cut -d ' ' -f 1)"
}

# unlist LAYOUT DIGEST: index.json names it no more
unlist() {
    jq -c --arg digest "$2" '.manifests |= map(select(.digest != $digest))' "$1/index.json" >index.new
    mv index.new "$1/index.json"
}

# LAY-5.
@test "gc removes what nothing names, and says what it was" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par >/dev/null
    provar -q push oci:s:b y.par >/dev/null
    local gone layer size
    gone=$(digest_of s b)
    layer=$(layer s b)
    size=$(($(stat -c %s "$layer") + $(stat -c %s "$(blob s "$gone")")))
    expect 0 provar gc oci:s --grace 0
    stdout_is "removed 0 files, 0 B"
    unlist s "$gone"
    expect 0 provar gc oci:s --grace 0 --dry-run -o json
    stdout_json '.removed == false and .count == 2 and .size == '$size' and ([.files[].size] | add) == .size and .url == "oci:s"'
    [[ -f $layer && -f $(blob s "$gone") ]]
    expect 0 provar gc oci:s --grace 0
    stdout_like "^blobs/sha256/[0-9a-f]{64}
blobs/sha256/[0-9a-f]{64}
removed 2 files, [0-9.]+ KiB$"
    [[ ! -e $layer && ! -e $(blob s "$gone") && $(find s/blobs -type f | wc -l) == 3 ]]
    cmp "$(layer s a)" x.par
    whole s
    expect 0 provar pull oci:s:a --issuer "$issuer" --destination z.par
    stdout_any
    cmp z.par x.par
}

# LAY-5.
@test "nothing but gc collects: what no other verb needs stays as long as it is not asked for" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par >/dev/null
    local garbage
    garbage=$(litter s garbage)
    echo left >s/partial/ABCDEFGHIJKLMNOP.tmp
    touch -d '-2 days' "$garbage" s/partial/ABCDEFGHIJKLMNOP.tmp
    provar -q push oci:s:a y.par >/dev/null
    provar -q copy oci:s:a oci:s:b >/dev/null
    provar -q list oci:s >/dev/null
    provar -q pull oci:s:b --issuer "$issuer" >/dev/null
    [[ -f $garbage && -f s/partial/ABCDEFGHIJKLMNOP.tmp ]]
    [[ $(collected s) == 2 && ! -e $garbage ]]
}

@test "gc: what has lost its tag still stands in index.json, and stays" {
    two x.par
    other y.par
    provar -q push oci:s:a x.par >/dev/null
    provar -q push oci:s:a y.par >/dev/null
    [[ $(collected s) == 0 && $(find s/blobs -type f | wc -l) == 5 ]]
}

@test "gc: what was written within the grace stays, an hour unless another is given" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    local young old
    young=$(litter s young)
    old=$(litter s old)
    # Whatever date it has been given: `cp -p` and `tar -x` bring old ones.
    touch -d '-2 hours' "$old"
    touch -d '+2 hours' "$young"
    expect 0 provar gc oci:s
    stdout_is "removed 0 files, 0 B"
    sleep 2.1
    expect 0 provar gc oci:s --grace 3600
    stdout_is "removed 0 files, 0 B"
    expect 0 provar gc oci:s --grace 1
    stdout_is "${old#s/}
removed 1 file, 4 B"
    expect 0 provar gc oci:s --grace 0
    stdout_is "${young#s/}
removed 1 file, 6 B"
}

# LAY-5.
@test "gc removes what killed processes have left in partial/" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    echo left >s/partial/ABCDEFGHIJKLMNOP.tmp
    ln -s /nowhere s/partial/BBCDEFGHIJKLMNOP.tmp
    echo mine >s/partial/mine
    expect 0 provar gc oci:s --grace 0
    stdout_is "partial/ABCDEFGHIJKLMNOP.tmp
removed 1 file, 5 B"
    stderr_like "warning: 'partial/[BMm][A-Za-z.]+' is left alone: it is no file of a layout
.*warning: 1 more are left alone"
    [[ -L s/partial/BBCDEFGHIJKLMNOP.tmp && -f s/partial/mine ]]
}

@test "gc leaves alone what is no blob: other names, directories, links, other kinds of digests" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    local zeros
    printf -v zeros %064d 0
    mkdir "s/blobs/sha256/$zeros" s/blobs/sha512
    echo x >"s/blobs/sha256/${zeros}0"
    echo x >"s/blobs/sha256/${zeros%0}A"
    echo x >s/blobs/sha256/readme
    echo x >s/blobs/sha512/x
    echo x >s/blobs/x
    ln -s "$PWD/x.par" "s/blobs/sha256/${zeros/#0/1}"
    expect 0 provar gc oci:s --grace 0
    stdout_is "removed 0 files, 0 B"
    stderr_like "warning: 'blobs/sha256/.*' is left alone: it is no file of a layout
.*warning: 4 more are left alone"
    [[ $(find s/blobs | wc -l) == 13 && -f x.par ]]
}

@test "gc follows indexes of indexes, subjects, unknown artifacts, and a layer that is a manifest" {
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    local kept unkept inner outer digest size
    read -r digest size < <(echo kept >f && put s f)
    echo '{"schemaVersion":2,"config":{"mediaType":"a/b","digest":"'"$digest"'","size":5},"layers":[]}' >f
    read -r inner size < <(put s f)
    # The index names it as the layer of an image that names it by an escaped digest, inside of an index, inside of another.
    echo '{"schemaVersion":2,"layers" : [ {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\u0073'"${inner#s}"'","size":'"$size"'}]}' >f
    read -r inner size < <(put s f)
    echo '{"schemaVersion":2,"manifests":[ {"digest":"'"$inner"'","size":'"$size"'}]}' >f
    read -r inner size < <(put s f)
    # An artifact of an unknown kind, with a subject, and with a blob where only its own kind would look.
    read -r kept size < <(echo far >f && put s f)
    echo '{"subject":{"digest":"'"$inner"'","size":1},"mine":{"deep":[["'"$kept"'"]]}}' >f
    read -r outer size < <(put s f)
    jq -c '.manifests += [{mediaType: "application/x.artifact", digest: "'"$outer"'", size: '"$size"'}]' s/index.json >index
    cp index s/index.json
    # One that has a subject, and that index.json does not name, goes.
    echo '{"schemaVersion":2,"subject":{"digest":"'"$(digest_of s a)"'","size":1}}' >f
    read -r unkept size < <(put s f)
    [[ $(find s/blobs -type f | wc -l) == 10 ]]
    expect 0 provar gc oci:s --grace 0
    stdout_is "blobs/sha256/${unkept#sha256:}
removed 1 file, $(stat -c %s f) B"
    [[ $(collected s) == 0 && $(find s/blobs -type f | wc -l) == 9 ]]
    # Without the artifact all of it goes.
    unlist s "$outer"
    [[ $(collected s) == 6 && $(collected s) == 0 ]]
    cmp "$(layer s a)" x.par
}

# nothing_goes MESSAGE [STATUS NAME]: gc of s refuses, and a blob that nothing names is still there
nothing_goes() {
    local before
    litter s garbage >/dev/null
    before=$(every_file s)
    expect "${2:-14}" provar gc oci:s --grace 0
    stderr_like "^provar: nothing is removed: $1 \[${3:-registry}\]$"
    [[ $(every_file s) == "$before" ]] || refuse "something is gone"
}

@test "gc removes nothing where a document is missing, damaged, or unreadable" {
    two x.par
    provar -q push oci:good:t x.par >/dev/null
    local index digest size
    cp -r good s && rm s/index.json
    nothing_goes "index.json: it is missing"
    rm -rf s && cp -r good s && echo '{' >s/index.json
    nothing_goes 'index.json: .*'
    rm -rf s && cp -r good s && mv s/index.json s/other && ln -s other s/index.json
    nothing_goes "index.json: 'index.json' in the layout is a link, or not what it should be" 15 unsafe-path
    for index in '{"manifests":{}}' '{"manifests":[1]}' '{"manifests":[{"digest":7}]}' '{"manifests":[{}]}'; do
        rm -rf s && cp -r good s && echo "$index" >s/index.json
        nothing_goes 'index.json: .*'
    done
    rm -rf s && cp -r good s
    jq -c '.manifests[0].digest = "sha512:'"$(printf %0128d 0)"'"' good/index.json >s/index.json
    nothing_goes 'index.json: a manifest without a sha256 digest.*'
    rm -rf s && cp -r good s && rm "$(blob s "$(digest_of s t)")"
    nothing_goes "index.json: the manifest sha256:[0-9a-f]+ is not in the layout"
    rm -rf s && cp -r good s && echo >>"$(blob s "$(digest_of s t)")"
    nothing_goes "sha256:[0-9a-f]+: .*not that of its digest.*"
    rm -rf s && cp -r good s
    read -r digest size < <(echo '{"a":1,"a":2}' >f && put s f)
    jq -c '.manifests += [{mediaType: "a/b", digest: "'"$digest"'", size: 1}]' good/index.json >s/index.json
    nothing_goes "$digest: .*"
    # What is no document, and what is only a subject, may be missing or of any kind.
    rm -rf s && cp -r good s
    read -r digest size < <(echo text >f && put s f)
    jq -c '.manifests += [{mediaType: "a/b", digest: "'"$digest"'", size: 1}] | .subject = {digest: "sha256:'"$(printf %064d 7)"'"}' \
        good/index.json >s/index.json
    litter s garbage >/dev/null
    [[ $(collected s) == 1 ]]
}

@test "gc: a document of 4 MiB is read, of one byte more nothing is removed" {
    two x.par
    provar -q push oci:s:t x.par >/dev/null
    local digest size length=4194304
    printf '%s%*s' '{"manifests":[]' $((length - 16)) '' >f
    printf '}' >>f
    read -r digest size < <(put s f)
    [[ $size == "$length" ]] || truncate -s 0 f
    jq -c '.manifests += [{digest: "'"$digest"'", size: 1}]' s/index.json >index && cp index s/index.json
    litter s garbage >/dev/null
    [[ $(collected s) == 1 ]]
    printf ' ' >>f
    read -r digest size < <(put s f)
    [[ $size == $((length + 1)) ]]
    jq -c '.manifests[-1] = {digest: "'"$digest"'", size: 1}' s/index.json >index && cp index s/index.json
    litter s garbage >/dev/null
    expect 13 provar gc oci:s --grace 0
    stderr_like 'nothing is removed: sha256:[0-9a-f]+: it has more than 4 MiB \[limit\]$'
    # A large blob of another type is none, unless it begins as one.
    jq -c '.manifests[-1].mediaType = "a/b"' s/index.json >index && cp index s/index.json
    expect 13 provar gc oci:s --grace 0
    stderr_any
    head -c 5M /dev/zero >f
    read -r digest size < <(put s f)
    jq -c '.manifests[-1] = {mediaType: "a/b", digest: "'"$digest"'", size: 1}' s/index.json >index && cp index s/index.json
    [[ $(collected s) == 3 ]]
}

@test "gc is for layouts in directories, whole ones" {
    two x.par
    provar -q push oci:s:t x.par >/dev/null
    refused 2 usage 'a registry collects its own garbage: name a layout, oci:DIR' gc localhost:1/a/b:c
    refused 2 usage 'a layout is collected as a whole: name no tag or digest' gc oci:s:t
    refused 2 usage 'a layout is collected as a whole: name no tag or digest' gc "oci:s@$(digest_of s t)"
    refused 2 usage "'x.par' is a file, and no reference such as oci:DIR:TAG" gc x.par
    refused 2 usage "'s' is a directory; a layout in it is 'oci:s'" gc s
    expect 2 provar gc oci:s --grace 1h
    stderr_like '--grace.*\[usage\]$'
    refused 17 not-found "cannot open the layout 'none': No such file or directory" gc oci:none
    mkdir empty
    refused 14 registry "not an OCI layout: there is no file 'oci-layout'" gc oci:empty
    tar -C s -cf s.tar .
    refused 14 registry "'s.tar' is a file: what it holds can be read, and not removed" gc oci:s.tar
    [[ -z $(ls -A empty) ]]
}

@test "gc waits for whoever writes, and a writer for gc" {
    two x.par
    other y.par
    provar -q push oci:s:t x.par >/dev/null
    local garbage
    garbage=$(litter s garbage)
    exec 8<s/blobs/sha256
    flock -s 8
    provar -q gc oci:s --grace 0 >/dev/null 8<&- &
    local gc=$!
    # It shares the lock: a push goes on.
    provar -q push oci:s:u y.par >/dev/null 8<&-
    [[ -f $garbage ]]
    flock -u 8
    wait "$gc"
    [[ ! -e $garbage ]]
    flock -x 8
    provar -q push oci:s:v y.par >/dev/null 8<&- &
    local push=$!
    sleep 0.5
    [[ -z $(digest_of s v) ]]
    flock -u 8
    wait "$push"
    [[ -n $(digest_of s v) ]]
    exec 8<&-
}

@test "20 pushes of archives that share blobs lose nothing to gc in a loop" {
    local i pids=() failed=0
    for i in {1..20}; do
        pack "$i.par" --version $((i / 2)) --revision $((i / 2)) --target linux-x86
    done
    provar -q push oci:s:first 1.par >/dev/null
    in_a_loop() {
        local ended=no
        until [[ $ended == yes ]]; do
            # Once more behind the last push.
            [[ ! -e done ]] || ended=yes
            provar -q gc oci:s --grace 0 >>gc.out 2>>gc.err || echo failed >>gc.err
        done
    }
    in_a_loop &
    local loop=$!
    for i in {1..20}; do
        litter s "$i" >>garbage
        provar -q push "oci:s:t$i" "$i.par" >/dev/null &
        pids+=($!)
    done
    for i in "${pids[@]}"; do
        wait "$i" || failed=$((failed + 1))
    done
    touch done
    wait "$loop"
    [[ $failed == 0 && ! -s gc.err ]] || refuse "$failed pushes failed; $(<gc.err)"
    # What nothing names has gone, and nothing else.
    diff <(sed 's|^s/||' garbage | sort) <(grep ^blobs/ gc.out | sort)
    [[ $(tags s | wc -l) == 21 ]]
    whole s
    for i in {1..20}; do
        cmp "$(layer s "t$i")" "$i.par"
    done
}

@test "gc, killed at 40 moments, leaves the layout right" {
    two x.par
    provar -q push oci:old:a x.par >/dev/null
    local i time some=0
    for i in {1..400}; do
        litter old "$i" >/dev/null
    done
    cp -r old s
    time=$(run_time provar -q gc oci:s --grace 0)
    for i in {1..40}; do
        rm -rf s && cp -r old s
        kill_somewhere "$time" provar -q gc oci:s --grace 0 >/dev/null
        whole s
        cmp "$(layer s a)" x.par
        [[ $(find s/blobs -type f | wc -l) == 403 ]] || some=$((some + 1))
        # The lock of the dead is free.
        provar -q gc oci:s --grace 0 >/dev/null
        [[ $(find s/blobs -type f | wc -l) == 3 ]] || refuse "not all is gone"
    done 2>/dev/null
    echo "# $some had begun" >&3
    ((some > 0))
}

@test "skopeo reads what gc has left" {
    needs skopeo
    two x.par
    provar -q push oci:s:a x.par >/dev/null
    litter s garbage >/dev/null
    [[ $(collected s) == 1 ]]
    expect 0 skopeo copy -q oci:s:a oci:t:a
    [[ $(digest_of t a) == "$(digest_of s a)" ]]
    # And what skopeo has written is nothing to collect.
    [[ $(collected t) == 0 ]]
}
