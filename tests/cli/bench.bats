#!/usr/bin/env bats
# The measuring tools work from end to end, on inputs so small that they show no speed.
# SPDX-License-Identifier: Apache-2.0

load lib.bash

# astral-tokio-tar 0.5.6, which the reference needs, asks for this compiler.
cargo_minimum=1.83.0

needs_reference() {
    needs cargo cc igzip python3 meson
    local version
    version=$(cargo --version | cut -d ' ' -f 2)
    [[ $(printf '%s\n' "$cargo_minimum" "$version" | sort -V | head -n 1) == "$cargo_minimum" ]] ||
        skip "needs cargo $cargo_minimum"
}

# Three files of some hundred KiB that look like executables and compress a little.
inputs() {
    mkdir inputs
    local name
    for name in 1 2 3; do
        head -c 64 "$PROVAR_BUILD/cli/provar" >"inputs/$name"
        head -c $((name * 400000)) "$(readlink -f /bin/bash)" >>"inputs/$name"
    done
}

bench_run=("$PROVAR_SOURCE/bench/run" --work "$PROVAR_BUILD/bench" --inputs inputs --small)
bench_scaling=("$PROVAR_SOURCE/bench/scaling" --work "$PROVAR_BUILD/bench" --inputs inputs --small)

@test "bench/run measures every row and writes the page" {
    needs_reference
    not_sanitized "a measure of time"
    inputs
    printf '%s\n' '<!-- begin scaling -->' 'what is there stays' '<!-- end scaling -->' >page.md
    expect 0 "${bench_run[@]}" --provar "$PROVAR_BUILD/cli/provar" --storeless "$PROVAR_BUILD/cli/provar" --quick --pairs 1 \
        --page page.md
    stderr_any
    stdout_has '1 pairs, taken in turn'
    local row
    for row in 'create, gzip ' 'create, plain ' 'verify, plain ' 'verify, gzip by the reference ' \
        'verify, gzip with index ' 'extract the largest target, gzip ' 'extract the smallest target, gzip ' \
        'insert the smallest file again, gzip by provar ' 'insert the smallest file again, gzip by the reference ' \
        'inspect, plain ' 'inspect, gzip ' 'start: --version ' 'start: verify, a small file ' 'create, gzip, 2 cores ' 'push to a registry ' 'pull from a registry, and verify '; do
        stdout_has "| $row"
    done
    # The page holds what was printed, keeps the section of bench/scaling, and names no folder of this machine.
    sed -n '/^<!-- begin run -->$/,/^<!-- end run -->$/{//!p}' page.md | cmp - "$stdout_file"
    grep -qx 'what is there stays' page.md
    grep -q '^# Performance$' page.md
    if grep -F -e "$PWD" -e "$PROVAR_BUILD" page.md; then
        refuse "a folder of this machine is in the page"
    fi
}

@test "bench/run ends when a command fails: what fails has no speed" {
    needs_reference
    inputs
    printf '#!/bin/sh\ncase $* in *--help) exit ;; esac\necho "no verdict" >&2\nexit 5\n' >failing
    chmod +x failing
    expect 1 "${bench_run[@]}" --provar failing --page page.md
    stderr_like '^status 5: .*failing -q create .*no verdict'
    [[ ! -e page.md ]]
}

@test "bench/run fails, when the page is written, on an archive that is larger than the reference's" {
    needs_reference
    not_sanitized "a measure of time"
    inputs
    mkdir bin
    printf '#!/bin/bash\nexec %q "${@/#--compress/--compress=1}"\n' "$PROVAR_BUILD/cli/provar" >weak
    # The reference as the other tests have built it: to optimise it takes minutes.
    cat >bin/cargo <<STAND_IN
#!/bin/bash
for word; do [[ \$word == --release ]] || words+=("\$word"); done
"$(command -v cargo)" "\${words[@]}" || exit
mkdir -p '$PROVAR_BUILD/bench/reference/release'
cp '$PROVAR_BUILD/bench/reference/debug/bench-reference' '$PROVAR_BUILD/bench/reference/release'
STAND_IN
    chmod +x weak bin/cargo
    local words=("${bench_run[@]}" --pairs 1 --only 'inspect, plain' --page page.md)
    unset 'words[5]'
    PATH=$PWD/bin:$PATH expect 0 "${words[@]}" --provar "$PROVAR_BUILD/cli/provar"
    stdout_any
    stderr_any
    PATH=$PWD/bin:$PATH expect 1 "${words[@]}" --provar weak
    stdout_any
    stderr_has "bench: the archive is larger than the reference's"
    grep -q '^| provar, default level | [0-9]* .* \*\*no\*\* ' page.md
}

