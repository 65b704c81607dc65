#!/usr/bin/env bats
# Files and directories of another user, in a user namespace: keys, key directories, policy files, outputs, shared folders.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash
load hostile.bash

# The user, and one whose files are around.
user=1000
other=1001

teardown() {
    hostile_teardown
}

# /mnt is root's; the command lies in it, because nobody else may enter the test's own directory.
setup_users() {
    enter_namespaces 64M
    is_mapped $other || skip "needs newuidmap and a range in /etc/subuid and /etc/subgid, or root"
    printf 'mine' >mine
    pack x.par --target "$here=mine"
    "${inside[@]}" mkdir -p command/cli command/lib home
    "${inside[@]}" sh -c "cp '$PROVAR_BUILD'/cli/provar command/cli && cp '$PROVAR_BUILD'/lib/libprovar.so.[0-9] command/lib &&
        cp '$PWD'/x.par . && cp '$PWD'/a.nk '$PWD'/v.nk home && chown -R $user:$user home && chmod 644 x.par"
    as_root=("${inside[@]}" env "PATH=/mnt/command/cli:$PATH")
    as_user=(nsenter --target "$holder" --user --mount --wdns=/mnt --setuid $user --setgid $user
        env -u XDG_CONFIG_HOME -u XDG_STATE_HOME HOME=/mnt/home "PATH=/mnt/command/cli:$PATH")
}

# make COMMAND...: as root, inside
make() {
    "${inside[@]}" sh -c "$1"
}

hint='make it a regular file of mode 0600, or pass --insecure-key-file'

@test "a key file of another user is refused, to root too" {
    setup_users
    expect 0 "${as_user[@]}" provar keys public home/a.nk
    stdout_is "$issuer"
    make "chown $other home/a.nk"
    expect 3 "${as_user[@]}" provar keys public home/a.nk
    stderr_is "provar: cannot open 'home/a.nk': Permission denied [io]"
    expect 15 "${as_root[@]}" provar keys public home/a.nk
    stderr_is "provar: the key file 'home/a.nk' belongs to another user; $hint [unsafe-path]"
    make 'chmod 644 home/a.nk'
    expect 15 "${as_user[@]}" provar keys public home/a.nk
    stderr_is "provar: the key file 'home/a.nk' belongs to another user; $hint [unsafe-path]"
    expect 15 "${as_user[@]}" provar sign x.par --issuer home/a.nk --destination home/new.par
    stderr_is "provar: the key file 'home/a.nk' belongs to another user; $hint [unsafe-path]"
    expect 0 "${as_user[@]}" provar keys public home/a.nk --insecure-key-file
    stdout_is "$issuer"
}

@test "a key directory that another user made first is not used" {
    setup_users
    local create=(provar create --name N --vendor V --subject home/v.nk --target x.par --destination home/new.par)
    make "mkdir -p home/.wash/keys && chmod 777 home/.wash/keys && chown $other home/.wash/keys"
    expect 15 "${as_user[@]}" USER=tester "${create[@]}" --keygen
    stderr_is "provar: the directory of '/mnt/home/.wash/keys/tester_account.nk' belongs to another user [unsafe-path]"
    # One that is planted there is not believed, either.
    make "cp home/a.nk home/.wash/keys/tester_account.nk && cd home/.wash/keys && chmod 644 tester_account.nk && chown $other *"
    expect 15 "${as_user[@]}" USER=tester "${create[@]}" --keygen
    stderr_is "provar: the key file '/mnt/home/.wash/keys/tester_account.nk' belongs to another user; $hint [unsafe-path]"
    expect 0 "${as_root[@]}" ls -A home
    stdout_is $'.wash\na.nk\nv.nk'
    make "rm -r home/.wash && chown $user home"
    expect 0 "${as_user[@]}" USER=tester "${create[@]}" --keygen
    stdout_any
    stderr_has 'made the key'
    expect 0 "${as_root[@]}" stat -c '%u %a' home/.wash/keys home/.wash/keys/tester_account.nk
    stdout_is "$user 700"$'\n'"$user 600"
}

