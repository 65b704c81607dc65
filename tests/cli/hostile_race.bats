#!/usr/bin/env bats
# A second process exchanges or rewrites what a command reads: what comes out is one whole truth, or nothing.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash
load hostile.bash

teardown() {
    hostile_teardown
}

# The genuine archive; the same with a forged provider in it; and that one signed by a stranger. The providers are large, so
# that reading one takes a while.
setup_race() {
    cp "$helpers/state_provider" provider
    truncate -s +1M provider
    cp provider forged-provider
    change forged-provider "$genuine" "$forged"
    pack good.par --target "$here=provider"
    cp good.par forged.par
    change forged.par "$genuine" "$forged"
    new_key account stranger.nk >/dev/null
    works create --name Test --vendor Acme --issuer stranger.nk --subject v.nk --target "$here=forged-provider" --destination other.par
    cp good.par x.par
}

# count STATUS: keeps the score
count() {
    (($1 == 0)) && believed=$((believed + 1)) || refused=$((refused + 1))
}

# both_seen: a race in which one side always won shows nothing
both_seen() {
    echo "# believed $believed, refused $refused" >&3
    ((believed > 0 && refused > 0)) || refuse "one side always won: believed $believed, refused $refused"
}

believed=0
refused=0

@test "the archive is by turns another file, while 120 commands read it" {
    setup_race
    start_race exchange x.par forged.par good.par other.par good.par
    local run
    for ((run = 0; run < 30; run++)); do
        one_of '0 6 8' provar verify x.par -i "$issuer"
        count $status
        one_of '0 6 8' provar extract x.par -i "$issuer" --destination out
        count $status
        ((status == 0)) && cmp out provider && rm out || absent out
        one_of '0 125' provar run x.par -i "$issuer"
        count $status
        if grep -q "$forged" "$stdout_file"; then refuse 'a forged provider ran'; fi
        ((status == 125)) || grep -q "$genuine" "$stdout_file"
        one_of '0 6 8' provar insert x.par --issuer a.nk --target linux-arm --force --destination new.par
        count $status
        ((status == 0)) || absent new.par
        if [[ -e new.par ]] && grep -q "$forged" new.par; then refuse 'a forged provider was signed'; fi
        [[ ! -e new.par ]] || provar verify new.par -i "$issuer" >/dev/null
        rm -f new.par
    done
    stop_race 120
    both_seen
}

@test "the archive's bytes are rewritten in place, while 100 commands read it" {
    setup_race
    start_race rewrite x.par "$genuine" "$forged"
    local run
    for ((run = 0; run < 34; run++)); do
        one_of '0 6' provar extract x.par -i "$issuer" --destination out
        count $status
        ((status == 0)) && cmp out provider && rm out || absent out
        one_of '0 125' provar run x.par -i "$issuer"
        count $status
        if grep -q "$forged" "$stdout_file"; then refuse 'a forged provider ran'; fi
        one_of '0 6' provar insert x.par --issuer a.nk --target linux-arm --force --destination new.par
        count $status
        if [[ -e new.par ]] && grep -q "$forged" new.par; then refuse 'a forged provider was signed'; fi
        rm -f new.par
    done
    stop_race 102
    both_seen
}

# signed_body ARCHIVE: takes the body out, which is the one that was signed
signed_body() {
    rm -f body
    works extract "$1" -i "$issuer" --destination body
}

@test "create: the executable is by turns another file" {
    setup_race
    cp provider input
    start_race exchange input forged-provider provider
    local run compress= seen=
    for ((run = 0; run < 20; run++)); do
        [[ -z $compress ]] && compress=--compress=1 || compress=
        pack new.par --target "$here=input" $compress
        signed_body new.par
        cmp -s body provider && seen+=genuine || { cmp body forged-provider && seen+=forged; }
    done
    stop_race 20
    [[ $seen == *genuine* && $seen == *forged* ]] || refuse "always the same: $seen"
}

@test "create: the executable is rewritten in place" {
    setup_race
    start_race rewrite provider "$genuine" "$forged"
    local run compress=
    for ((run = 0; run < 20; run++)); do
        [[ -z $compress ]] && compress=--compress=1 || compress=
        rm -f new.par
        one_of '0 3 6' provar -q create --name Test --vendor Acme --issuer a.nk --subject v.nk --target "$here=provider" \
            --destination new.par $compress
        # Which of the two it became is nobody's to say; what was signed is what is in it.
        if ((status != 0)); then
            absent new.par
            continue
        fi
        believed=$((believed + 1))
        signed_body new.par
    done
    stop_race 20
    ((believed > 0)) || refuse 'no archive was ever made'
}

@test "run: another process writes into the memory file" {
    setup_race
    # The command forbids others to look into it; only root may, in a namespace of its own or not.
    local as_root=()
    ((EUID == 0)) || as_root=(unshare --user --map-root-user)
    [[ -z ${as_root[*]} ]] || "${as_root[@]}" true 2>/dev/null || skip 'needs user namespaces, or root'
    expect 0 "${as_root[@]}" python3 "$support/memfile_race.py" 60 "$genuine" "$forged" provider provar run x.par -i "$issuer"
    jq -c '{statuses, writes}' "$stdout_file" | sed 's/^/# /' >&3
    # Written before the seal: 125, seen by the hash. Held open at the start: 126. Behind the seal nothing is written.
    stdout_json '(.statuses | keys - ["0", "125", "126"]) == []'
    stdout_json '.writes.opened > 0 and .statuses["125"] > 0 and .writes.written > 0'
    stdout_json '[.outputs[] | select(contains("forged"))] == []'
    stdout_json '[.outputs[] | select(contains("genuine") or contains("[digest]") or contains("[exec]") | not)] == []'
}

@test "run: the memory file of a provider that runs cannot be written, cut or unsealed" {
    pack sleep.par --target "$(command -v sleep)"
    provar run sleep.par -i "$issuer" -- 60 3>&- &
    provider_pid=$!
    disown $provider_pid
    expect 0 python3 - $provider_pid <<'END'
import errno, fcntl, os, pathlib, sys, time
children = pathlib.Path("/proc", sys.argv[1], "task", sys.argv[1], "children")
while not (child := children.read_text().split()) or not os.readlink(f"/proc/{child[0]}/exe").startswith("/memfd:provar"):
    time.sleep(0.01)
program = f"/proc/{child[0]}/exe"
reader = os.open(program, os.O_RDONLY)
wanted = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
assert fcntl.fcntl(reader, fcntl.F_GET_SEALS) & wanted == wanted, "not sealed"
try:
    os.open(program, os.O_RDWR)
    sys.exit("opened for writing")
except OSError as error:
    assert error.errno == errno.ETXTBSY, error
# When it has ended the file is busy no more, and only the seals are left.
os.kill(int(child[0]), 9)
while pathlib.Path(program).exists():
    time.sleep(0.01)
# The kernel lets go of it a moment after the process is gone.
for remaining in range(500, -1, -1):
    try:
        writer = os.open(f"/proc/self/fd/{reader}", os.O_RDWR)
        break
    except OSError as error:
        assert remaining > 0 and error.errno == errno.ETXTBSY, error
        time.sleep(0.01)
for change in (lambda: os.pwrite(writer, b"!", 0), lambda: os.ftruncate(writer, 1), lambda: os.ftruncate(writer, 1 << 30)):
    try:
        change()
        sys.exit("changed")
    except PermissionError:
        pass
END
}
