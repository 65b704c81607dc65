#!/usr/bin/env bats
# What was taken back and what was accepted before: revocation files, the history, and which verbs write it.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

verified="is verified: signed by the trusted issuer $issuer"

homeless='provar: warning: no history is kept: neither XDG_STATE_HOME nor HOME has a place for it; give --history FILE, or --no-history'
unread="provar: warning: no revocation file of the user's own is read: neither XDG_CONFIG_HOME nor HOME has a place for it; give --revoked-issuers FILE"

# pack FILE REVISION ISSUED-AT WORD: an archive of the shell, with the word behind it; REVISION may be empty
pack() {
    cp "$shell" "$4"
    printf 'tail of %s' "$4" >>"$4"
    SOURCE_DATE_EPOCH=$3 provar create --name Test --vendor v --version 1.0.0 ${2:+--revision "$2"} --issuer a.nk \
        --subject v.nk --target "$here=$4" --destination "$1" >/dev/null
}

# The archives of a history: the one that is known, one that is newer, older, other content later and not later, none.
archives() {
    pack seven.par 7 1700000000 seven
    pack eight.par 8 1600000000 eight
    pack six.par 6 1700000005 six
    pack later.par 7 1700000009 later
    pack other.par 7 1700000000 other
    pack none.par '' 1700000009 none
}

# believing STATUS VERB ARG...: the issuer is trusted
believing() {
    local status=$1 verb=$2
    shift 2
    expect "$status" provar "$verb" --issuer "$issuer" "$@"
}

# refused_as PATTERN CODE: what standard error says
refused_as() {
    stderr_like "$1"
    [[ $(<"$stderr_file") == *" [$2]" ]] || refuse "expected $2"
}

# ---- revocation

@test "revocation: a key, a token, an artifact, a file, revisions" {
    pack x.par 7 1700000000 x
    local jti id file line
    jti=$(provar inspect x.par -o json | jq -r .jti)
    id=$(tar -xOf x.par claims.jwt | sed 's/\.[^.]*$//' | tr -d '\n' | sha256sum | cut -d ' ' -f 1)
    file=$(sha256sum x.par | cut -d ' ' -f 1)
    for line in "$issuer 20231114T221320Z" "$issuer *" "jti:$jti" "sha256:$id" "sha256:$file" "$subject rev<=7"; do
        echo "$line" >revoked
        local verb
        for verb in 'verify x.par' "extract x.par --target $here --destination out"; do
            believing 10 $verb --revoked-issuers revoked
            refused_as 'provar: .* revoked \[revoked\]' revoked
        done
        believing 125 run x.par --revoked-issuers revoked
        refused_as '.*' revoked
        [[ ! -e out ]]
    done
    for line in "$issuer 20231114T221319Z" "$stranger *" "jti:x$jti" "sha256:$(tr 0-9a-f 1-9a-f0 <<<"$id")" "$subject rev<=6" ''; do
            echo "$line" >revoked
        succeeds "x.par $verified" verify x.par --issuer "$issuer" --revoked-issuers revoked
    done
    echo "sha256:$file" >revoked
    expect 10 sh -c "cat x.par | provar verify - --issuer $issuer --revoked-issuers revoked"
    refused_as 'the archive sha256:' revoked
}

@test "revocation: what is missing, malformed or open to others fails closed" {
    pack x.par 7 1700000000 x
    refused 8 untrusted "the policy file 'none' is missing" verify x.par -i "$issuer" --revoked-issuers none
    echo "$issuer tomorrow" >revoked
    refused 2 usage "revoked:1: a time YYYYMMDD[THHMMSS][Z], or '*', belongs behind the key of a signer" verify x.par -i "$issuer" --revoked-issuers revoked
    : >revoked
    chmod 664 revoked
    believing 15 verify x.par --revoked-issuers revoked
    refused_as "others may write to the policy file 'revoked'" unsafe-path
    chmod 644 revoked
    succeeds "x.par $verified" verify x.par -i "$issuer" --revoked-issuers revoked
}

