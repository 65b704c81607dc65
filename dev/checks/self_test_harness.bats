# What runs tests and checks: it fails when one of them does, and counts what it saw.
# SPDX-License-Identifier: Apache-2.0

load ../../tests/cli/lib

# ---------------------------------------------------------------- tests/cli/lib.bash

@test "expect: refuses another status, a signal, a sanitizer's report, a missing command" {
    expect 3 sh -c 'exit 3'
    ! expect 0 sh -c 'exit 3' || return 1
    ! expect 139 sh -c 'kill -SEGV $$' || return 1
    expect 139 sh -c 'exit 139'
    ! expect 99 sh -c 'exit 99' || return 1
    ! expect 1 sh -c 'echo "==1==ERROR: AddressSanitizer: heap-use-after-free" >&2; exit 1' || return 1
    stderr_any
    ! expect 1 sh -c 'echo "a.c:1:2: runtime error: overflow" >&2; exit 1' || return 1
    stderr_any
    ! expect 127 no-such-command || return 1
}

@test "expect: refuses output that differs or that nothing looked at" {
    expect 0 sh -c 'echo one; echo two >&2'
    ! expect 0 true || return 1
    stdout_is one
    ! expect 0 true || return 1
    stderr_is two
    expect 0 true
    expect 0 printf 'one\ntwo\n'
    ! stdout_is one || return 1
    ! stdout_like '^one$' || return 1
    ! stdout_has three || return 1
    ! stderr_is one || return 1
    stdout_has two
}

# ---------------------------------------------------------------- dev/run_tests.py

# program NAME EXIT LINE...: a test program that prints these lines
program() {
    mkdir -p "tests/$(dirname "$1")"
    printf 'printf "%%s\\n"%s\n%s\n' "$(printf " '%s'" "${@:3}")" "$2" >"tests/$1.sh"
    echo "test('$1', find_program('sh'), args: files('tests/$1.sh'))" >>meson.build
}

# counts STATUS LINE...: how dev/run_tests.py ends on those programs, after meson's own lines
counts() {
    meson setup build >/dev/null
    expect "$1" python3 "$PROVAR_SOURCE/dev/run_tests.py" build
    stdout_seen=yes
    diff <(printf '%s\n' "${@:2}") <(grep -E '^(FAILED|skipped|[0-9]+ passed)' "$stdout_file") || refuse "other counts"
}

@test "run_tests: counts single cases, with the reason of a skip" {
    unset CI
    echo "project('fixture')" >meson.build
    program unit/test_a 'exit 0' '1..2' 'ok 1 - one' 'needs a peer' 'not ok 2 # SKIP two' '# ok - tests'
    program cli/b 'exit 0' '1..3' 'ok 1 one' 'ok 2 two # skip no such system' 'ok 3 three # skip'
    counts 0 'skipped: unit/test_a: two (needs a peer)' 'skipped: cli/b: two (no such system)' 'skipped: cli/b: three ()' \
        '2 passed, 0 failed, 3 skipped'
    export CI=true
    counts 1 'skipped: cli/b: two (no such system)' 'skipped: cli/b: three ()' 'FAILED: unit/test_a: two (needs a peer)' \
        '2 passed, 1 failed, 2 skipped'
}

@test "run_tests: a failed case, a crash, a wrong plan, no TAP, and a bad end are failures" {
    echo "project('fixture')" >meson.build
    program unit/test_a 'exit 1' '1..2' 'ok 1 - one' 'not ok 2 - two'
    counts 1 'FAILED: unit/test_a: two' '1 passed, 1 failed, 0 skipped'
    echo "project('fixture')" >meson.build
    program unit/test_a 'kill -SEGV $$' '1..2' 'ok 1 - one'
    counts 1 'FAILED: unit/test_a: ended by FAIL, status -11' '1 passed, 1 failed, 0 skipped'
    echo "project('fixture')" >meson.build
    program unit/test_a 'exit 0' '1..2' 'ok 1 - one'
    counts 1 'FAILED: unit/test_a: ended by OK, status 0' '1 passed, 1 failed, 0 skipped'
    echo "project('fixture')" >meson.build
    program unit/test_a 'exit 0' 'all is well'
    counts 1 'FAILED: unit/test_a: ended by OK, status 0' '0 passed, 1 failed, 0 skipped'
    echo "project('fixture')" >meson.build
    program unit/test_a 'exit 99' '1..1' 'ok 1 - one'
    counts 1 'FAILED: unit/test_a: ended by ERROR, status 99' '1 passed, 1 failed, 0 skipped'
}

@test "run_tests: a test file that no meson.build names is a failure" {
    echo "project('fixture')" >meson.build
    program unit/test_a 'exit 0' '1..1' 'ok 1 - one'
    touch tests/unit/test_a.c
    counts 0 '1 passed, 0 failed, 0 skipped'
    touch tests/unit/test_lost.c
    counts 1 'FAILED: tests/unit/test_lost.c: no meson.build names it' '1 passed, 1 failed, 0 skipped'
}

