#!/usr/bin/env bats
# Files of allowed issuers: which one is read, what goes together, and what is said. The rows of the corpus have the rest.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

verified="is verified: signed by the trusted issuer $issuer"
nobody="signed by $issuer, but no issuer is trusted: pass --issuer A... with the key you expect, or keep a file of them (man provar-allowed-issuers)"

# rules FILE LINE...
rules() {
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "${@:2}" >"$1"
}

# accepted_by RULE ARG...: the rule that verify names
accepted_by() {
    expect 0 provar verify x.par -o json "${@:2}"
    stdout_json ".trust == \"trusted\" and .rule == \"$1\""
}

@test "allowed issuers: a rule is met, and named in the document" {
    two x.par
    rules f '# nobody else' '' "V*,!VA* vendor=\"Ac*\",min-rev=7 $issuer the vendor's key"
    succeeds "x.par $verified" verify x.par --allowed-issuers f
    accepted_by f:3 --allowed-issuers f
    expect 0 provar verify x.par -o json --issuer "$issuer"
    stdout_json 'has("rule") | not'
}

@test "allowed issuers: the reason that comes nearest" {
    two x.par
    rules f "* $stranger" "V? $issuer" "* vendor=Acme,require-exp $issuer" "* vendor=Other $issuer"
    refused 8 untrusted "signed by $issuer, but the rule of f:3 demands an expiry" verify x.par --allowed-issuers f
    rules f "* $stranger"
    refused 8 untrusted "signed by $issuer, which is not an allowed issuer" verify x.par --allowed-issuers f
}

@test "allowed issuers: files and --issuer add up, and other demands stay" {
    two x.par
    rules f "* $stranger"
    rules g "* $issuer"
    accepted_by g:1 --allowed-issuers f --allowed-issuers g
    succeeds "x.par $verified" verify x.par --allowed-issuers f --issuer "$issuer"
    refused 8 untrusted "revision 7, where at least 8 is demanded" verify x.par --allowed-issuers g --min-revision 8
}

@test "allowed issuers: the first usual place that has a file, and no other" {
    two x.par
    export XDG_CONFIG_HOME=$PWD/config
    refused 8 untrusted "$nobody" verify x.par
    rules home/.config/provar/allowed_issuers "* $stranger"
    refused 8 untrusted "$nobody" verify x.par
    rules config/provar/allowed_issuers '# empty' "* $issuer"
    accepted_by "$PWD/config/provar/allowed_issuers:2"
    XDG_CONFIG_HOME=config refused 8 untrusted "signed by $issuer, which is not an allowed issuer" verify x.par
    XDG_CONFIG_HOME='' refused 8 untrusted "signed by $issuer, which is not an allowed issuer" verify x.par
    rules named "* $stranger" "* $issuer"
    PROVAR_ALLOWED_ISSUERS=named accepted_by named:2
    PROVAR_ALLOWED_ISSUERS='' accepted_by "$PWD/config/provar/allowed_issuers:2"
    PROVAR_ALLOWED_ISSUERS=none refused 8 untrusted "the policy file 'none' is missing" verify x.par
    rules f "* $stranger"
    refused 8 untrusted "signed by $issuer, which is not an allowed issuer" verify x.par --allowed-issuers f
    refused 8 untrusted "signed by $issuer, which is not an allowed issuer" verify x.par --issuer "$stranger"
}

@test "allowed issuers: a usual file that is wrong is not passed over" {
    two x.par
    export XDG_CONFIG_HOME=$PWD/config
    rules config/provar/allowed_issuers "* $issuer" '* oops'
    refused 2 usage "$PWD/config/provar/allowed_issuers:2: unknown option 'oops'" verify x.par
    rules config/provar/allowed_issuers "* $issuer"
    chmod 0664 config/provar/allowed_issuers
    refused 15 unsafe-path "others may write to the policy file '$PWD/config/provar/allowed_issuers': its mode is 0664" verify x.par
    chmod 0644 config/provar/allowed_issuers
    chmod 0777 config/provar
    refused 15 unsafe-path "others may write to the directory of '$PWD/config/provar/allowed_issuers': its mode is 0777" verify x.par
    rm config/provar/allowed_issuers
    refused 15 unsafe-path "others may write to the directory of '$PWD/config/provar/allowed_issuers': its mode is 0777" verify x.par
    rules config/provar/allowed_issuers "* $issuer"
    chmod 0755 config/provar
    accepted_by "$PWD/config/provar/allowed_issuers:1"
    ln -sfn nowhere config/provar/allowed_issuers
    refused 15 unsafe-path "the policy file '$PWD/config/provar/allowed_issuers' is a link" verify x.par
}

@test "allowed issuers: targets, for extract and run as for verify" {
    echo other >data
    pack x.par --version 1 --target "$here=$shell" --target riscv64-linux=data
    rules f "* targets=\"$machine-*\" $issuer"
    refused 8 untrusted "signed by $issuer, but the rule of f:1 does not cover every target that is asked for" \
        verify x.par --allowed-issuers f
    succeeds "x.par $verified; only the target $here was looked at" verify x.par --allowed-issuers f --target "$here"
    succeeds "extracted $here to out" extract x.par --allowed-issuers f --destination out
    refused 8 untrusted "signed by $issuer, but the rule of f:1 does not cover every target that is asked for" \
        extract x.par --allowed-issuers f --target riscv64-linux --destination other
    [[ ! -e other ]] || refuse "something was extracted"
    expect 3 provar run x.par --allowed-issuers f -- -c 'exit 3'
    rules f "* targets=riscv64-* $issuer"
    expect 125 provar run x.par --allowed-issuers f -- -c 'exit 3'
    stderr_has 'does not cover every target'
}

@test "allowed issuers: what contradicts --insecure-no-trust" {
    two x.par
    rules f "* $issuer"
    for option in --allowed-issuers --account-jwt --operator-jwt; do
        refused 2 usage "$option and --insecure-no-trust contradict each other" \
            extract x.par "$option" f --insecure-no-trust --destination out --target x86_64-linux
    done
}

@test "allowed issuers: a token of an account must be one" {
    two x.par
    rules f "* $issuer"
    refused 5 jwt "the token of an account, 'f': malformed token: fewer than three segments" \
        verify x.par --allowed-issuers f --account-jwt f
    refused 8 untrusted "the policy file 'none' is missing" verify x.par --allowed-issuers f --operator-jwt none
}