@test "what is measured knows nothing of what the caller trusts, revokes and remembers" {
    needs python3
    local name
    export HOME=$PWD/home XDG_CONFIG_HOME=$PWD/config XDG_STATE_HOME=$PWD/state PROVAR_HISTORY=$PWD/history
    export PROVAR_ALLOWED_ISSUERS=$PWD/none PROVAR_REVOKED_ISSUERS=$PWD/none
    mkdir -p keys config/provar
    echo 'what is no rule' | tee config/provar/allowed_issuers >config/provar/revoked_issuers
    printf '\0asm\015\0\001\0' >body
    PYTHONPATH=$PROVAR_SOURCE/bench python3 - "$PROVAR_BUILD/cli/provar" <<'PYTHON'
import pathlib, subprocess, sys, programs
provar = programs.Provar.at(pathlib.Path(sys.argv[1]), pathlib.Path("keys").resolve())
for words in (provar.create("a.par", [("x86_64-linux", "body")]), provar.verify("a.par")):
    subprocess.run(words, check=True)
PYTHON
    [[ ! -e home && ! -e state && ! -e history ]]
}

@test "bench/run wants three inputs" {
    needs_reference
    mkdir inputs
    expect 1 "${bench_run[@]}" --provar "$PROVAR_BUILD/cli/provar"
    stderr_is "bench: fewer than three files in 'inputs'"
}

@test "bench/scaling measures sizes, targets and cores, and draws them" {
    needs cc python3
    not_sanitized "a measure of time"
    inputs
    expect 0 "${bench_scaling[@]}" --provar "$PROVAR_BUILD/cli/provar" --docs docs
    stderr_any
    stdout_has '| 64 '
    stdout_has '| 1 MB '
    local row
    for row in create check verify insert inspect; do
        stdout_has "| $row, plain "
    done
    for row in create check verify 'extract the last' insert remove sign inspect; do
        stdout_has "| $row, gzip "
    done
    grep -qF '](scaling.svg)' docs/PERFORMANCE.md
    python3 -c 'import sys, xml.dom.minidom as dom
paths = dom.parse(sys.argv[1]).getElementsByTagName("circle")
sys.exit(0 if len(paths) > 180 else 1)' docs/scaling.svg
}

@test "a goal is reached by the median of the pairs, at its bound" {
    PYTHONPATH=$PROVAR_SOURCE/bench python3 - <<'PYTHON'
import goals
from measure import Sample

def judged(goal, *pairs):
    ours, theirs = zip(*((Sample(a, 0, 0), Sample(b, 0, 0)) for a, b in pairs))
    return goal.judge(ours, theirs)

assert judged(goals.faster(6), (1, 6), (1, 2), (1, 9)) == ("6.00x", "4.00x to 7.50x", True)
assert not judged(goals.faster(6), (1, 5.9), (1, 2), (1, 9))[2]
assert judged(goals.within(1.25), (5, 4))[2] and not judged(goals.within(1.25), (5.1, 4))[2]
assert judged(goals.at_most_more(2), (0.004, 0.0025)) == ("+1.50 ms", "+1.50 ms to +1.50 ms", True)
assert not judged(goals.at_most_more(2), (0.004, 0.0019))[2]
PYTHON
}

@test "what is compared with and is not installed is named, and the rest is measured" {
    PYTHONPATH=$PROVAR_SOURCE/bench python3 - <<'PYTHON'
import goals, measure, report, rows

command, sample = measure.Command(["true"]), measure.Sample(1, 1, 1024)
work = rows.Work("push", command, (rows.rival("`none`", "no-such-program", command, goals.within(1)),
                                   rows.rival("`sh`", "sh", command, goals.within(1))))
assert [against.name for against in work.present] == ["`sh`"]
result = [(work, [sample], [[sample]])]
lines = report.comparisons(result).splitlines()[2:]
assert "missing: no-such-program" in lines[0] and "`none`" in lines[0], lines
assert "1.00x" in lines[1] and lines[1].endswith("| yes     |"), lines
assert "`none`" not in report.costs(result) and "`sh`" in report.costs(result)
PYTHON
}

@test "an index is cut out of a gzip file, and nothing else" {
    printf 'some bytes' | gzip -n9 >bare
    # FLG FEXTRA, then XLEN 6 and a subfield PI of two bytes (RFC 1952, 2.3.1).
    {
        printf '\x1f\x8b\x08\x04'
        tail -c +5 bare | head -c 6
        printf '\x06\x00PI\x02\x00ab'
        tail -c +11 bare
    } >indexed
    PYTHONPATH=$PROVAR_SOURCE/bench python3 - <<'PYTHON'
import pathlib, archives
assert archives.strip_index(pathlib.Path("indexed"), pathlib.Path("out"))
assert not archives.strip_index(pathlib.Path("bare"), pathlib.Path("never"))
PYTHON
    cmp out bare
    gzip -dc indexed | cmp - <(printf 'some bytes')
}
