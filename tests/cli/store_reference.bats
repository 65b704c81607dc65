#!/usr/bin/env bats
# What the command takes for a reference and what for a file, and what it puts a registry in front of. Nobody is asked.
# SPDX-License-Identifier: Apache-2.0

load stores.bash

# url_is URL ARG...: what a push with these arguments would go to
url_is() {
    local url=$1
    shift
    expect 0 provar push "$@" x.par --dry-run -o json
    stdout_json ".url == \"$url\" and .stored == false"
}

@test "a word that names no store may have been meant as a reference, a path was not" {
    local word
    for word in acme/x:1 acme/x:1@sha256:00 localhosts/x:1 OCI/x:1; do
        refused 3 io "cannot open '$word': No such file or directory; a reference begins with its registry, as docker.io/REPO:TAG, or with oci: and a layout's directory" inspect "$word"
    done
    for word in ./nope/a:b.par ../a/b:c "$PWD/a:b" acme/x:1.par acme/x:1.par.gz nope; do
        refused 3 io "cannot open '$word': No such file or directory" inspect "$word"
    done
}

@test "a name with dots that is missing is a missing file, where there is no registry in front" {
    local word
    for word in greeter.tgz 1.2.3 x.y@sha256; do
        refused 3 io "cannot open '$word': No such file or directory" inspect "$word"
        refused 3 io "cannot open '$word': No such file or directory" verify "$word" --issuer "$issuer"
    done
    refused 3 io "cannot open 'localhost:5000': No such file or directory; a reference begins with its registry, as docker.io/REPO:TAG, or with oci: and a layout's directory" \
        inspect localhost:5000
    refused 2 usage "'no.par' is the name of a file, and no reference such as oci:DIR:TAG" pull no.par --issuer "$issuer"
}

@test "a reference is no destination of a file's verbs" {
    two x.par
    provar -q push oci:s:1 x.par >/dev/null
    local verb
    for verb in "pull oci:s:1 --issuer $issuer" "extract x.par --target x86_64-linux --issuer $issuer" "remove x.par --target x86_64-linux"; do
        # shellcheck disable=SC2086
        refused 2 usage "--destination: 'oci:s:2' is a reference: 'provar push' stores there, and a file is './oci:s:2'" \
            $verb --destination oci:s:2
    done
    absent oci:s:2
    expect 0 provar pull oci:s:1 --issuer "$issuer" --destination ./oci:s:2
    stdout_any
    cmp oci:s:2 x.par
}

@test "push and pull: a registry is put in front of what names no store, and of nothing else" {
    two x.par
    local word
    for word in x:1 acme/x:1 acme/x.y:1 localhosts/x:1 x.y:0.1.0 localhost:v1; do
        url_is "no.such.host/team/$word" "$word" -r no.such.host/team/
        WASH_REG_URL=no.such.host/team url_is "no.such.host/team/$word" "$word"
    done
    for word in localhost/x:1 Localhost/x:1 GHCR.io/x:1 host:5000/x:1 '[::1]/x:1' '[::1]:5000/x:1' oci://host/x:1 oci:s:1; do
        url_is "$word" "$word" -r no.such.host/team
    done
    for word in ./x.par "$PWD/x.par" x.par; do
        refused 2 usage "'$word' is a file, and no reference such as oci:DIR:TAG" push "$word" x.par -r no.such.host
        refused 2 usage "'$word' is a file, and no reference such as oci:DIR:TAG" pull "$word" --issuer "$issuer" -r no.such.host
    done
}

