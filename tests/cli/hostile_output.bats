#!/usr/bin/env bats
# Outputs under attack: links and directories in the way, a full TMPDIR, modes from the archive.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash
load hostile.bash

setup_archive() {
    printf 'mine' >mine
    pack x.par --target "$here=mine" "$@"
    cp x.par kept.par
}

teardown() {
    hostile_teardown
}

# in_the_way STATUS-OF-CONTROL COMMAND...: whatever stands at OUT in the command's words but a file is refused and stays
in_the_way() {
    local name words=("$@")
    for name in $obstacles; do
        refused 15 unsafe-path "'way/$name' is in the way and is not a regular file" "${words[@]//OUT/way/$name}"
    done
    # The control: the same words with a name that is free.
    works "${words[@]//OUT/way/free}"
    [[ -f way/free && ! -L way/free ]]
    rm way/free
    [[ $(ls -lA --time-style=full-iso way victim) == "$before" ]] || refuse 'something was changed'
    [[ $(<victim/file) == precious ]]
}

@test "a link, directory or FIFO at the output's name, for every verb that writes a file" {
    setup_archive
    mkdir way victim way/folder
    echo precious >victim/file
    mkfifo way/fifo
    ln -s nowhere way/dangling
    ln -s ../victim/file way/to-file
    ln -s ../victim way/to-folder
    ln -s to-itself way/to-itself
    local force before obstacles='dangling to-file to-folder to-itself folder fifo'
    before=$(ls -lA --time-style=full-iso way victim)
    for force in '' --force; do
        in_the_way extract x.par -i "$issuer" --destination OUT $force
    done
    obstacles='dangling to-file folder'
    in_the_way keys gen account --destination OUT --force
    in_the_way create --name N --vendor V --issuer a.nk --subject v.nk --target linux-x86 --destination OUT
    in_the_way insert x.par --issuer a.nk --target linux-arm --destination OUT --force
    in_the_way sign x.par --issuer a.nk --destination OUT
    cmp x.par kept.par
}

@test "an archive that is a link is not rewritten through it" {
    setup_archive
    ln -s x.par link.par
    refused 15 unsafe-path "'link.par' is in the way and is not a regular file" insert link.par --issuer a.nk --target linux-arm
    refused 15 unsafe-path "'link.par' is in the way and is not a regular file" sign link.par --issuer a.nk
    [[ -L link.par ]]
    cmp x.par kept.par
    # It may be read, and another name written.
    works sign link.par --issuer a.nk --destination other.par
    works sign x.par --issuer a.nk
    differ x.par kept.par
}