@test "revocation: every file that is named or found counts" {
    pack x.par 7 1700000000 x
    echo "$issuer *" >revoked
    : >empty
    believing 10 verify x.par --revoked-issuers empty --revoked-issuers revoked
    refused_as 'revoked' revoked
    expect 10 env PROVAR_REVOKED_ISSUERS=revoked provar verify x.par --issuer "$issuer"
    refused_as 'revoked' revoked
    expect 8 env PROVAR_REVOKED_ISSUERS=none provar verify x.par --issuer "$issuer"
    refused_as 'missing' untrusted
    # None that is named hides another.
    PROVAR_REVOKED_ISSUERS=revoked believing 10 verify x.par --revoked-issuers empty
    refused_as '\[revoked\]' revoked
    PROVAR_REVOKED_ISSUERS=empty succeeds "x.par $verified" verify x.par -i "$issuer" --revoked-issuers empty
    mkdir -p "$XDG_CONFIG_HOME/provar"
    cp revoked "$XDG_CONFIG_HOME/provar/revoked_issuers"
    believing 10 verify x.par
    refused_as 'revoked' revoked
    believing 10 verify x.par --revoked-issuers empty
    refused_as '\[revoked\]' revoked
    PROVAR_REVOKED_ISSUERS=empty believing 10 verify x.par
    refused_as '\[revoked\]' revoked
    expect 10 env -u XDG_CONFIG_HOME sh -c 'mkdir -p $HOME/.config/provar && cp revoked $HOME/.config/provar/revoked_issuers && provar verify x.par --issuer '"$issuer"
    refused_as 'revoked' revoked
    # Whoever asks for no trust gets none by places, but by name.
    expect 0 provar extract x.par --insecure-no-trust --target "$here" --destination out
    stdout_any
    stderr_any
    expect 10 provar extract x.par --insecure-no-trust --target "$here" --destination out2 --revoked-issuers revoked
    stderr_has '[revoked]'
    PROVAR_REVOKED_ISSUERS=revoked expect 10 provar extract x.par --insecure-no-trust --target "$here" --destination out2
    stderr_has '[revoked]'
}

@test "revocation: the usual file of a place that others may write to may have been taken away" {
    pack x.par 7 1700000000 x
    mkdir -p "$XDG_CONFIG_HOME/provar"
    chmod 777 "$XDG_CONFIG_HOME/provar"
    believing 15 verify x.par
    refused_as "the directory of '$XDG_CONFIG_HOME/provar/revoked_issuers'" unsafe-path
    chmod 755 "$XDG_CONFIG_HOME/provar"
    succeeds "x.par $verified" verify x.par -i "$issuer"
    rmdir "$XDG_CONFIG_HOME/provar"
    succeeds "x.par $verified" verify x.par -i "$issuer"
    # Nothing was ever kept here: what is above is no concern of a verify that names its issuer.
    chmod 775 "$XDG_CONFIG_HOME"
    succeeds "x.par $verified" verify x.par -i "$issuer"
    mkdir "$XDG_CONFIG_HOME/provar"
    believing 15 verify x.par
    refused_as "a directory above '$XDG_CONFIG_HOME/provar/revoked_issuers'" unsafe-path
}

# The user's own file, which takes the issuer of x.par back, and no variable that leads to it but HOME.
revoked_at_home() {
    pack x.par 7 1700000000 x
    unset XDG_CONFIG_HOME
    mkdir -p "$HOME/.config/provar"
    echo "$issuer *" >"$HOME/.config/provar/revoked_issuers"
    : >empty
    believing 10 verify x.par
    refused_as 'revoked' revoked
}

@test "revocation: where there is no home, every verb that would have read the user's own file says so" {
    revoked_at_home
    local home
    for home in '' relative/../nowhere "$PWD/nobody"; do
        HOME=$home believing 0 verify x.par
        stdout_is "x.par $verified"
        stderr_is "$unread"
        HOME=$home believing 0 extract x.par --destination out --force
        stdout_any
        stderr_is "$unread"
        HOME=$home believing 0 run x.par -- -c 'echo ran'
        stdout_is ran
        stderr_is "$unread"
    done
    expect 0 env -u HOME provar verify x.par --issuer "$issuer"
    stdout_is "x.par $verified"
    stderr_is "$unread"
    HOME='' expect 0 provar verify x.par --issuer "$issuer" -o json
    stdout_json ".warnings == [\"${unread#provar: warning: }\"]"
    stderr_any
    if [[ -e $PROVAR_BUILD/store/libprovar-store.so ]]; then
        HOME='' expect 0 provar push oci:layout:x x.par
        stdout_any
        stderr_is "$unread"
        HOME='' believing 0 pull oci:layout:x --destination pulled.par
        stdout_any
        stderr_is "$unread"
    fi
}

