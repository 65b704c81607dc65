#!/usr/bin/env bats
# What scripts of wash do: its words, its options, its texts byte for byte, its documents.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash

@test "par create, insert, inspect: a script's whole way" {
    echo 'a binary that is text' >bin1
    echo 'another one' >bin2
    umask 022
    printf '%s' "$issuer_seed" >i.nk
    printf '%s' "$subject_seed" >s.nk
    expect 0 provar -q par create --insecure-key-file --arch x86_64-testrunner --binary bin1 --issuer i.nk --subject s.nk \
        --name CreateTest --vendor TestRunner --revision 42 --version 4.2 --destination test.par
    stdout_is $'\nSuccessfully created archive test.par'
    expect 0 provar -q par insert test.par --insecure-key-file -a mips64-android -b bin1 -i i.nk -s s.nk
    stdout_is $'\nSuccessfully inserted bin1 into archive test.par'
    expect 0 provar -q par insert test.par --insecure-key-file --arch aarch64-ios --binary bin2 --issuer i.nk --subject s.nk --disable-keygen
    stdout_is $'\nSuccessfully inserted bin2 into archive test.par'
    expect 0 provar par inspect test.par -o json
    stdout_json ".name == \"CreateTest\" and .issuer == \"$issuer\" and .service == \"$subject\" and .vendor == \"TestRunner\"
        and .version == \"4.2\" and .revision == \"42\" and .targets == [\"aarch64-ios\", \"mips64-android\", \"x86_64-testrunner\"]"
    [[ $(provar inspect -o json test.par | jq -r .service) == "$subject" ]]
}

@test "par create: seeds on the command line" {
    expect 0 provar par create -a x86_64-linux -b linux-x86 -i "$issuer_seed" -s "$subject_seed" -n N -v V --version 1
    stdout_is $'\nSuccessfully created archive linux-x86.par'
    stderr_is 'provar: warning: a seed on the command line can be seen by other users: use a file, - or /dev/fd/N
provar: warning: a seed on the command line can be seen by other users: use a file, - or /dev/fd/N'
}

@test "par create: its default destination, plain and compressed" {
    expect 0 provar par create -b linux-x86 -i a.nk -s v.nk -n N -v V --version 1
    stdout_is $'\nSuccessfully created archive linux-x86.par'
    expect 0 provar par create -b linux-x86 -i a.nk -s v.nk -n N -v V --version 1 --compress
    stdout_is $'\nSuccessfully created archive linux-x86.par.gz'
}

@test "par create: options that wash removed, and those without work for us" {
    expect 0 provar par create -b linux-x86 -i a.nk -s v.nk -n N -v V --version 1 --capid wasmcloud:test --disable-keygen
    stdout_any
    expect 0 provar par create -b linux-x86 -i a.nk -s v.nk -n N -v V --version 1 -c wasmcloud:test
    stdout_any
    [[ $(token_claim linux-x86.par .wascap.capid) == '"wasmcloud:test"' ]]
}

@test "par create: what is required" {
    refused 2 usage 'missing: --name' par create -v V -b linux-x86
    refused 2 usage 'missing: --vendor' par create -n N -b linux-x86
    refused 2 usage 'no executable: give --target [TARGET=]FILE or --binary FILE' par create -n N -v V
}

@test "par: documents are the same as without it" {
    expect 0 provar par create -b linux-x86 -i a.nk -s v.nk -n N -v V --version 1 -o json
    stdout_json '. == {success: true, file: "linux-x86.par"}'
    expect 0 provar -o json par insert linux-x86.par -b linux-arm -i a.nk
    stdout_json '. == {success: true, file: "linux-x86.par"}'
    provar inspect linux-x86.par -o json >due
    expect 0 provar par inspect linux-x86.par -o json
    stdout_is_file due
}

@test "par insert: where wash replaces, --replace is asked for" {
    two x.par
    refused 2 usage "the archive has a target 'x86_64-linux' already; --replace replaces it" par insert x.par -b linux-x86 -i a.nk
    expect 0 provar par insert x.par -b linux-x86 -i a.nk --replace
    stdout_is $'\nSuccessfully inserted linux-x86 into archive x.par'
}

@test "par insert: the subject is not named after each binary" {
    pack x.par --target linux-x86
    mkdir keys
    cp a.nk keys/tester_account.nk
    new_key service keys/linux-arm_service.nk >/dev/null
    expect 0 provar par insert x.par -b linux-arm -d keys
    stdout_is $'\nSuccessfully inserted linux-arm into archive x.par'
    [[ $(token_claim x.par .sub) == "\"$subject\"" ]]
}

@test "par inspect: its table, byte for byte" {
    two x.par
    expect 0 provar par inspect x.par
    # A bar ends each line, because blanks do.
    sed 's/|$//' >due <<TABLE
|
                                                                              |
                          Test - Capability Provider                          |
  Account           $issuer  |
  Service           $subject  |
  Vendor                                                                Acme  |
  Version                                                              1.2.3  |
  Revision                                                                 7  |
                        Supported Architecture Targets                        |
  aarch64-linux                                                               |
  x86_64-linux                                                                |
                                                                              |
|
TABLE
    stdout_is_file due
}

@test "par inspect: what is absent is None; a schema is only mentioned" {
    echo '{}' >schema
    pack x.par --target linux-x86 --schema schema
    expect 0 provar par inspect x.par
    stdout_like $'\n  Version +None  \n  Revision +None  \n'
    stdout_like $'\n +Link Definition Schema +\n'
    stdout_has 'Use the JSON output option to extract the schema'
}

@test "par inspect: a forged archive is shown as wash shows it, with a warning" {
    two x.par
    provar par inspect x.par >due
    spoil_signature x.par
    expect 0 provar par inspect x.par
    stdout_is_file due
    stderr_is 'provar: warning: the signature is not valid: the signature does not fit the message and the key'
}

@test "par: the verbs that wash has not are there too" {
    two x.par
    expect 0 provar par check x.par
    stdout_like '^x.par is intact'
    expect 0 provar par verify x.par -i "$issuer"
    stdout_like '^x.par is verified'
}

@test "the keys that wash would find, by \$USER and the binary's stem" {
    mkdir -p home/.wash/keys
    cp a.nk home/.wash/keys/tester_account.nk
    cp v.nk home/.wash/keys/provider_service.nk
    cp linux-x86 provider.bin
    expect 0 provar par create -b provider.bin -n N -v V --version 1
    stdout_is $'\nSuccessfully created archive provider.par'
    [[ $(token_claim provider.par '[.iss, .sub]') == "[\"$issuer\",\"$subject\"]" ]]
}

@test "keys gen and keys get in a script" {
    [[ $(provar keys gen account -o json | jq -r .public_key) == A* ]]
    [[ $(provar keys get a -d . -o json | jq -r .seed) == "$issuer_seed" ]]
    provar keys gen service | grep -q '^Seed: SV'
}
