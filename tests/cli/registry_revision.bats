#!/usr/bin/env bats
# Tags that are to stay, in a registry, which has no compare-and-swap: whoever was overtaken does not report success.
# SPDX-License-Identifier: Apache-2.0

load registries.bash

# overtaken TAG: another's push, which is there by now, is seen only when this one's has been answered
overtaken() {
    behave '{"on": "HEAD .*/manifests/'"$1"'$", "times": 2, "status": 404}' '{"on": "PUT .*/manifests/'"$1"'$", "status": 201}'
}

# PUSH-9.
@test "push --by-revision and --no-clobber: who finds another's content under the tag afterwards says so" {
    two x.par
    other y.par
    fake
    local at=127.0.0.1:$port/x digest
    provar -q push "$at:a" x.par --by-revision >/dev/null
    digest=$(digest_of stored rev-7)
    overtaken rev-7
    fails 14 "somebody else may have .*: the tag 'rev-7' names other content already: $digest \\[registry\\]$" push "$at" y.par --by-revision
    count 1 '.method == "PUT" and (.target | endswith("/manifests/rev-7"))'
    overtaken a
    fails 14 "somebody else may have .*: the tag 'a' names other content already: $digest \\[registry\\]$" push "$at:a" y.par --no-clobber
    count 1 '.method == "PUT" and (.target | endswith("/manifests/a"))'
    # A registry that is slow to answer is slow to write for others, too.
    behave '{"on": "HEAD .*/manifests/rev-7$", "times": 2, "status": 404, "size": 0}' \
        '{"on": "PUT .*/manifests/rev-7$", "status": 201, "size": 2, "pause": [1, 0.5]}'
    local begin=${EPOCHREALTIME/[.,]/}
    fails 14 'somebody else may have' push "$at" y.par --by-revision
    local took=$((${EPOCHREALTIME/[.,]/} - begin))
    ((took > 1500000)) || refuse "it looked again after $took us"
    # The same content is no other, whoever came first.
    : >fake/rules
    expect 0 provar push "$at" x.par --by-revision
    stdout_like "@$digest$"
}
