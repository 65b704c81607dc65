#!/usr/bin/env bats
# Where the verbs that sign take their keys from: files, descriptors, the environment, wash's key directory.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

# The least that create wants, but its keys.
what=(create --name Test --vendor Acme --version 1 --target linux-x86)

# signed_by ISSUER SUBJECT: the archive of the last create is
signed_by() {
    [[ $(token_claim linux-x86.par '[.iss, .sub]') == "[\"$1\",\"$2\"]" ]] || refuse "signed by $(token_claim linux-x86.par '[.iss, .sub]')"
}

@test "keys from files, by options and by the environment" {
    succeeds 'created linux-x86.par' "${what[@]}" --issuer a.nk --subject v.nk
    signed_by "$issuer" "$subject"
    rm linux-x86.par
    WASH_ISSUER_KEY=a.nk WASH_SUBJECT_KEY=v.nk succeeds 'created linux-x86.par' "${what[@]}"
    signed_by "$issuer" "$subject"
}

@test "an option goes before the environment" {
    local other_issuer other_subject
    other_issuer=$(new_key account b.nk)
    other_subject=$(new_key service w.nk)
    export WASH_ISSUER_KEY=a.nk WASH_SUBJECT_KEY=v.nk
    succeeds 'created linux-x86.par' "${what[@]}" -i b.nk
    signed_by "$other_issuer" "$subject"
    succeeds 'created linux-x86.par' "${what[@]}" -s w.nk
    signed_by "$issuer" "$other_subject"
}

@test "a seed on the command line is taken with a warning, in the environment without" {
    local warning='a seed on the command line can be seen by other users: use a file, - or /dev/fd/N'
    warned "$warning" 'created linux-x86.par' "${what[@]}" -i "$issuer_seed" -s v.nk
    not_said "$issuer_seed"
    signed_by "$issuer" "$subject"
    warned "$warning" 'created linux-x86.par' "${what[@]}" -i a.nk -s "$subject_seed"
    rm linux-x86.par
    WASH_ISSUER_KEY=$issuer_seed WASH_SUBJECT_KEY=$subject_seed succeeds 'created linux-x86.par' "${what[@]}"
    signed_by "$issuer" "$subject"
}

@test "a seed from standard input and from another descriptor" {
    expect 0 sh -c 'provar "$@" --issuer - --subject v.nk <a.nk' sh "${what[@]}"
    stdout_is 'created linux-x86.par'
    signed_by "$issuer" "$subject"
    rm linux-x86.par
    expect 0 sh -c 'provar "$@" --issuer /dev/fd/7 --subject /dev/fd/8 7<a.nk 8<v.nk' sh "${what[@]}"
    stdout_is 'created linux-x86.par'
    signed_by "$issuer" "$subject"
    rm linux-x86.par
    expect 0 sh -c 'cat a.nk | provar "$@" --issuer /dev/fd/0 --subject v.nk' sh "${what[@]}"
    stdout_is 'created linux-x86.par'
    signed_by "$issuer" "$subject"
}

@test "descriptors that hold no seed" {
    expect 5 sh -c 'provar "$@" --issuer - --subject v.nk </dev/null' sh "${what[@]}"
    stderr_is "provar: '-': not a seed: 0 characters where 58 belong [key]"
    refused 3 io "'/dev/fd/77': cannot read: Bad file descriptor" "${what[@]}" -i /dev/fd/77 -s v.nk
    refused 2 usage '--issuer and --subject cannot both come from standard input' "${what[@]}" -i - -s -
    refused 2 usage '--issuer and --subject cannot both come from standard input' "${what[@]}" -i /dev/fd/0 -s -
    two x.par
    refused 2 usage 'the archive and a key cannot both come from standard input' sign - -i -
    refused 2 usage 'the archive and a key cannot both come from standard input' remove - -i a.nk -s - --target x86_64-linux
}

@test "the subject may be a public key; the issuer may not" {
    succeeds 'created linux-x86.par' "${what[@]}" -i a.nk -s "$subject"
    signed_by "$issuer" "$subject"
    rm linux-x86.par
    WASH_SUBJECT_KEY=$subject succeeds 'created linux-x86.par' "${what[@]}" -i a.nk
    signed_by "$issuer" "$subject"
    refused 2 usage '--issuer: a public key cannot sign; give the seed, or a file with it' "${what[@]}" -i "$issuer" -s v.nk
    WASH_ISSUER_KEY=$issuer refused 2 usage 'WASH_ISSUER_KEY: a public key cannot sign; give the seed, or a file with it' \
        "${what[@]}" -s v.nk
}