@test "revocation: without a home nothing is said where a file was named, or none is asked" {
    revoked_at_home
    HOME='' XDG_CONFIG_HOME=$PWD/config succeeds "x.par $verified" verify x.par -i "$issuer"
    HOME='' succeeds "x.par $verified" verify x.par -i "$issuer" --revoked-issuers empty
    HOME='' PROVAR_REVOKED_ISSUERS=empty succeeds "x.par $verified" verify x.par -i "$issuer"
    HOME='' succeeds "x.par $verified" -q verify x.par -i "$issuer"
    HOME='' expect 0 provar check x.par
    stdout_any
    HOME='' expect 0 provar extract x.par --insecure-no-trust --destination out
    stdout_any
    stderr_is 'provar: warning: --insecure-no-trust: whoever signed this archive is believed'
}

@test "history: where the usual place is none that others could not write to, none begins" {
    pack x.par 7 1700000000 x
    unset PROVAR_HISTORY
    mkdir -m 775 -p "$XDG_STATE_HOME"
    believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    stderr_is "provar: warning: no history is kept: others may write to a directory above '$XDG_STATE_HOME/provar/history': its mode is 0775"
    [[ ! -e $XDG_STATE_HOME/provar ]]
    believing 15 verify x.par --record
    refused_as "a directory above '$XDG_STATE_HOME/provar/history'" unsafe-path
    rm -rf "$XDG_STATE_HOME/provar"
    succeeds "x.par $verified" verify x.par -i "$issuer"
}

@test "revocation: a list beyond its time is a warning, with --strict-rev a refusal" {
    pack x.par 7 1700000000 x
    printf '# fresh-until: 20260301\n' >revoked
    succeeds "x.par $verified; judged at 2026-02-28T23:59:59Z" verify x.par -i "$issuer" --revoked-issuers revoked --at 2026-02-28T23:59:59Z
    believing 0 verify x.par --revoked-issuers revoked --at 2026-03-01T00:00:00Z
    stdout_any
    stderr_is 'provar: warning: revoked: was fresh until 2026-03-01T00:00:00Z, get a newer one'
    believing 8 verify x.par --revoked-issuers revoked --at 2026-03-01T00:00:00Z --strict-rev
    refused_as 'revoked: was fresh until' untrusted
    # That has nothing to do with a history, nor with whom is believed.
    believing 8 verify x.par --revoked-issuers revoked --at 2026-03-01T00:00:00Z --strict-rev --no-history
    refused_as 'revoked: was fresh until' untrusted
    printf '# fresh-until: 20240101\n' >revoked
    expect 8 provar -q extract x.par --insecure-no-trust --destination out --revoked-issuers revoked --strict-rev
    refused_as 'revoked: was fresh until' untrusted
}

# ---- history

@test "history: every row of the table, by verify" {
    archives
    local word
    succeeds "seven.par $verified" verify seven.par -i "$issuer" --history h --record
    cp h before
    for word in seven eight; do
        succeeds "$word.par $verified" verify $word.par -i "$issuer" --history h
    done
    for word in six none other; do
        believing 11 verify $word.par --history h
        refused_as 'than was accepted before: .*, after revision 7, issued 2023-11-14T22:13:20Z; where that is meant, --allow-rollback accepts it once' rollback
    done
    believing 0 verify later.par --history h
    stdout_any
    stderr_is 'provar: warning: other content under the revision than was accepted before: revision 7, issued 2023-11-14T22:13:29Z, after revision 7, issued 2023-11-14T22:13:20Z'
    believing 11 verify later.par --history h --strict-rev
    refused_as 'other content .*, after revision 7, issued 2023-11-14T22:13:20Z \[' rollback
    # None of these has written.
    cmp h before
    succeeds "later.par $verified" verify later.par -i "$issuer" --history new --record
    believing 11 verify seven.par --history new
    refused_as 'other content' rollback
}

@test "history: where neither has a revision, the time decides" {
    pack old.par '' 1700000000 old
    pack new.par '' 1700000001 new
    pack twin.par '' 1700000001 twin
    pack seven.par 7 1600000000 seven
    succeeds "new.par $verified" verify new.par -i "$issuer" --history h --record
    believing 11 verify old.par --history h
    refused_as 'older' rollback
    believing 11 verify twin.par --history h
    refused_as 'other content' rollback
    succeeds "seven.par $verified" verify seven.par -i "$issuer" --history h --record
    believing 11 verify new.par --history h
    refused_as 'no revision, issued .*, after revision 7' rollback
}