@test "key directory: a key that is a link is refused, and none is made through one" {
    mkdir -m 700 keys elsewhere
    cp -p a.nk elsewhere/real.nk
    ln -s ../elsewhere/real.nk keys/a.nk
    ln -s ../elsewhere/new.nk keys/tester_account.nk
    refused 15 unsafe-path "'keys/a.nk' is a link; make it a regular file of mode 0600, or pass --insecure-key-file" keys get a -d keys
    refused 2 usage "'../elsewhere/real' is not the name of a key" keys get ../elsewhere/real -d keys
    expect 15 provar create --name N --vendor V --directory keys --keygen --subject v.nk --target linux-x86 --destination x.par
    stderr_like "^provar: 'keys/tester_account.nk' is a link; .* \[unsafe-path\]$"
    absent elsewhere/new.nk
    absent x.par
    rm keys/*
    cp -p a.nk keys/a.nk
    expect 0 provar keys get a -d keys
    stdout_has "$issuer_seed"
    expect 0 provar create --name N --vendor V --directory keys --keygen --subject v.nk --target linux-x86 --destination x.par
    stdout_any
    stderr_has 'made the key'
}

@test "an output's name that is by turns nothing, a link and a directory while a file is extracted" {
    head -c 256K /dev/urandom >body
    pack x.par --target "$here=body"
    mkdir way
    echo precious >victim
    start_race obstruct way/out ../victim
    local run force= won=0 refused=0
    for ((run = 0; run < 60; run++)); do
        [[ $force == --force ]] && force= || force=--force
        # 3: the name was taken between the last look and the link.
        one_of '0 3 15' provar -q extract x.par -i "$issuer" --destination way/out $force
        ((status == 0)) && won=$((won + 1)) || refused=$((refused + 1))
        [[ $(<victim) == precious ]] || refuse 'written through the link'
    done
    stop_race 60
    echo "# extracted $won, refused $refused" >&3
    ((won > 0 && refused > 0))
    rm -rf way/out
    [[ -z $(ls -A way) ]] || refuse "left behind: $(ls -A way)"
}

@test "run, extract to a stream: a full TMPDIR, where an archive from a pipe and an executable on its way have to wait" {
    cp "$helpers/state_provider" body
    head -c 2M /dev/urandom >>body
    pack x.par --target "$here=body"
    enter_namespaces 1M
    expect 125 "${inside[@]}" env TMPDIR=/mnt sh -c "cat $PWD/x.par | provar run - -i $issuer"
    stderr_is "provar: cannot keep a temporary copy of the input: cannot write: No space left on device ($here.bin) [io]"
    expect 3 "${inside[@]}" env TMPDIR=/mnt provar extract "$PWD/x.par" -i "$issuer" --destination -
    stderr_is "provar: cannot write: No space left on device ($here.bin) [io]"
    expect 0 "${inside[@]}" sh -c 'ls -A; df --output=used . | tail -1'
    stdout_like '^ *0$'
    # A file needs no room there.
    expect 0 "${inside[@]}" env TMPDIR=/mnt provar run "$PWD/x.par" -i "$issuer"
    stdout_has "$genuine"
    "${inside[@]}" mount -o remount,size=8M tmpfs /mnt
    expect 0 "${inside[@]}" env TMPDIR=/mnt sh -c "cat $PWD/x.par | provar run - -i $issuer"
    stdout_has "$genuine"
}

# set_mode ARCHIVE MODE: gives every member of a plain archive this mode, which no signature covers
set_mode() {
    python3 -c '
import pathlib, sys, tarfile
path = pathlib.Path(sys.argv[1])
data = bytearray(path.read_bytes())
with tarfile.open(path) as archive:
    places = [member.offset for member in archive]
for place in places:
    data[place + 100:place + 108] = b"%07o\0" % int(sys.argv[2], 8)
    data[place + 148:place + 156] = b" " * 8
    data[place + 148:place + 156] = b"%06o\0 " % sum(data[place:place + 512])
path.write_bytes(data)' "$1" "$2"
}

@test "modes: an archive's 06777 and a umask of 000 give no file more than it should have" {
    setup_archive
    set_mode x.par 6777
    mkdir plain
    # What another reader makes of it.
    (umask 000 && tar -xpf x.par -C plain)
    [[ $(mode_of "plain/$here.bin") == 6777 ]]
    (umask 000 && provar -q extract x.par -i "$issuer" --destination out >/dev/null)
    [[ $(mode_of out) == 755 ]]
    chmod 6755 out
    (umask 000 && provar -q extract x.par -i "$issuer" --destination out --force >/dev/null)
    [[ $(mode_of out) == 755 ]]
    (umask 000 && provar -q insert x.par --issuer a.nk --target linux-arm --force --destination new.par >/dev/null)
    [[ $(mode_of new.par) == 644 ]]
    chmod 6644 x.par
    (umask 000 && provar -q sign x.par --issuer a.nk >/dev/null)
    [[ $(mode_of x.par) == 644 ]]
    (umask 000 && new_key account k.nk >/dev/null)
    [[ $(mode_of k.nk) == 600 ]]
    expect 0 tar -tvf x.par
    [[ $(grep -vc '^-rwxr-xr-x ' "$stdout_file") == 1 && $(grep -c '^-rw-r--r-- .* claims.jwt$' "$stdout_file") == 1 ]] ||
        refuse 'other modes in the new archive'
    stdout_any
}