@test "neither a file nor a seed: said without showing it" {
    refused 2 usage '--issuer: no such file, and not a seed' "${what[@]}" -i nowhere -s v.nk
    refused 2 usage '--issuer: no such file, and not a seed' "${what[@]}" -i '' -s v.nk
    refused 2 usage "--subject: no such file, and not a seed; the service's public key V... will do as well" "${what[@]}" -i a.nk -s "${subject_seed%?}"
    WASH_ISSUER_KEY=nowhere refused 2 usage 'WASH_ISSUER_KEY: no such file, and not a seed' "${what[@]}" -s v.nk
    expect 5 provar -q "${what[@]}" -i "${issuer_seed%U}A" -s v.nk
    stderr_any
    not_said "${issuer_seed:0:20}"
    expect 5 provar -q "${what[@]}" -i "${issuer_seed%U}A" -s v.nk
    stderr_is 'provar: not a seed: its checksum is wrong [key]'
    absent linux-x86.par
}

@test "a seed where an option or a word is expected is not shown" {
    expect 2 provar verify --bogus="$issuer_seed"
    stderr_like '^provar: --bogus=\*+: unknown option'
    not_said "${issuer_seed:1:20}"
    expect 3 provar check "$issuer_seed" -o json
    stdout_has "cannot open '****"
    not_said "${issuer_seed:1:20}"
    expect 2 provar create "-x$issuer_seed"
    stderr_any
    not_said "${issuer_seed:1:20}"
}

@test "keys of the wrong kind" {
    local module curve
    module=$(new_key module m.nk)
    curve=$(new_key curve x.nk)
    refused 5 key "issuer: a key of kind module (M) where account (A) belongs: '$module'" "${what[@]}" -i m.nk -s v.nk
    refused 5 key "issuer: a key of kind service (V) where account (A) belongs: '$subject'" "${what[@]}" -i v.nk -s v.nk
    refused 5 key "issuer: a key of kind curve (X) where account (A) belongs: '$curve'" "${what[@]}" -i x.nk -s v.nk
    refused 5 key "subject: a key of kind account (A) where service (V) belongs: '$issuer'" "${what[@]}" -i a.nk -s a.nk
    refused 5 key "subject: a key of kind account (A) where service (V) belongs: '$issuer'" "${what[@]}" -i a.nk -s "$issuer"
    absent linux-x86.par
}

@test "key files that others may read, and links" {
    local hint='make it a regular file of mode 0600, or pass --insecure-key-file' mode
    for mode in 644 640 604 660; do
        chmod $mode a.nk
        refused 15 unsafe-path "others may use the key file 'a.nk': its mode is 0$mode; $hint" "${what[@]}" -i a.nk -s v.nk
    done
    succeeds 'created linux-x86.par' "${what[@]}" -i a.nk -s v.nk --insecure-key-file
    signed_by "$issuer" "$subject"
    chmod 400 a.nk
    succeeds 'created linux-x86.par' "${what[@]}" -i a.nk -s v.nk
    ln -s a.nk link.nk
    refused 15 unsafe-path "'link.nk' is a link; $hint" "${what[@]}" -i link.nk -s v.nk
    succeeds 'created linux-x86.par' "${what[@]}" -i link.nk -s v.nk --insecure-key-file
    refused 15 unsafe-path "'link.nk' is a link; $hint" "${what[@]}" -i a.nk -s link.nk
}

@test "key files that hold something else" {
    seed_file bad.nk text
    refused 5 key "key file 'bad.nk': not a seed: 4 characters where 58 belong" "${what[@]}" -i bad.nk -s v.nk
    seed_file bad.nk "${issuer_seed,,}"
    refused 5 key "key file 'bad.nk': not a seed: its base32 is not canonical" "${what[@]}" -i bad.nk -s v.nk
    (umask 077 && head -c 5000 /dev/zero >big.nk)
    refused 13 limit "key file 'big.nk': more than 4096 bytes where a seed belongs" "${what[@]}" -i big.nk -s v.nk
    refused 3 io "'home' is not a regular file" "${what[@]}" -i home -s v.nk
}

@test "the key directory, by -d, WASH_KEYS and in the home directory" {
    mkdir -p given environment home/.wash/keys
    local directory
    for directory in given environment home/.wash/keys; do
        cp a.nk $directory/tester_account.nk
        cp v.nk $directory/linux-x86_service.nk
    done
    succeeds 'created linux-x86.par' "${what[@]}"
    signed_by "$issuer" "$subject"
    rm -r home/.wash
    refused 2 usage "no key: give --issuer, or make '$HOME/.wash/keys/tester_account.nk' with --keygen" "${what[@]}"
    WASH_KEYS=environment succeeds 'created linux-x86.par' "${what[@]}"
    WASH_KEYS=nowhere succeeds 'created linux-x86.par' "${what[@]}" --directory given
    WASH_KEYS=nowhere succeeds 'created linux-x86.par' "${what[@]}" -d given
    signed_by "$issuer" "$subject"
    rm given/linux-x86_service.nk
    refused 2 usage "no key: give --subject, or make 'given/linux-x86_service.nk' with --keygen" "${what[@]}" -d given
}