@test "history: extract and run write it, verify and what fails do not" {
    archives
    believing 0 extract seven.par --destination out --history h
    stdout_any
    grep -q "^$subject 7 1700000000 sha256:[0-9a-f]* $issuer [0-9]*$" h
    [[ $(stat -c %a h) == 600 ]]
    believing 0 run eight.par --history h -- -c 'echo ran'
    stdout_is ran
    grep -q "^$subject 8 " h
    believing 11 extract seven.par --destination out2 --history h
    refused_as 'older' rollback
    believing 125 run seven.par --history h
    refused_as 'older' rollback
    [[ ! -e out2 ]]
    # An altered body moves nothing, although the token is good.
    pack nine.par 9 1700000000 nine
    LC_ALL=C sed 's/tail of nine/tail of evil/' nine.par >altered.par
    believing 6 extract altered.par --destination out2 --history h
    refused_as 'altered' digest
    believing 125 run altered.par --history h
    refused_as 'altered' digest
    expect 8 provar extract nine.par --destination out2 --issuer "$stranger" --history h
    refused_as 'not an allowed issuer' untrusted
    grep -q "^$subject 8 " h
    [[ ! -e out2 ]]
}

@test "history: --allow-rollback is for once, and never leads backwards" {
    archives
    believing 0 run eight.par --history h -- -c 'echo ran'
    stdout_is ran
    cp h before
    believing 0 run seven.par --history h --allow-rollback -- -c 'echo ran'
    stdout_is ran
    stderr_like '^provar: warning: older than was accepted before: revision 7, .*, after revision 8, '
    cmp h before
    believing 125 run seven.par --history h
    refused_as 'older' rollback
    refused 2 usage '--allow-rollback and --strict-rev contradict each other' verify seven.par -i "$issuer" --allow-rollback --strict-rev
}

@test "history: where it is" {
    pack x.par 7 1700000000 x
    unset PROVAR_HISTORY
    # verify makes nothing
    succeeds "x.par $verified" verify x.par -i "$issuer"
    [[ ! -e $XDG_STATE_HOME ]]
    believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    [[ -s $XDG_STATE_HOME/provar/history && $(stat -c %a "$XDG_STATE_HOME/provar") == 700 ]]
    unset XDG_STATE_HOME
    believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    [[ -s $HOME/.local/state/provar/history ]]
    XDG_STATE_HOME=relative believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    [[ ! -e relative ]]
    PROVAR_HISTORY=named believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    [[ -s named ]]
    PROVAR_HISTORY=named believing 0 run x.par --history option -- -c 'echo ran'
    stdout_is ran
    [[ -s option ]]
    # None: by the option, by an empty variable, without HOME, without trust.
    rm -r named option "$HOME/.local"
    believing 0 run x.par --no-history -- -c 'echo ran'
    stdout_is ran
    PROVAR_HISTORY='' believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    expect 0 env -u HOME provar run x.par --issuer "$issuer" -- -c 'echo ran'
    stdout_is ran
    stderr_is "$homeless"
    expect 0 env HOME="$PWD/nobody" provar run x.par --issuer "$issuer" -- -c 'echo ran'
    stdout_is ran
    stderr_is "$homeless"
    [[ ! -e nobody ]]
    expect 0 provar run x.par --insecure-no-trust -- -c 'echo ran'
    stdout_is ran
    stderr_any
    [[ ! -e $HOME/.local && ! -e named ]]
    expect 0 provar verify x.par --issuer "$issuer" --record -o json
    stdout_json ".history == \"$HOME/.local/state/provar/history\""
}

@test "history: where nobody named one and there is no home, each verb says that it keeps or reads none" {
    pack x.par 7 1700000000 x
    unset PROVAR_HISTORY XDG_STATE_HOME
    local home unasked=${homeless/kept/read}
    for home in '' relative/../nowhere "$PWD/nobody"; do
        HOME=$home believing 0 run x.par -- -c 'echo ran'
        stdout_is ran
        stderr_is "$homeless"
        HOME=$home believing 0 extract x.par --destination out --force
        stdout_any
        stderr_is "$homeless"
        HOME=$home believing 0 verify x.par
        stdout_is "x.par $verified"
        stderr_is "$unasked"
    done
    if [[ -e $PROVAR_BUILD/store/libprovar-store.so ]]; then
        HOME='' believing 0 push oci:layout:x x.par
        stdout_any
        stderr_is "$unasked"
        # An archive that need not meet any policy is compared with nothing.
        HOME='' expect 0 provar push oci:layout:x x.par
        stdout_any
        HOME='' believing 0 pull oci:layout:x --destination pulled.par
        stdout_any
        stderr_is "$homeless"
    fi
    HOME='' expect 0 provar extract x.par --issuer "$issuer" --destination out --force -o json
    stdout_json ".warnings == [\"${homeless#provar: warning: }\"] and (has(\"history\") | not)"
    stderr_any
    # Not where that was asked for, and not where another is kept.
    HOME='' succeeds "x.par $verified" verify x.par -i "$issuer" --no-history
    HOME='' PROVAR_HISTORY='' succeeds "x.par $verified" verify x.par -i "$issuer"
    HOME='' PROVAR_HISTORY=h succeeds "x.par $verified" verify x.par -i "$issuer"
    HOME='' XDG_STATE_HOME=$PWD/state succeeds "x.par $verified" verify x.par -i "$issuer"
    HOME='' succeeds "x.par $verified" -q verify x.par -i "$issuer"
    HOME='' believing 0 run x.par --no-history -- -c 'echo ran'
    stdout_is ran
    HOME='' PROVAR_HISTORY='' believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    HOME='' PROVAR_HISTORY=h believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    HOME='' XDG_STATE_HOME=$PWD/state believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    HOME='' believing 2 verify x.par --record
    refused_as '--record: no history is kept here' usage
    HOME='' expect 0 provar -q run x.par --insecure-no-trust -- -c 'echo ran'
    stdout_is ran
}