@test "a new key in another user's directory, in a shared one, and in one with the sticky bit" {
    setup_users
    make "mkdir theirs open sticky their-sticky && chown $other theirs their-sticky &&
        chmod 777 theirs open && chmod 1777 sticky their-sticky"
    local folder
    for folder in theirs their-sticky; do
        expect 15 "${as_user[@]}" provar keys gen account --destination $folder/k.nk
        stderr_is "provar: the directory of '$folder/k.nk' belongs to another user [unsafe-path]"
    done
    expect 15 "${as_user[@]}" provar keys gen account --destination open/k.nk
    stderr_is "provar: others may write to the directory of 'open/k.nk': its mode is 0777 [unsafe-path]"
    expect 0 "${as_user[@]}" provar keys gen account --destination sticky/k.nk
    stdout_like '^A[A-Z2-7]{55}$'
    expect 0 "${as_root[@]}" find theirs open sticky their-sticky -type f
    stdout_is sticky/k.nk
}

@test "policy files and a history of another user are refused, to root too" {
    setup_users
    local verify=(provar verify x.par) rules=(--allowed-issuers policy/rules) record=(-i "$issuer" --record --history policy/history)
    make "mkdir policy && echo '* $issuer' >policy/rules && chmod 644 policy/rules && chown -R $user policy"
    expect 0 "${as_user[@]}" "${verify[@]}" "${rules[@]}"
    stdout_any
    expect 0 "${as_user[@]}" "${verify[@]}" "${record[@]}"
    stdout_any
    # The directory is the one's who asks; nobody but root may open for writing what is not theirs, as the lock.
    local file who
    for who in "$user user rules history" "0 root rules history history.lock"; do
        set -- $who
        local owner=$1
        local -n as=as_$2
        make "chown $owner policy"
        for file in "${@:3}"; do
            local policy=("${rules[@]}") what='the policy file'
            [[ $file == rules ]] || policy=("${record[@]}")
            [[ $file != history.lock ]] || what='the lock of'
            make "chown 0 policy/* && chmod 644 policy/$file && chown $other policy/$file"
            expect 15 "${as[@]}" "${verify[@]}" "${policy[@]}"
            stderr_has "$what 'policy/${file%.lock}' belongs to another user [unsafe-path]"
        done
        make "chown 0 policy/* && chown $other policy"
        for file in rules history; do
            policy=("${rules[@]}")
            [[ $file == rules ]] || policy=("${record[@]}")
            expect 15 "${as[@]}" "${verify[@]}" "${policy[@]}"
            stderr_has "the directory of 'policy/$file' belongs to another user [unsafe-path]"
        done
    done
}

# The directory of the system's files, as the build says.
system_folder() {
    meson introspect --buildoptions "$PROVAR_BUILD" | jq -r '
        [.[] | select(.name == "prefix" or .name == "sysconfdir")] | sort_by(.name) | map(.value)
            | if .[1][:1] == "/" then .[1] else join("/") end'
}

@test "policy files of the system: behind the user's own rules, beside the user's own revocations, and never instead of them unsaid" {
    needs meson jq
    setup_users
    local etc verify=(provar verify x.par)
    etc=$(system_folder)
    [[ -d $etc ]] || skip "needs a directory $etc"
    make "mount -t tmpfs -o mode=755 tmpfs '$etc' && mkdir '$etc/provar' && echo '* $issuer' >'$etc/provar/allowed_issuers'"
    local verified="x.par is verified: signed by the trusted issuer $issuer"
    local nowhere='neither XDG_CONFIG_HOME nor HOME has a place for'
    local rules="provar: warning: the system's rules are read: $nowhere rules of the user's own; give --allowed-issuers FILE"
    local revoked="provar: warning: no revocation file of the user's own is read: $nowhere it; give --revoked-issuers FILE"
    expect 0 "${as_user[@]}" "${verify[@]}"
    stdout_is "$verified"
    make "mkdir -p home/.config/provar && echo '* $stranger' >home/.config/provar/allowed_issuers && chown -R $user home"
    expect 8 "${as_user[@]}" "${verify[@]}"
    stderr_has 'not an allowed issuer'
    expect 0 "${as_user[@]}" HOME= "${verify[@]}"
    stdout_is "$verified"
    stderr_is "$rules"$'\n'"$revoked"
    expect 0 "${as_user[@]}" HOME= "${verify[@]}" --issuer "$issuer"
    stdout_is "$verified"
    stderr_is "$revoked"
    make "echo '$issuer *' >'$etc/provar/revoked_issuers'"
    expect 10 "${as_user[@]}" "${verify[@]}" --issuer "$issuer"
    stderr_has '[revoked]'
    expect 10 "${as_user[@]}" HOME= "${verify[@]}" --issuer "$issuer"
    stderr_has "$revoked"
    make "rm '$etc/provar/allowed_issuers' '$etc/provar/revoked_issuers'"
    expect 8 "${as_user[@]}" HOME= "${verify[@]}"
    stderr_has "$revoked"
    stderr_has 'but no issuer is trusted'
    not_said "$rules"
}