@test "the key directory: who signs is \$USER, or user" {
    mkdir keys
    cp a.nk keys/user_account.nk
    cp v.nk keys/linux-x86_service.nk
    expect 0 env -u USER provar "${what[@]}" -d keys
    stdout_is 'created linux-x86.par'
    USER='' succeeds 'created linux-x86.par' "${what[@]}" -d keys
    USER=me refused 2 usage "no key: give --issuer, or make 'keys/me_account.nk' with --keygen" "${what[@]}" -d keys
    USER=../me refused 2 usage "USER: '../me' cannot name a key; give --issuer" "${what[@]}" -d keys
    expect 2 env -u HOME provar "${what[@]}"
    stderr_is 'provar: no key directory: HOME is not set, give --directory [usage]'
}

@test "the key directory: its files are as safe as any other" {
    mkdir keys
    cp v.nk keys/linux-x86_service.nk
    ln -s ../a.nk keys/tester_account.nk
    refused 15 unsafe-path "'keys/tester_account.nk' is a link; make it a regular file of mode 0600, or pass --insecure-key-file" \
        "${what[@]}" -d keys
    succeeds 'created linux-x86.par' "${what[@]}" -d keys --insecure-key-file
}

@test "--keygen makes missing keys for their owner alone, and says so" {
    umask 000
    expect 0 provar "${what[@]}" --keygen
    stdout_is 'created linux-x86.par'
    stderr_like "^provar: warning: made the key A[A-Z2-7]{55} and wrote its seed to '$HOME/.wash/keys/tester_account.nk'
provar: warning: made the key V[A-Z2-7]{55} and wrote its seed to '$HOME/.wash/keys/linux-x86_service.nk'$"
    [[ $(stat -c %a home/.wash home/.wash/keys home/.wash/keys/tester_account.nk home/.wash/keys/linux-x86_service.nk |
        paste -sd ' ') == '700 700 600 600' ]]
    signed_by "$(provar keys public home/.wash/keys/tester_account.nk)" "$(provar keys public home/.wash/keys/linux-x86_service.nk)"
    succeeds 'created linux-x86.par' "${what[@]}" --keygen
}

@test "--keygen says it in the document too" {
    expect 0 provar -q -o json "${what[@]}" --keygen -d keys
    stdout_json '.success and (.warnings | length == 2 and (.[0] | startswith("made the key A")) and (.[1] | startswith("made the key V")))'
}

@test "WASH_KEYGEN asks for it as well; --disable-keygen wins" {
    local refusal="no key: give --issuer, or make 'keys/tester_account.nk' with --keygen"
    refused 2 usage "$refusal" "${what[@]}" -d keys
    refused 2 usage "$refusal" "${what[@]}" -d keys --disable-keygen
    refused 2 usage "$refusal" "${what[@]}" -d keys --keygen --disable-keygen
    export WASH_KEYGEN=1
    refused 2 usage "$refusal" "${what[@]}" -d keys --disable-keygen
    WASH_KEYGEN=0 refused 2 usage "$refusal" "${what[@]}" -d keys
    WASH_KEYGEN=false refused 2 usage "$refusal" "${what[@]}" -d keys
    WASH_KEYGEN='' refused 2 usage "$refusal" "${what[@]}" -d keys
    absent keys
    expect 0 provar -q "${what[@]}" -d keys
    stdout_is 'created linux-x86.par'
    [[ $(mode_of keys/tester_account.nk) == 600 ]]
}

@test "no key is made for a command that is wrong" {
    refused 2 usage "--revision: '010' is not a number from 0 to 2147483647" "${what[@]}" --keygen -d keys --revision 010
    refused 2 usage "--compress: '13' is not a number from 1 to 12" "${what[@]}" --keygen -d keys --compress=13
    refused 2 usage "--expires: 'x' is neither seconds, nor a time such as 2027-01-31T00:00:00Z, nor +90d" \
        "${what[@]}" --keygen -d keys --expires x
    absent keys
}

@test "a directory that is there keeps its mode" {
    mkdir -m 755 keys
    expect 0 provar -q "${what[@]}" --keygen -d keys
    stdout_is 'created linux-x86.par'
    [[ $(mode_of keys) == 755 ]]
}
