# The checks that build and run tests: each fails on a small project with the one fault that it is there for.
# SPDX-License-Identifier: Apache-2.0

load ../../tests/cli/lib

# stand_in FILE LINE...: a script in place of a command; $real is the command that was built
stand_in() {
    mkdir -p "$(dirname "$1")"
    printf '%s\n' '#!/bin/sh' "real='$PROVAR_BUILD/cli/provar'" "${@:2}" >"$1"
    chmod +x "$1"
}

# project BODY...: a project of one unit test, whose main has this body
project() {
    mkdir -p dev/checks tests/unit tests/api
    cp -R "$PROVAR_SOURCE"/dev/{build,test,run_tests.py,valgrind.supp} dev
    cp "$PROVAR_SOURCE"/dev/checks/{asan,bits32,clang,msan,threads,tsan,valgrind,zlib} dev/checks
    echo 'exit 0' | tee dev/setup >dev/peers
    cat >meson_options.txt <<'MESON'
option('isal', type: 'feature', value: 'auto')
option('store', type: 'feature', value: 'auto')
option('threads', type: 'integer', value: 0)
MESON
    cat >meson.build <<'MESON'
project('fixture', 'c', default_options: ['warning_level=2', 'buildtype=debugoptimized'])
program = executable('test_buf', 'tests/unit/test_buf.c', dependencies: dependency('threads'),
  c_args: ['-DTHREADS=@0@'.format(get_option('threads')), '-DNO_ISAL=@0@'.format(get_option('isal').disabled().to_int()),
    '-DNO_STORE=@0@'.format(get_option('store').disabled().to_int())])
test('unit/test_buf', program)
MESON
    {
        printf '#include <%s>\n' pthread.h stdio.h stdlib.h
        printf 'static int shared;\nstatic void *count(void *at) {\n    ++*(int *)at;\n    return NULL;\n}\n'
        printf 'int main(int argc, char **argv) {\n    volatile int bad = argc > 9 || argv == NULL;\n    (void)count;\n'
        printf '%s\n' "$@" '    puts("1..1\nok 1 - one");' '    return bad || shared < 0;' '}'
    } >tests/unit/test_buf.c
}

# finds MODE BODY...: the mode fails on this body, and passes on an empty one
finds() {
    unset CI
    project
    expect 0 "dev/checks/$1" unit
    stdout_has '1 passed, 0 failed, 0 skipped'
    stderr_any
    project "${@:2}"
    expect 1 "dev/checks/$1" unit
    stdout_any
    stderr_any
}

@test "asan: a byte behind an allocation" {
    finds asan 'volatile char *room = malloc(8); room[8 + shared] = 1; free((char *)room);'
    grep -q 'insufficient space for an object' "$stdout_file"
}

@test "clang: a warning" {
    finds clang 'int more;'
    grep -q 'unused-variable' "$stderr_file"
}

@test "zlib: a fault that is there without ISA-L, or without stores" {
    finds zlib 'bad = NO_ISAL;'
    finds zlib 'bad = NO_STORE;'
}

@test "threads: a fault that is there with 1, and with 8" {
    finds threads 'bad = THREADS == 1;'
    finds threads 'bad = THREADS == 8;'
}

@test "tsan: two threads that count without a lock" {
    finds tsan 'pthread_t one, two;' 'pthread_create(&one, NULL, count, &shared);' \
        'pthread_create(&two, NULL, count, &shared);' 'pthread_join(one, NULL);' 'pthread_join(two, NULL);'
    grep -q 'data race' "$stdout_file"
}

@test "msan: a branch on what nothing has written" {
    finds msan 'char *volatile room = malloc(8); if (room[shared] == 1) puts("#"); free(room);'
    grep -q 'use-of-uninitialized-value' "$stdout_file"
}

@test "valgrind: a branch on what nothing has written, and a leak" {
    finds valgrind 'char *volatile room = malloc(8); if (room[shared] == 1) puts("#"); free(room);'
    grep -q 'depends on uninitialised value' "$stdout_file"
    finds valgrind 'char *volatile room = malloc(8); room[0] = 1; room = NULL;'
    grep -q 'definitely lost' "$stdout_file"
}

@test "bits32: a size that is cut" {
    [[ -d $PROVAR_SOURCE/build-bits32-root ]] || skip 'no such libraries here before dev/check bits32 has run'
    ln -s "$PROVAR_SOURCE/build-bits32-root" .
    finds bits32 'bad = (size_t)strtoull("4294967297", NULL, 10) == 1;'
}

