# The checks that build and run tests: each fails on a small project with the one fault that it is there for.
# SPDX-License-Identifier: Apache-2.0

load ../../tests/cli/lib

# project BODY...: a project of one unit test, whose main has this body
project() {
    mkdir -p dev/checks tests/unit tests/api
    cp -R "$PROVAR_SOURCE"/dev/{build,test,run_tests.py,valgrind.supp} dev
    cp "$PROVAR_SOURCE"/dev/checks/{asan,bits32,clang,msan,threads,tsan,valgrind,zlib,names.sh} dev/checks
    echo 'exit 0' >dev/setup
    cat >meson_options.txt <<'MESON'
option('isal', type: 'feature', value: 'auto')
option('threads', type: 'integer', value: 0)
MESON
    cat >meson.build <<'MESON'
project('fixture', 'c', default_options: ['warning_level=2', 'buildtype=debugoptimized'])
program = executable('test_buf', 'tests/unit/test_buf.c', dependencies: dependency('threads'),
  c_args: ['-DTHREADS=@0@'.format(get_option('threads')), '-DNO_ISAL=@0@'.format(get_option('isal').disabled().to_int())])
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

@test "zlib: a fault that is there without ISA-L" {
    finds zlib 'bad = NO_ISAL;'
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
    [[ -d $PROVAR_SOURCE/build-bits32-root ]] || skip 'needs what dev/check bits32 fetches'
    ln -s "$PROVAR_SOURCE/build-bits32-root" .
    finds bits32 'bad = (size_t)strtoull("4294967297", NULL, 10) == 1;'
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
