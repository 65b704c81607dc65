# What every bats file loads: runs commands and demands their exact status, stdout and stderr.
# SPDX-License-Identifier: Apache-2.0
#
#     expect 0 provar keys gen account      # runs it; any other end fails the test
#     stdout_like '^Public Key: A[A-Z2-7]{55}$'
#     stderr_is ''
#
# Output that is not empty must be looked at (stdout_is, _like, _has, or _any to say that it does not matter) before the next
# `expect` and before the test ends: a word too many is a failure. Death by a signal, a sanitizer's report and a command that is not
# there are failures whatever status was expected; a status above 128 that a program chose itself is not.

PROVAR_SOURCE=${PROVAR_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
PROVAR_BUILD=${PROVAR_BUILD:-$PROVAR_SOURCE/build}
PATH=$PROVAR_BUILD/cli:$PATH
unset WASH_ISSUER_KEY WASH_SUBJECT_KEY SOURCE_DATE_EPOCH PROVAR_ALLOWED_ISSUERS PROVAR_REVOKED_ISSUERS
# No test sees whom the developer trusts, and none changes what he has accepted.
export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/.config XDG_STATE_HOME=$BATS_TEST_TMPDIR/.state PROVAR_HISTORY=
export PROVAR_SOURCE PROVAR_BUILD PATH LC_ALL=C.UTF-8 TZ=UTC
# A sanitizer's own dlopen knows nothing of the search path that the command has in its build directory.
[[ ${PROVAR_SANITIZED:-no} == no ]] || export LD_LIBRARY_PATH=$PROVAR_BUILD/store${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

stdout_seen=yes
stderr_seen=yes

# The files of the last command's output; they hold exactly its bytes.
stdout_file=$BATS_TEST_TMPDIR/.stdout
stderr_file=$BATS_TEST_TMPDIR/.stderr

# Fails the test, saying why and what the last command was and wrote.
refuse() {
    {
        echo "$*"
        echo "command: ${last_command[*]@Q}"
        echo "ended:   ${ended:-not run}"
        sed 's/^/stdout:  /' "$stdout_file"
        sed 's/^/stderr:  /' "$stderr_file"
    } >&2 2>/dev/null
    return 1
}

# expect STATUS COMMAND [ARG...]
expect() {
    all_seen || return 1
    local status=$1
    shift
    last_command=("$@")
    # A shell's $? is 139 for a program that crashed and for one that chose 139; wait(2) tells them apart.
    ended=$(PROVAR_STDOUT=$stdout_file PROVAR_STDERR=$stderr_file perl -e '
        open(my $report, ">&", \*STDOUT);
        open(STDOUT, ">", $ENV{PROVAR_STDOUT}) && open(STDERR, ">", $ENV{PROVAR_STDERR}) or exit 1;
        delete @ENV{"PROVAR_STDOUT", "PROVAR_STDERR"};
        my $end = system { $ARGV[0] } @ARGV;
        print $report $end == -1 ? "not started" : $end & 127 ? "signal " . ($end & 127) : "status " . ($end >> 8);
    ' -- "$@")
    [[ -s $stdout_file ]] && stdout_seen=no || stdout_seen=yes
    [[ -s $stderr_file ]] && stderr_seen=no || stderr_seen=yes
    if [[ $ended == "status 99" ]] || grep -Eq 'Sanitizer[: ]|: runtime error: ' "$stderr_file"; then
        refuse "a sanitizer's report"
    elif [[ $ended != "status $status" ]]; then
        refuse "expected status $status"
    fi
}

# Fails when the last command wrote something that no assertion has looked at.
all_seen() {
    [[ $stdout_seen == yes ]] || refuse "nothing looked at stdout" || return 1
    [[ $stderr_seen == yes ]] || refuse "nothing looked at stderr" || return 1
}

# The whole output is this text, whose final line feed may be left out.
output_is() {
    local text=$3
    [[ -z $text || $text == *$'\n' ]] || text+=$'\n'
    printf '%s' "$text" | cmp -s - "$2" || refuse "expected $1: ${3@Q}"
}
# The whole output, without its final line feed, matches this extended regular expression.
output_like() {
    [[ $(<"$2") =~ $3 ]] || refuse "expected $1 like: $3"
}
# The output has this text in it.
output_has() {
    [[ $(<"$2") == *"$3"* ]] || refuse "expected in $1: ${3@Q}"
}

stdout_is() {
    stdout_seen=yes
    output_is stdout "$stdout_file" "$1"
}
stdout_like() {
    stdout_seen=yes
    output_like stdout "$stdout_file" "$1"
}
stdout_has() {
    stdout_seen=yes
    output_has stdout "$stdout_file" "$1"
}
# stdout is byte for byte this file.
stdout_is_file() {
    stdout_seen=yes
    cmp "$stdout_file" "$1" || refuse "expected stdout: the bytes of $1"
}
stdout_any() {
    stdout_seen=yes
}

stderr_is() {
    stderr_seen=yes
    output_is stderr "$stderr_file" "$1"
}
stderr_like() {
    stderr_seen=yes
    output_like stderr "$stderr_file" "$1"
}
stderr_has() {
    stderr_seen=yes
    output_has stderr "$stderr_file" "$1"
}
stderr_any() {
    stderr_seen=yes
}

# Skips the test where an optional peer is not installed; with CI=true dev/test counts that as a failure.
needs() {
    local peer
    for peer; do
        command -v "$peer" >/dev/null || skip "needs $peer"
    done
}

# Skips a test that measures what a sanitizer's shadow memory distorts.
not_sanitized() {
    [[ ${PROVAR_SANITIZED:-no} == no ]] || skip "the sanitizers distort $1"
}

# A file that defines a setup or teardown of its own calls these in it.
lib_setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
}
lib_teardown() {
    # What follows a failure is not worth a second complaint.
    [[ -z ${BATS_TEST_COMPLETED:-} ]] || all_seen
}
setup() {
    lib_setup
}
teardown() {
    lib_teardown
}