# REF-1: registry/x:1 alone is one of Docker Hub, and oci:5000/x:1 a layout.
@test "push, pull, list, copy: a registry that is named is asked, also where a reference to it has to say that it is one" {
    two x.par
    local host word
    for word in x:1 acme/x.y:1; do
        for host in registry registry/team Registry/v1.2 oci:5000 oci:5000/team; do
            url_is "oci://$host/$word" "$word" -r "$host"
            url_is "oci://$host/$word" "$word" -r "oci://$host/"
            WASH_REG_URL=$host// url_is "oci://$host/$word" "$word"
        done
        for host in ghcr.io Localhost/team host:5000 '[::1]' docker.io; do
            url_is "$host/$word" "$word" -r "$host"
            url_is "oci://$host/$word" "$word" -r "oci://$host"
        done
    done
    expect 18 provar pull x:1 --issuer "$issuer" -r registry --proxy http://127.0.0.1:1
    stderr_has "'https://registry/v2/x/manifests/1'"
    expect 18 provar list x -r registry --proxy http://127.0.0.1:1
    stderr_has "'https://registry/v2/x/tags/list'"
    WASH_REG_URL=ghcr.io expect 18 provar copy acme/x:1 oci:s --proxy http://127.0.0.1:1
    stderr_has "'https://ghcr.io/v2/acme/x/manifests/1'"
    provar -q push oci:there:1 x.par >/dev/null
    expect 18 provar copy oci:there:1 acme/x:1 -r ghcr.io --proxy http://127.0.0.1:1
    stderr_has "'https://ghcr.io/v2/acme/x/"
    # A layout is no registry.
    refused 2 usage "--registry: not the name or address of a registry: 'oci:s'" push x:1 x.par -r oci:s
    refused 2 usage "--registry: not the name or address of a registry: 'oci:s'" push x:1 x.par -r oci:s/team
    refused 2 usage "--registry: a scheme has no place in front of a registry: 'oci:'" push x:1 x.par -r oci://oci://ghcr.io
    refused 2 usage "--registry: an empty name is no registry" push x:1 x.par -r oci://
    WASH_REG_URL=oci:s refused 2 usage "WASH_REG_URL: not the name or address of a registry: 'oci:s'" push x:1 x.par
    [[ ! -e s ]]
    # Nor is a registry the name of what Docker Hub has.
    for word in 127.0.0.1:5000 localhost localhost:5000 registry.example ghcr.io:443 '[::1]:5000'; do
        refused 2 usage "a registry without a repository, as in REGISTRY/REPOSITORY:TAG: '$word'" list "$word"
        refused 2 usage "a registry without a repository, as in REGISTRY/REPOSITORY:TAG: '$word'" pull "$word" --issuer "$issuer"
    done
    # Or, where it can be nothing else, of the registry that is configured.
    local digest
    digest=sha256:$(printf '%064d' 0)
    for word in 127.0.0.1:5000 10.0.0.5 10.0.0.5:5000@$digest localhost@$digest localhost LocalHost:5000 '[::1]:5000' '[::1]'; do
        refused 2 usage "a registry without a repository, as in REGISTRY/REPOSITORY:TAG: '$word'" push "$word" x.par -r no.such.host
        WASH_REG_URL=no.such.host refused 2 usage "a registry without a repository, as in REGISTRY/REPOSITORY:TAG: '$word'" list "$word"
    done
    # What has dots or a number may well be a repository, or a tag.
    for word in http.provider:1 http.provider:20261124 10.0.0:5 10.0.0.5:v1 255.255.255.2551:1 localhost:v1 localhosts:5000; do
        url_is "ghcr.io/$word" "$word" -r ghcr.io
        WASH_REG_URL=ghcr.io url_is "ghcr.io/$word" "$word"
    done
    WASH_REG_URL=ghcr.io expect 18 provar list http.provider --proxy http://127.0.0.1:1
    stderr_has "'https://ghcr.io/v2/http.provider/tags/list'"
}

@test "push and pull: a registry that is none is the fault of the option or the variable that names it" {
    two x.par
    local fault="a scheme has no place in front of a registry: 'https:'"
    refused 2 usage "--registry: $fault" push x:1 x.par -r https://ghcr.io
    refused 2 usage "--registry: $fault" pull x:1 --issuer "$issuer" -r https://ghcr.io
    refused 2 usage "--registry: an empty name is no registry" push x:1 x.par -r /
    WASH_REG_URL=https://ghcr.io/ refused 2 usage "WASH_REG_URL: $fault" push x:1 x.par
    WASH_REG_URL=https://ghcr.io/ refused 2 usage "WASH_REG_URL: $fault" pull x:1 --issuer "$issuer"
    WASH_REG_URL=u:secret@ghcr.io refused 2 usage "WASH_REG_URL: a reference holds no user and no password" push x:1 x.par
    # Nobody looks at it where it is not needed, and what is wrong with the word is no fault of its own.
    WASH_REG_URL=https://ghcr.io url_is oci:s:1 oci:s:1
    local word
    for word in HTTPS://ghcr.io http://127.0.0.1:5000 docker://ghcr.io; do
        refused 2 usage "a scheme has no place in front of a registry: '${word%%/*}'" pull "$word/x:1" --issuer "$issuer"
    done
    refused 2 usage "not the name or address of a registry: 'ghcr.io:'" push ghcr.io:/x:1 x.par
    WASH_REG_URL=https://ghcr.io url_is ghcr.io/x:1 x:1 -r ghcr.io
    refused 2 usage "not a tag of letters, digits, '_', '.' and '-': 't?'" push 'x:t?' x.par -r ghcr.io
}