@test "bits32: packages that cannot be fetched are no failure of the tree" {
    project
    stand_in bin/apt-get 'case "$*" in *install*) exit 100 ;; esac'
    PATH=$PWD/bin:$PATH expect 77 dev/checks/bits32
    stdout_is "needs Debian's packages for i386, which could not be fetched"
    [[ ! -e build-bits32-root ]]
}

@test "analyzer: a null pointer that is followed, by clang's; an index too far, by cppcheck" {
    mkdir -p lib cli include
    printf 'int f(int *p);\nint f(int *p) {\n    return p ? 1 : 2;\n}\n' >lib/a.c
    expect 0 "$PROVAR_SOURCE/dev/checks/analyzer"
    printf 'int f(int *p);\nint f(int *p) {\n    if (!p)\n        return *p;\n    return 1;\n}\n' >lib/a.c
    expect 1 "$PROVAR_SOURCE/dev/checks/analyzer"
    stdout_has 'core.NullDereference'
    printf 'int f(int p);\nint f(int p) {\n    char text[4];\n    text[4] = (char)p;\n    return text[0];\n}\n' >lib/a.c
    expect 1 "$PROVAR_SOURCE/dev/checks/analyzer"
    stdout_has 'arrayIndexOutOfBounds'
}

# ---------------------------------------------------------------- fuzz and coverage

# fuzz_project BODY...: a project whose fuzz target for codec is this body; the others are files that nothing builds
fuzz_project() {
    local target
    mkdir -p fuzz
    for target in "$PROVAR_SOURCE"/fuzz/fuzz_*.c; do
        touch "fuzz/${target##*/}"
    done
    cat >meson_options.txt <<'MESON'
option('docs', type: 'boolean', value: true)
option('fuzz', type: 'feature', value: 'disabled')
MESON
    cat >meson.build <<'MESON'
project('fixture', 'c', default_options: ['buildtype=debugoptimized'])
add_project_arguments('-fsanitize=fuzzer-no-link', '-fno-sanitize-recover=all', language: 'c')
subdir('fuzz')
MESON
    cat >fuzz/meson.build <<'MESON'
alias_target('fuzzers', executable('fuzz_codec', 'fuzz_codec.c', link_args: '-fsanitize=fuzzer'))
MESON
    {
        printf '#include <%s>\n' stdint.h stdlib.h
        echo 'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);'
        echo 'int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {'
        printf '%s\n' "$@" '    return len && data == NULL ? -1 : 0;' '}'
    } >fuzz/fuzz_codec.c
    mkdir -p build-fuzz/fuzz/seeds/codec
    printf good >build-fuzz/fuzz/seeds/codec/good_word
}

