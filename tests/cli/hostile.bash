# What the hostile tests share: a provider that shows its state, races, and namespaces of their own.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154

helpers=$PROVAR_BUILD/tests/support
support=$PROVAR_SOURCE/tests/support
genuine='voice: genuine'
forged='voice: forged!'

# pack_state ARCHIVE ARG...: an archive of the provider that prints its state
pack_state() {
    pack "$1" --target "$helpers/state_provider" "${@:2}"
}

# works ARG...: the control; what it says is other tests' business
works() {
    expect 0 provar -q "$@"
    stdout_any
    stderr_any
}

# one_of STATUSES COMMAND...: runs it; any other status, and so any signal, fails the test. `status` is which it was.
one_of() {
    local statuses=$1
    shift
    last_command=("$@")
    status=0
    "$@" >"$stdout_file" 2>"$stderr_file" || status=$?
    ended="status $status"
    [[ " $statuses " == *" $status "* ]] || refuse "expected one of the statuses $statuses"
}

# ---- races: one at a time, by support/race.py

start_race() {
    mkfifo race-says
    python3 "$support/race.py" "$@" >race-says 3>&- &
    racer=$!
    disown $racer
    exec {race}<race-says
    rm race-says
    read -r -t 20 turns <&$race && [[ $turns == ready ]]
}

# Ends it, and demands that files were exchanged more often than the command was run.
stop_race() {
    kill "$racer"
    read -r -t 20 turns <&$race
    exec {race}<&-
    racer=
    echo "# exchanged $turns times" >&3
    ((turns > $1)) || refuse "only $turns exchanges in $1 runs"
}

# ---- namespaces

# Starts a process that holds a user and a mount namespace, with an empty file system of this SIZE on /mnt. "${inside[@]}"
# before a command runs it there, as root and in /mnt.
enter_namespaces() {
    unshare --user --mount true 2>/dev/null || skip 'needs user namespaces'
    unshare --user --mount sleep 300 3>&- &
    holder=$!
    disown $holder
    until [[ $(ps -o comm= $holder) == sleep ]]; do sleep 0.01; done
    map_ids
    local enter=(nsenter --target "$holder" --user --mount)
    ((EUID == 0)) && enter+=(--setuid 0 --setgid 0) || enter+=(--preserve-credentials)
    "${enter[@]}" mount -t tmpfs -o "mode=755,size=$1" tmpfs /mnt
    inside=("${enter[@]}" --wdns=/mnt)
}

# Root may map every id, others the one that they are.
map_ids() {
    local ids="0 0 65536"
    if ((EUID != 0)); then
        ids="0 $EUID 1"
        echo deny >"/proc/$holder/setgroups"
    fi
    echo "$ids" >"/proc/$holder/uid_map"
    [[ $EUID == 0 ]] || ids="0 $(id -g) 1"
    echo "$ids" >"/proc/$holder/gid_map"
}

# teardown of the files that start processes
hostile_teardown() {
    local pid
    for pid in ${racer:-} ${holder:-} ${provider_pid:-}; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    lib_teardown
}
