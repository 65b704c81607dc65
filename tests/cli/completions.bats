#!/usr/bin/env bats
# provar completions: what the shells are told is what --help says.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

verbs=(create insert remove sign inspect check verify extract run 'keys gen' 'keys get' 'keys list' 'keys public' completions)

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
