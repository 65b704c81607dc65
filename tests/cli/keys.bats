#!/usr/bin/env bats
# provar keys: gen, get, list, public.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

reminder='Remember that the seed is private, treat it as a secret.'

@test "keys gen: every type, in any case, with its own letter" {
    local type
    for type in account:A Account:A USER:U user:U module:M component:M service:V provider:V PROVIDER:V server:N host:N \
        operator:O cluster:C x25519:X X25519:X curve:X; do
        expect 0 provar keys gen "${type%:*}"
        stdout_like "^
Public Key: ${type#*:}[A-Z2-7]{55}
Seed: S${type#*:}[A-Z2-7]{56}

$reminder$"
    done
}

@test "keys gen: the text byte for byte" {
    expect 0 provar keys gen account
    local public seed
    public=$(sed -n 's/^Public Key: //p' "$stdout_file")
    seed=$(sed -n 's/^Seed: //p' "$stdout_file")
    stdout_is $'\n'"Public Key: $public"$'\n'"Seed: $seed"$'\n\n'"$reminder"
    expect 0 sh -c "echo $seed | provar keys public -"
    stdout_is "$public"
}

@test "keys gen -o json: the document" {
    expect 0 provar keys gen account -o json
    stdout_json 'keys == ["public_key", "seed", "success"] and .success
        and (.public_key | test("^A[A-Z2-7]{55}$")) and (.seed | test("^SA[A-Z2-7]{56}$"))'
    expect 0 provar -o json keys gen x25519
    stdout_json '.public_key | startswith("X")'
}

@test "keys gen: two keys are two" {
    [[ $(provar keys gen account) != "$(provar keys gen account)" ]]
}

@test "keys gen --destination: a file of mode 0600, the seed unseen" {
    umask 000
    expect 0 provar keys gen account --destination k.nk
    stdout_like '^A[A-Z2-7]{55}$'
    [[ $(mode_of k.nk) == 600 && $(wc -c <k.nk) == 59 ]]
    [[ $(provar keys public k.nk) == "$(<"$stdout_file")" ]]
    not_said "$(<k.nk)"
    expect 0 provar keys gen service --destination s.nk -o json
    stdout_json "keys == [\"file\", \"public_key\", \"success\"] and .file == \"s.nk\" and .public_key == \"$(provar keys public s.nk)\""
}

@test "keys gen --destination: never over a file, but with --force" {
    expect 0 provar keys gen account --destination k.nk
    stdout_any
    cp k.nk old
    refused 3 io "'k.nk' exists; --force replaces it" keys gen account --destination k.nk
    cmp k.nk old
    expect 0 provar keys gen account --destination k.nk --force
    stdout_any
    differ k.nk old
    [[ $(mode_of k.nk) == 600 ]]
    ln -s nowhere link.nk
    refused 15 unsafe-path "'link.nk' is in the way and is not a regular file" keys gen account --destination link.nk --force
    refused 3 io "cannot open the directory of 'none/k.nk': No such file or directory" keys gen account --destination none/k.nk
}

@test "keys gen --destination: not where others may write" {
    mkdir open sticky
    chmod 777 open
    chmod 1777 sticky
    refused 15 unsafe-path "others may write to the directory of 'open/k.nk': its mode is 0777" \
        keys gen account --destination open/k.nk
    rmdir open
    expect 0 provar keys gen account --destination sticky/k.nk
    stdout_any
}

@test "keys gen --destination -: the seed alone" {
    expect 0 provar keys gen account --destination -
    stdout_like '^SA[A-Z2-7]{56}$'
    expect 0 provar keys gen account --destination - -o json
    stdout_like '^SA[A-Z2-7]{56}$'
    stderr_json ".file == \"-\" and .public_key == \"$(provar keys public - <"$stdout_file")\""
    absent ./-
}

@test "keys gen: what is no type" {
    refused 2 usage "'seed' is no kind of key: account, user, module (component), service (provider), server (host), operator, cluster, or curve (x25519)" \
        keys gen seed
    refused 2 usage "'' is no kind of key: account, user, module (component), service (provider), server (host), operator, cluster, or curve (x25519)" \
        keys gen ''
    refused 2 usage 'missing: TYPE' keys gen
    refused 2 usage "unexpected word 'user'" keys gen account user
}

@test "keys get: with and without .nk, by -d, --directory, WASH_KEYS and in the home directory" {
    mkdir -p home/.wash/keys
    cp a.nk home/.wash/keys
    succeeds $'\n'"$issuer_seed" keys get a
    succeeds $'\n'"$issuer_seed" keys get a.nk
    succeeds $'\n'"$subject_seed" keys get v -d .
    succeeds $'\n'"$subject_seed" keys get v.nk --directory .
    WASH_KEYS=. succeeds $'\n'"$subject_seed" keys get v
    WASH_KEYS=nowhere succeeds $'\n'"$subject_seed" keys get v -d .
    expect 0 provar keys get a -o json
    stdout_json ". == {success: true, seed: \"$issuer_seed\"}"
}

@test "keys get: what is not there, is no name, is no seed" {
    refused 3 io "cannot open './x.nk': No such file or directory" keys get x -d .
    refused 2 usage "'../a' is not the name of a key" keys get ../a -d home
    refused 2 usage "'' is not the name of a key" keys get '' -d .
    refused 2 usage 'missing: NAME' keys get
    refused 2 usage "unexpected word 'v'" keys get a v
    seed_file bad.nk 'not a seed'
    refused 5 key "key file './bad.nk': not a seed: 10 characters where 58 belong" keys get bad -d .
}

@test "keys get: files that others may read only with --insecure-key-file" {
    chmod 644 a.nk
    refused 15 unsafe-path "others may use the key file './a.nk': its mode is 0644; make it a regular file of mode 0600, or pass --insecure-key-file" \
        keys get a -d .
    succeeds $'\n'"$issuer_seed" keys get a -d . --insecure-key-file
}

@test "keys list: sorted, without .nk, as text and as a document" {
    mkdir keys
    touch keys/{b,a}.nk keys/other keys/.nk
    succeeds $'\n====== Keys found in keys ======\na\nb' keys list -d keys
    WASH_KEYS=keys succeeds $'\n====== Keys found in keys ======\na\nb' keys list
    WASH_KEYS=nowhere succeeds $'\n====== Keys found in keys ======\na\nb' keys list --directory=keys
    expect 0 provar keys list -d keys -o json
    stdout_json '. == {success: true, keys: ["a", "b"]}'
}

@test "keys list: none" {
    succeeds $'\n====== Keys found in '"$HOME/.wash/keys"$' ======\n\n' keys list
    expect 0 provar keys list -o json
    stdout_json '. == {success: true, keys: []}'
    refused 3 io "cannot list 'a.nk': Not a directory" keys list -d a.nk
    refused 2 usage "unexpected word 'x'" keys list x
    expect 2 env -u HOME provar keys list
    stderr_is 'provar: no key directory: HOME is not set, give --directory [usage]'
}

@test "keys list: hostile names" {
    mkdir keys
    touch keys/$'x\e[1m.nk'
    succeeds $'\n====== Keys found in keys ======\nx\\x1b[1m' keys list -d keys
    expect 0 provar keys list -d keys -o json
    stdout_json '.keys == ["x\u001b[1m"]'
    mv keys $'k\ney'
    succeeds $'\n====== Keys found in k\\x0aey ======\nx\\x1b[1m' keys list -d $'k\ney'
}

@test "keys public: of a file, standard input, a descriptor" {
    succeeds "$issuer" keys public a.nk
    succeeds "$subject" keys public v.nk
    expect 0 sh -c 'provar keys public - <v.nk'
    stdout_is "$subject"
    expect 0 sh -c 'provar keys public /dev/fd/5 5<v.nk'
    stdout_is "$subject"
    expect 0 provar keys public a.nk -o json
    stdout_json ". == {success: true, public_key: \"$issuer\"}"
    refused 3 io "cannot open 'nowhere': No such file or directory" keys public nowhere
    refused 2 usage 'missing: FILE|-' keys public
    expect 5 sh -c 'provar keys public - </dev/null'
    stderr_is "provar: '-': not a seed: 0 characters where 58 belong [key]"
}

@test "keys: without a verb, with a wrong one, under par" {
    refused 2 usage "which verb? 'provar --help' lists them" keys
    refused 2 usage "unknown verb 'keys make'; 'provar --help' lists them" keys make
    refused 2 usage "unknown verb 'par keys'; 'provar --help' lists them" par keys gen account
}
