#!/usr/bin/env bats
# The command as a whole: verbs, help, options of every command, how it fails.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

verbs=(create insert remove sign inspect check verify extract run push pull list copy gc 'keys gen' 'keys get' 'keys list' 'keys public' completions)

@test "--version: the program's own, before the verb" {
    expect 0 provar --version
    stdout_like '^provar [0-9]+\.[0-9]+\.[0-9]+$'
    local version
    version=$(<"$stdout_file")
    succeeds "$version" -V
    expect 0 provar --version create
    stdout_is "$version"
}

@test "--version after create takes a value" {
    refused 2 usage "--version: missing argument; 'provar create --help' lists the options" create --version
}

@test "--help: on stdout, every verb, within 80 columns" {
    expect 0 provar --help
    stdout_like '^Usage: provar '
    ! grep -E '.{81}' "$stdout_file" || refuse 'wider than 80 columns'
    local verb
    for verb in "${verbs[@]}"; do
        grep -Eq "^  $verb +[A-Z]" "$stdout_file" || refuse "not in the overview: $verb"
    done
    cp "$stdout_file" overview
    local words
    for words in -h help 'keys --help' 'par -h' 'help keys'; do
        # shellcheck disable=SC2086
        expect 0 provar $words
        stdout_is_file overview
    done
}

@test "VERB --help: on stdout, its options, within 80 columns" {
    local verb
    for verb in "${verbs[@]}"; do
        # shellcheck disable=SC2086
        expect 0 provar $verb --help
        stdout_has "Usage: provar $verb "
        stdout_has ' -o, --output=text|json'
        ! grep -E '.{81}' "$stdout_file" || refuse 'wider than 80 columns'
        cp "$stdout_file" help
        # shellcheck disable=SC2086
        expect 0 provar $verb -h
        stdout_is_file help
        # shellcheck disable=SC2086
        expect 0 provar help $verb
        stdout_is_file help
    done
}

@test "par VERB --help names itself" {
    expect 0 provar par create --help
    stdout_has 'Usage: provar par create '
    expect 0 provar help par create
    stdout_has 'Usage: provar par create '
}

@test "no verb, unknown verbs, unknown options" {
    refused 2 usage "which verb? 'provar --help' lists them"
    refused 2 usage "which verb? 'provar --help' lists them" par
    refused 2 usage "unknown verb 'bogus'; 'provar --help' lists them" bogus
    refused 2 usage "unknown verb 'par bogus'; 'provar --help' lists them" par bogus
    refused 2 usage "unknown verb 'a\x1b[1m'; 'provar --help' lists them" $'a\e[1m'
    refused 2 usage "--bogus: unknown option; 'provar --help' lists the verbs" --bogus check
    refused 2 usage "-x: unknown option; 'provar --help' lists the verbs" -x
}

@test "every verb: an unknown option is named, on stderr" {
    local verb status
    for verb in "${verbs[@]}"; do
        status=2
        [[ $verb != run ]] || status=125
        # shellcheck disable=SC2086
        expect $status provar $verb --bogus
        stdout_is ''
        stderr_is "provar: --bogus: unknown option; 'provar $verb --help' lists the options [usage]"
        # shellcheck disable=SC2086
        expect $status provar $verb -Z
        stderr_is "provar: -Z: unknown option; 'provar $verb --help' lists the options [usage]"
    done
}

@test "an option with one value is given once" {
    two x.par
    refused 2 usage '--subject is given twice' verify x.par -i "$issuer" --subject "$subject" -s "$subject"
    refused 2 usage '--name is given twice' create --name a -n b
    refused_bytes 125 usage '--host-data is given twice' run x.par --host-data a --host-data b
    refused 2 usage '--digest is given twice' inspect x.par -d a --digest=b
    expect 2 provar check x.par -o json -o text
    stdout_json '.error == "--output is given twice"'
    expect 0 provar check x.par -q -q
    stdout_any
}

@test "options that take no value, and those that want one" {
    refused 2 usage "--force=1: option does not take an argument; 'provar create --help' lists the options" create --force=1
    refused 2 usage "-i: missing argument; 'provar verify --help' lists the options" verify x.par -i
    expect 2 provar check -o
    stderr_is "provar: -o: missing argument; 'provar check --help' lists the options [usage]"
    expect 2 provar -o
    stderr_is 'provar: -o: missing argument [usage]'
    expect 2 provar check --output
    stderr_is "provar: --output: missing argument; 'provar check --help' lists the options [usage]"
}

@test "-o: before the verb, after it, between a group and its verb" {
    two x.par
    local words
    for words in '-o json check x.par' '--output json check x.par' '--output=json check x.par' '-ojson check x.par' \
        '-o=json check x.par' 'check -o json x.par' 'check x.par --output json' 'check x.par -ojson' 'check x.par -o=json' \
        'par -o json check x.par' '-o text check x.par -o json' '-q -o json check x.par'; do
        # shellcheck disable=SC2086
        expect 0 provar $words
        stdout_json '.success and .file == "x.par"'
    done
    expect 0 provar keys -o json list
    stdout_json .success
    expect 0 provar -o json check x.par -o text
    stdout_like '^x.par is intact'
}

@test "-o: another format" {
    refused_format() {
        expect 2 provar "$@"
        stderr_is "provar: the output format 'xml' is neither text nor json [usage]"
    }
    refused_format -o xml check
    refused_format --output=xml check
    refused_format check -o xml
    refused_format check --output xml x.par
    expect 2 provar check -o ''
    stderr_is "provar: the output format '' is neither text nor json [usage]"
}