@test "history: a place that was named must take it, the usual one need not" {
    pack x.par 7 1700000000 x
    # What has a slip in it is not a history that knows nothing.
    local verb
    for verb in 'verify x.par' 'verify x.par --record' 'extract x.par --destination out'; do
        believing 3 $verb --history none/h
        refused_as "cannot find the directory of the history 'none/h': No such file or directory" io
        believing 3 $verb --history x.par/h
        refused_as "cannot find the directory of the history 'x.par/h': Not a directory" io
        PROVAR_HISTORY=$PWD/none/h believing 3 $verb
        refused_as "cannot find the directory of the history '$PWD/none/h'" io
    done
    believing 125 run x.par --history none/h
    refused_as 'cannot find the directory' io
    [[ ! -e out && ! -e none ]]
    mkdir some
    succeeds "x.par $verified" verify x.par -i "$issuer" --history some/h
    [[ ! -e some/h ]]
    succeeds "x.par $verified" verify x.par -i "$issuer" --history "$PWD/some/h" --record
    # One that takes nothing: to read it will do.
    if [[ $EUID != 0 ]]; then
        chmod 500 some
        succeeds "x.par $verified" verify x.par -i "$issuer" --history some/h
        chmod 700 some
    fi
    unset PROVAR_HISTORY
    unset XDG_STATE_HOME
    : >"$HOME/.local"
    believing 0 run x.par -- -c 'echo ran'
    stdout_is ran
    stderr_is "provar: warning: no history is kept: cannot make '$HOME/.local/state/provar/history': Not a directory"
    believing 3 verify x.par --record
    refused_as 'cannot record' io
}

@test "history: what is malformed or open to others fails closed" {
    pack x.par 7 1700000000 x
    echo 'half a li' >h
    local verb
    for verb in 'verify x.par' 'verify x.par --record' "extract x.par --destination out"; do
        believing 2 $verb --history h
        refused_as 'history: h:1: no subject' usage
    done
    believing 125 run x.par --history h
    refused_as 'h:1' usage
    : >h
    chmod 606 h
    believing 15 verify x.par --history h
    refused_as "others may write to the policy file 'h'" unsafe-path
    chmod 600 h
    succeeds "x.par $verified" verify x.par -i "$issuer" --history h
    mkdir shared
    chmod 777 shared
    believing 15 extract x.par --destination out --history shared/h
    refused_as "the directory of 'shared/h'" unsafe-path
    [[ ! -e out ]]
}

@test "history: options that contradict each other" {
    pack x.par 7 1700000000 x
    refused 2 usage '--history and --no-history contradict each other' verify x.par -i "$issuer" --history h --no-history
    refused 2 usage '--record and --no-history contradict each other' verify x.par -i "$issuer" --record --no-history
    refused 2 usage '--record and --at contradict each other' verify x.par -i "$issuer" --record --at 1800000000 --history h
    refused 2 usage '--record: no history is kept here, give --history FILE' verify x.par -i "$issuer" --record
    refused 2 usage '--history: an empty name is no file' verify x.par -i "$issuer" --history ''
    refused 2 usage '--allow-rollback has no effect with --no-history, which asks no history' verify x.par -i "$issuer" --no-history --allow-rollback
    expect 2 provar extract x.par --insecure-no-trust --destination out --allow-rollback
    stderr_has '--allow-rollback has no effect with --insecure-no-trust, which asks no history [usage]'
    [[ ! -e out ]]
    expect 2 provar extract x.par --insecure-no-trust --destination out --history h
    stderr_has '--history and --insecure-no-trust contradict each other [usage]'
}