# fuzz_finds TEXT BODY...: the check fails on this body, says this, and keeps the input; on an empty body it passes
fuzz_finds() {
    export PROVAR_FUZZ_SECONDS=1
    fuzz_project
    expect 0 "$PROVAR_SOURCE/dev/checks/fuzz" codec
    stdout_has '1 s for each of 1 targets'
    fuzz_project "${@:2}"
    expect 1 "$PROVAR_SOURCE/dev/checks/fuzz" codec
    stdout_has "$1"
    stdout_like 'codec failed; the input is in: build-fuzz/findings/codec-'
    rm build-fuzz/findings/*
}

@test "fuzz: a byte behind the input, and a leak" {
    fuzz_finds heap-buffer-overflow 'if (data[len - !!len] == 0x7f && data[len] == 1) return -1;'
    fuzz_finds 'detected memory leaks' 'if (len > 2) *(char *volatile *)&data = malloc(len);'
}

@test "fuzz: a target that the check does not know" {
    fuzz_project
    touch fuzz/fuzz_more.c
    expect 1 "$PROVAR_SOURCE/dev/checks/fuzz" codec
    stderr_like "fuzz/ and the table of this file differ in: \\{'more'\\}"
}

# decoder_project INPUT: the files that the check lists, of which one is not empty, in a program that decodes INPUT
decoder_project() {
    local file
    for file in $(grep -oE '^    "(lib|store)/[^"]*' "$PROVAR_SOURCE/dev/checks/coverage" | cut -d '"' -f 2); do
        mkdir -p "${file%/*}"
        touch "$file"
    done
    mkdir -p fuzz build-fuzz/corpus
    printf "option('docs', type: 'boolean', value: true)\n" >meson_options.txt
    printf "project('fixture', 'c')\nsubdir('fuzz')\n" >meson.build
    printf "alias_target('fuzzers', executable('replay_a', 'a.c', '../lib/tar/tar_header.c'))\n" >fuzz/meson.build
    printf '%s\n' 'int decode(int c);' 'int decode(int c) {' '    if (c < 5)' '        return 1;' '    return 0;' '}' \
        >lib/tar/tar_header.c
    printf 'int decode(int c);\nint main(void) {\n    return decode(9) + decode(%s) - %s;\n}\n' "$1" "$((${1} < 5))" >fuzz/a.c
}

@test "coverage: a decoder below its floor, and one that no list names" {
    local check=$PROVAR_SOURCE/dev/checks/coverage
    decoder_project 1
    expect 0 "$check" lib/tar/tar_header.c
    stdout_like 'lib/tar/tar_header.c +5 / +5 +100 % +2 / +2 +100 %$'
    touch lib/tar/tar_more.c
    expect 1 "$check" lib/tar/tar_header.c
    stdout_has 'lib/tar/tar_more.c: neither among the decoders nor among those that are none'
    rm lib/tar/tar_more.c
    decoder_project 9
    expect 1 "$check" lib/tar/tar_header.c
    stdout_has 'lib/tar/tar_header.c: 80 % of lines, below 94 %'
    stdout_has 'lib/tar/tar_header.c: 50 % of branches, below 88 %'
}

# ---------------------------------------------------------------- differential and demo

@test "differential: provar lets out other bytes; another reader sees other members" {
    mkdir dev
    echo 'exit 0' >dev/build
    ln -s "$PROVAR_SOURCE/tests" tests
    export PROVAR_BUILD_DIR=$PWD/other PROVAR_DIFFERENTIAL_SECONDS=2
    local check=$PROVAR_SOURCE/dev/checks/differential
    stand_in other/cli/provar 'exec "$real" "$@"'
    expect 0 "$check"
    stdout_has ' 0 disagreements; '
    stand_in bin/bsdtar "exec $(command -v bsdtar) --exclude claims.jwt \"\$@\""
    PATH=$PWD/bin:$PATH expect 1 "$check"
    stdout_has '  bsdtar: members '
    stand_in other/cli/provar '"$real" "$@" || exit' 'case "$*" in *extract*) echo more ;; esac'
    expect 1 "$check"
    stdout_has '  extract: other bytes of '
    find other/disagreements -name '*.par' | grep -q .
}

# demo_fails TEXT: the demo of the working directory does, and says this
demo_fails() {
    expect 1 "$PROVAR_SOURCE/dev/checks/demo"
    stdout_any
    stderr_has "$1"
}

@test "demo: an archive of nobody's that is verified, an altered one too, and a run that fails" {
    mkdir -p dev cli examples
    cp "$PROVAR_SOURCE"/dev/{build,demo} dev
    echo 'exit 0' | tee dev/setup >dev/peers
    cp "$PROVAR_SOURCE/examples/freestanding.c" examples
    printf "project('fixture')\nfs = import('fs')\nsubdir('cli')\nsubdir('examples')\n" >meson.build
    printf "option('tests', type: 'boolean', value: true)\n" >meson_options.txt
    printf "fs.copyfile('provar')\n" >cli/meson.build
    cp "$PROVAR_BUILD/examples/example-provider" examples/
    printf "fs.copyfile('example-provider')\n" >examples/meson.build
    stand_in cli/provar 'exec "$real" "$@"'
    expect 0 "$PROVAR_SOURCE/dev/checks/demo"
    stdout_has 'Done; nothing is left'
    stderr_any
    stand_in cli/provar 'case "$*" in *--issuer*) exec "$real" "$@" ;; verify*) exit 0 ;; esac' 'exec "$real" "$@"'
    demo_fails 'status 0 where 8 was expected'
    stand_in cli/provar 'case "$*" in "verify altered"*) exit 0 ;; esac' 'exec "$real" "$@"'
    demo_fails 'status 0 where 6 was expected'
    stand_in cli/provar 'case "$*" in run*) exit 1 ;; esac' 'exec "$real" "$@"'
    demo_fails ''
}