@test "extract to a shared folder: what another user planted there is neither followed nor replaced" {
    setup_users
    make "mkdir -m 1777 shared && cd shared && echo precious >victim && chown $other victim && ln -s victim link &&
        chown -h $other link && mkfifo fifo && chown $other fifo"
    local force name
    for force in '' --force; do
        for name in link fifo; do
            expect 15 "${as_user[@]}" provar extract x.par -i "$issuer" --destination shared/$name $force
            stderr_is "provar: 'shared/$name' is in the way and is not a regular file [unsafe-path]"
        done
    done
    expect 3 "${as_user[@]}" provar extract x.par -i "$issuer" --destination shared/victim
    stderr_is "provar: 'shared/victim' exists; --force replaces it [io]"
    # The sticky bit keeps the file its owner's.
    expect 3 "${as_user[@]}" provar extract x.par -i "$issuer" --destination shared/victim --force
    stderr_is "provar: cannot give the finished file its name 'shared/victim': Operation not permitted [io]"
    expect 0 "${as_user[@]}" provar extract x.par -i "$issuer" --destination shared/out
    stdout_any
    expect 0 "${as_root[@]}" sh -c 'ls -A shared; cat shared/victim; stat -c "%u %a" shared/out'
    stdout_is $'fifo\nlink\nout\nvictim\nprecious\n'"$user 755"
}

@test "an output by a folder's link: the caller's and root's are followed, and none that another user planted" {
    setup_users
    make "mkdir -m 1777 shared && mkdir victim theirs roots && chown $user victim &&
        for link in shared/planted shared/mine shared/roots theirs/planted roots/link; do ln -s ../victim \$link; done &&
        chown -h $other shared/planted theirs theirs/planted roots/link && chown -h $user shared/mine"
    local command folder commands=("extract x.par -i $issuer" 'keys gen account' 'sign x.par --issuer home/a.nk'
        'create --name N --vendor V --issuer home/a.nk --subject home/v.nk --target x.par')
    for command in "${commands[@]}"; do
        for folder in shared theirs; do
            # shellcheck disable=SC2086
            expect 15 "${as_user[@]}" provar $command --destination $folder/planted/out
            stderr_is "provar: the directory of '$folder/planted/out' is reached by a link of another user: 'planted' [unsafe-path]"
        done
    done
    for folder in shared theirs; do
        expect 15 "${as_root[@]}" provar extract x.par -i "$issuer" --destination $folder/planted/../victim/out
        stderr_has "is reached by a link of another user: 'planted' [unsafe-path]"
    done
    expect 0 "${as_root[@]}" ls -A victim
    # Only root may write to the last of them, so that only root can have put the other user's link there.
    for folder in shared/mine shared/roots roots/link; do
        expect 0 "${as_user[@]}" provar extract x.par -i "$issuer" --destination $folder/out
        stdout_is "extracted $here to $folder/out"
        expect 0 "${as_root[@]}" rm victim/out
    done
}

@test "extract --destination -: a TMPDIR of another user holds nothing that they could open" {
    setup_users
    make "mkdir theirs && chmod 777 theirs && chown $other theirs"
    expect 0 "${as_user[@]}" TMPDIR=theirs sh -c "cat x.par | provar extract - -i $issuer --destination -"
    stdout_is_file mine
    # Held open while the input waits: no name, and no way for the other user through /proc.
    "${as_user[@]}" TMPDIR=theirs sh -c "{ head -c 1000 x.par; sleep 10; } | provar extract - -i $issuer --destination home/out" \
        3>&- >/dev/null 2>&1 &
    disown $!
    local reader='' tries=0
    until [[ -n $reader ]] && "${inside[@]}" ls -l "/proc/$reader/fd" | grep -q 'theirs/.*deleted'; do
        ((++tries < 200)) || refuse 'no temporary file was seen'
        sleep 0.02
        reader=$("${inside[@]}" pgrep -n -x provar -u $user) || true
    done
    expect 0 "${as_root[@]}" ls -A theirs
    expect 2 nsenter --target "$holder" --user --mount --setuid $other --setgid $other ls "/proc/$reader/fd"
    stderr_has 'Permission denied'
    "${inside[@]}" kill "$reader"
}
