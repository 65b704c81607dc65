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

# Root may map every id; others the one that they are, and by newuidmap those that are set aside for them.
map_ids() {
    local map
    if ((EUID == 0)); then
        for map in uid_map gid_map; do echo '0 0 65536' >"/proc/$holder/$map"; done
    elif command -v newuidmap >/dev/null && [[ $(set_aside /etc/subuid) && $(set_aside /etc/subgid) ]]; then
        # shellcheck disable=SC2046
        newuidmap "$holder" 0 "$EUID" 1 $(set_aside /etc/subuid)
        # shellcheck disable=SC2046
        newgidmap "$holder" 0 "$(id -g)" 1 $(set_aside /etc/subgid)
    else
        echo deny >"/proc/$holder/setgroups"
        echo "0 $EUID 1" >"/proc/$holder/uid_map"
        echo "0 $(id -g) 1" >"/proc/$holder/gid_map"
    fi
}

# set_aside FILE: the caller's range in /etc/subuid or /etc/subgid, from 1 on
set_aside() {
    awk -F: -v "name=$(id -un 2>/dev/null)" -v "id=$EUID" '$1 == name || $1 == id { print 1, $2, $3; exit }' "$1" 2>/dev/null
}

# is_mapped ID: there is such a user in the namespace
is_mapped() {
    awk -v "id=$1" '$1 <= id && id < $1 + $3 { found = 1 } END { exit !found }' "/proc/$holder/uid_map"
}

# teardown of the files that start processes
hostile_teardown() {
    local pid
    for pid in ${racer:-} ${holder:-} ${provider_pid:-}; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    lib_teardown
}