@test "run_tests: names, and names that are left out" {
    local run=(python3 "$PROVAR_SOURCE/dev/run_tests.py" build)
    echo "project('fixture')" >meson.build
    program unit/test_a 'exit 0' '1..1' 'ok 1 - one'
    program unit/test_ab 'exit 0' '1..1' 'ok 1 - one'
    program cli/c 'exit 1' '1..1' 'not ok 1 - one'
    meson setup build >/dev/null
    expect 0 "${run[@]}" unit/
    stdout_has '2 passed, 0 failed, 0 skipped'
    expect 0 "${run[@]}" ^cli/
    stdout_has '2 passed, 0 failed, 0 skipped'
    expect 0 "${run[@]}" unit/ '^test_a$'
    stdout_has '1 passed, 0 failed, 0 skipped'
    stdout_has unit/test_ab
    expect 1 "${run[@]}" unit/ ^none
    stderr_is 'dev/test: no test has a name like: none'
    expect 1 "${run[@]}" cli/ ^cli/c
    stderr_is 'dev/test: no test is left of: cli/ ^cli/c'
}

# ---------------------------------------------------------------- dev/check and .ci/run

# checks STATUS LINE [MODE...]: how dev/check ends on the stand-ins for its modes in the working directory
checks() {
    expect "$1" bash dev/check "${@:3}"
    stdout_seen=yes
    [[ $(tail -n 1 "$stdout_file") == "$2" ]] || refuse "expected the last line: $2"
}

@test "check: every mode has its program, and one that fails is a failure" {
    local mode modes
    unset CI
    mkdir -p dev/checks
    cp "$PROVAR_SOURCE/dev/check" dev
    echo 'exit 0' >dev/setup
    expect 0 bash dev/check --list
    modes=$(<"$stdout_file")
    stdout_any
    for mode in $modes; do
        [[ -x $PROVAR_SOURCE/dev/checks/$mode ]]
        printf '#!/bin/sh\necho done\n' >"dev/checks/$mode"
        chmod +x "dev/checks/$mode"
    done
    # Each program that is no mode is a part of one.
    [[ $(cd "$PROVAR_SOURCE/dev/checks" && find . -type f ! -name '*.*' | wc -l) -eq $(wc -w <<<"$modes") ]]
    checks 0 "$(wc -w <<<"$modes") passed, 0 failed, 0 skipped"
    checks 0 '2 passed, 0 failed, 0 skipped' asan fuzz
    checks 0 '1 passed, 0 failed, 0 skipped' asan fuzz ^asan
    echo 'exit 99' >>dev/checks/fuzz
    checks 1 '1 passed, 1 failed, 0 skipped' asan fuzz
    printf 'echo "needs a peer"\nexit 77\n' >dev/checks/fuzz
    sed -i '1i #!/bin/sh' dev/checks/fuzz
    checks 0 '1 passed, 0 failed, 1 skipped' asan fuzz
    grep -qx 'skipped fuzz: needs a peer' "$stdout_file"
    CI=true checks 1 '1 passed, 1 failed, 0 skipped' asan fuzz
    sed -i 's/exit 77/exit 78/' dev/checks/fuzz
    CI=true checks 0 '1 passed, 0 failed, 1 skipped' asan fuzz
    expect 2 bash dev/check none
    stderr_has "no mode 'none'"
}

# ci STATUS LINE: how .ci/run ends on the stand-ins for dev/test and dev/check in the working directory
ci() {
    expect "$1" bash .ci/run
    stdout_seen=yes
    [[ $(tail -n 1 "$stdout_file") == "$2" ]] || refuse "expected the last line: $2"
}

@test "ci: runs both, sums both, fails when either fails" {
    mkdir .ci dev
    cp "$PROVAR_SOURCE/.ci/run" .ci
    echo 'echo "5 passed, 0 failed, 2 skipped"' >dev/test
    echo 'echo "7 passed, 0 failed, 0 skipped"' >dev/check
    ci 0 '12 passed, 0 failed, 2 skipped'
    echo 'echo "5 passed, 3 failed, 2 skipped"; exit 1' >dev/test
    ci 1 '12 passed, 3 failed, 2 skipped'
    echo 'echo "cannot build"; exit 1' >dev/test
    ci 1 '7 passed, 1 failed, 0 skipped'
    echo 'echo "5 passed, 0 failed, 2 skipped"' >dev/test
    echo 'echo "6 passed, 1 failed, 0 skipped"; exit 1' >dev/check
    ci 1 '11 passed, 1 failed, 2 skipped'
}

# ---------------------------------------------------------------- dev/peers

@test "peers: what Go builds is kept, by its version; what it cannot build is named, and is no fault" {
    mkdir -p dev bin tools
    cp "$PROVAR_SOURCE/dev/peers" dev
    cat >bin/go <<'STAND_IN'
#!/bin/sh
echo "$*" >>ran
case $* in *oras*) echo "no such module" >&2; exit 1 ;; esac
mkdir "$GOBIN" && touch "$GOBIN/crane" && chmod +x "$GOBIN/crane"
STAND_IN
    chmod +x bin/go
    PATH=$PWD/bin:$PATH expect 0 sh dev/peers
    [[ -x build-peers/crane && ! -e build-peers/crane.why && ! -e build-peers/oras ]]
    [[ $(<build-peers/oras.why) == 'go install ended with status 1: no such module' ]]
    PATH=$PWD/bin:$PATH expect 0 sh dev/peers
    [[ $(grep -c crane build-peers/ran) == 1 && $(grep -c oras build-peers/ran) == 2 ]]
    sed -i 's/crane@v/&1/' dev/peers
    PATH=$PWD/bin:$PATH expect 0 sh dev/peers
    [[ $(grep -c crane build-peers/ran) == 2 ]]
    local tool
    for tool in sh dirname mkdir rm mv cat tail; do
        ln -s "$(command -v "$tool")" tools
    done
    expect 0 env PATH="$PWD/tools" sh dev/peers
    [[ $(<build-peers/oras.why) == 'Go is not installed' && -x build-peers/crane ]]
}
