#!/usr/bin/env bats
# provar completions: what the shells are told is what --help says.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

verbs=(create insert remove sign inspect check verify extract run push pull list copy gc 'keys gen' 'keys get' 'keys list' 'keys public' completions)

# The long options in a verb's help.
options_of() {
    # shellcheck disable=SC2086
    provar $1 --help | grep -o '^  *\(-[a-zA-Z], \)\?--[a-z-]*' | grep -o -- '--[a-z-]*'
}

@test "completions bash: parses, and completes every verb and option" {
    provar completions bash >file
    bash -n file
    # shellcheck disable=SC1091
    . ./file
    local verb option words
    complete_words() {
        COMP_WORDS=("$@")
        COMP_CWORD=$(($# - 1))
        COMPREPLY=()
        _provar
    }
    complete_words provar ''
    for verb in "${verbs[@]%% *}" par; do
        [[ " ${COMPREPLY[*]} " == *" $verb "* ]] || refuse "no completion for $verb"
    done
    complete_words provar keys ''
    [[ " ${COMPREPLY[*]} " == ' gen get list public ' ]]
    complete_words provar ver
    [[ ${COMPREPLY[*]} == verify ]]
    for verb in "${verbs[@]}"; do
        read -ra words <<<"$verb"
        complete_words provar "${words[@]}" --
        for option in $(options_of "$verb"); do
            [[ " ${COMPREPLY[*]} " == *" $option "* ]] || refuse "no completion for $verb $option"
        done
    done
    complete_words provar par create --nam
    [[ ${COMPREPLY[*]} == --name ]]
    complete_words provar par ''
    [[ " ${COMPREPLY[*]} " == *' create insert remove '* && " ${COMPREPLY[*]} " != *' keys '* ]]
    complete_words provar par ins
    [[ ${COMPREPLY[*]} == 'insert inspect' ]]
    complete_words provar -o json ver
    [[ ${COMPREPLY[*]} == verify ]]
    complete_words provar -q --output = json par -o json chec
    [[ ${COMPREPLY[*]} == check ]]
    complete_words provar -q keys -o json li
    [[ ${COMPREPLY[*]} == list ]]
    complete_words provar -o json create --nam
    [[ ${COMPREPLY[*]} == --name ]]
    complete_words provar -o js
    [[ ${COMPREPLY[*]} == json ]]
    complete_words provar --qu
    [[ ${COMPREPLY[*]} == --quiet ]]
    complete_words provar check keys ''
    [[ " ${COMPREPLY[*]} " == *' linux-x86 '* ]]
    complete_words provar check linux-x
    [[ ${COMPREPLY[*]} == linux-x86 ]]
}

@test "completions zsh: every verb and option" {
    provar completions zsh >file
    [[ $(head -1 file) == '#compdef provar' ]]
    local verb option
    for verb in "${verbs[@]}"; do
        sed -n "/^ *'$verb') opts=(/,/) ;;/p" file >part
        [[ -s part ]] || refuse "no completion for $verb"
        for option in $(options_of "$verb"); do
            grep -Eq -- "$option(=-)?[],[}]" part || refuse "no completion for $verb $option"
        done
    done
    needs zsh
    zsh -n file
    # What compadd is told, for words that end where the cursor stands.
    complete_words() {
        zsh -fc 'compadd() { print -r -- "$@" }; _arguments() { print -r -- options "$opts[1]" }
            words=("$@") CURRENT=$# ; source ./file' zsh "$@"
    }
    [[ $(complete_words provar par '') == 'create insert'* ]]
    [[ $(complete_words provar -o json '') == 'par create insert'* ]]
    [[ $(complete_words provar -q keys '') == 'gen get list public' ]]
    [[ $(complete_words provar -o '') == 'text json' ]]
    [[ $(complete_words provar -o json par create '') == 'options '*--name* ]]
    [[ $(complete_words provar -o json keys gen '') == 'options '* ]]
}

@test "completions fish: every verb and option" {
    provar completions fish >file
    local verb option
    [[ $(options_of check) == *--output* ]]
    for verb in "${verbs[@]}"; do
        for option in $(options_of "$verb"); do
            grep -q -- "__fish_seen_subcommand_from ${verb##* }' -l ${option#--}\( \|$\)" file || refuse "no completion for $verb $option"
        done
    done
    needs fish
    fish -n file
    completes() {
        HOME=$PWD fish --no-config -c "source file; complete -C '$1'" | cut -f 1 | paste -sd ' '
    }
    [[ $(completes 'provar par ver') == verify ]]
    [[ $(completes 'provar -o json ver') == verify ]]
    [[ $(completes 'provar -q keys ') == *'gen get list public'* ]]
    [[ " $(completes 'provar par ') " != *' keys '* ]]
    [[ $(completes 'provar -o json create --nam') == --name ]]
}

@test "completions: the document is on stderr, where stdout carries the script" {
    provar completions bash >due
    expect 0 provar completions bash -o json
    stdout_is_file due
    stderr_json '. == {success: true}'
}

@test "completions: other shells" {
    refused 2 usage "no completions for 'tcsh': bash, zsh or fish" completions tcsh
    refused 2 usage 'missing: bash|zsh|fish' completions
    refused 2 usage "unexpected word 'zsh'" completions bash zsh
}