@test "-o json: found even where the error comes before it" {
    local words
    for words in '--bogus -o json' 'bogus --output=json' 'check --bogus -o json' 'check --bogus --output json' 'check --bogus -ojson' \
        'check -Z -o=json' 'verify x --issuer xx -o json'; do
        # shellcheck disable=SC2086
        expect 2 provar $words
        stdout_json '.success == false and .code == "usage" and .exit_status == 2 and (.error | length > 0)'
    done
    expect 2 provar check --bogus -- -o json
    stderr_any
}

@test "-o json: a wrong option of any verb is one document on stdout, where bytes would go there too" {
    two x.par
    local verb words
    for verb in "${verbs[@]}"; do
        [[ $verb != run ]] || continue
        # shellcheck disable=SC2086
        expect 2 provar $verb --bogus -o json
        stdout_json '.code == "usage" and .exit_status == 2'
    done
    for words in 'inspect x.par --wit --bogus' 'inspect x.par --wit --max-file-size x' 'inspect x.par --wit --jwt-only' \
        'insert - --bogus' 'insert -' 'insert - --target linux-x86 -i a.nk --compress=13' 'remove - -i a.nk' 'sign - -i -' \
        'sign - -i a.nk --revision x' 'extract x.par --destination - --max-file-size x' 'extract x.par --destination - --bogus' \
        'create --destination -' 'create --destination - --name N --vendor V --target linux-x86 --wit a.nk -i a.nk -s v.nk' \
        'check a b' 'completions tcsh' 'keys gen none' 'par create' 'par bogus' 'push x.par y'; do
        # shellcheck disable=SC2086
        expect 2 provar $words -o json
        stderr_is ''
        stdout_json '.success == false and .code == "usage" and .exit_status == 2'
    done
}

@test "wash's other verbs say what to do" {
    refused 2 usage "unknown verb 'claims'; 'provar inspect' shows the claims of an archive" claims inspect x.par
    refused 2 usage "unknown verb 'keys push'; 'provar --help' lists them" keys push
}

@test "-q: no warnings on stderr, but in the document" {
    local create=(create --name N --vendor V --issuer a.nk --subject v.nk --target linux-x86)
    warned 'the archive has no version' 'created linux-x86.par' "${create[@]}"
    succeeds 'created linux-x86.par' "${create[@]}" -q
    succeeds 'created linux-x86.par' "${create[@]}" --quiet
    succeeds 'created linux-x86.par' -q "${create[@]}"
    expect 0 provar -q "${create[@]}" -o json
    stdout_json '.warnings == ["the archive has no version"]'
}

@test "output that cannot be written is a failure" {
    two x.par
    expect 3 sh -c 'provar check x.par >/dev/full'
    stderr_is 'provar: cannot write to standard output [io]'
    expect 3 sh -c 'provar check x.par -o json >/dev/full'
    stderr_is 'provar: cannot write to standard output [io]'
    expect 3 sh -c 'provar --help >/dev/full'
    stderr_is 'provar: cannot write to standard output [io]'
}

@test "closed standard descriptors: answers never end up in a file" {
    local create="provar create --name N --vendor V --version 1 --issuer a.nk --subject v.nk --target linux-x86 --jti id"
    export SOURCE_DATE_EPOCH=1000
    expect 0 sh -c "$create --destination due.par"
    stdout_any
    expect 3 sh -c "$create --destination x.par >&-"
    stderr_is 'provar: cannot write to standard output [io]'
    cmp x.par due.par
    expect 3 sh -c "$create --destination y.par <&- >&- 2>&-"
    cmp y.par due.par
    expect 3 sh -c 'provar check - <&-'
    stderr_is 'provar: cannot read: Bad file descriptor [io]'
}

@test "-o and other options before run fail as run does" {
    refused_bytes 125 usage "the output format 'xml' is neither text nor json" -o xml run x.par
    refused_bytes 125 usage "the output format 'xml' is neither text nor json" --output=xml par run x.par
    refused_bytes 125 usage "--bogus: unknown option; 'provar --help' lists the verbs" --bogus run x.par
    refused 2 usage "the output format 'xml' is neither text nor json" -o xml --help
    refused 2 usage "the output format 'xml' is neither text nor json" -o xml help
}

@test "a file that may not grow is a failure, and no death by SIGXFSZ" {
    head -c 100000 /dev/urandom >large
    local create="-q create --name N --vendor V --version 1 --issuer a.nk --subject v.nk --target $here=large"
    expect 3 sh -c "ulimit -f 1; provar $create --destination x.par"
    stderr_like 'File too large \[io\]$'
    absent x.par
    expect 0 sh -c "ulimit -f 400; provar $create --destination x.par"
    stdout_any
}

@test "memory that runs out is status 1, and 125 for run" {
    not_sanitized 'the address space'
    two x.par
    echo '{}' >data
    local create='create --name N --vendor V --version 1 --issuer a.nk --subject v.nk --target linux-x86 --compress=12'
    expect 1 sh -c "ulimit -v 15000; provar $create"
    stderr_is 'provar: out of memory [no-memory]'
    expect 1 sh -c "ulimit -v 15000; provar $create -o json"
    stdout_json '. == {success: false, error: "out of memory", code: "no-memory", exit_status: 1}'
    absent linux-x86.par.gz
    expect 125 sh -c "ulimit -v 15000; provar run x.par -i $issuer --host-data data"
    stderr_is 'provar: out of memory [no-memory]'
}
