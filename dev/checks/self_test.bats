# Each check passes on a small tree that keeps its rule and fails on the same tree with one thing changed.
# SPDX-License-Identifier: Apache-2.0

load ../../tests/cli/lib

CHECKS=$PROVAR_SOURCE/dev/checks

# write FILE: a C file, "TEXT..." after its head
write() {
    mkdir -p "$(dirname "$1")"
    printf '/* A file of the self-test. */\n/* SPDX-License-Identifier: Apache-2.0 */\n' >"$1"
    printf '%s\n' "${@:2}" >>"$1"
}

# fails CHECK TEXT: the check fails, and for this reason only
fails() {
    expect 1 "$CHECKS/$1"
    stdout_is "$2"
    stderr_is ''
}

passes() {
    expect 0 "$CHECKS/$1"
    stdout_is ''
    stderr_is ''
}

setup() {
    lib_setup
    mkdir tree && cd tree
    cp "$PROVAR_SOURCE/.clang-format" .
    write include/provar.h 'const char *provar_version(void);' 'void provar_free(void);'
    write lib/internal.h '#include "provar.h"'
    write lib/base/buf.h 'int pv_buf_len(void);'
    write lib/source/source.h 'int pv_source_read(void);'
    write lib/tar/tar_read.h 'int pv_tar_read(void);'
    write lib/tar/tar_read.c '#include <string.h>' '' '#include "internal.h"' '' '#include "base/buf.h"' \
        '#include "source/source.h"' '#include "tar/tar_read.h"' '' 'int pv_tar_read(void) {' '    return 1;' '}'
}

# ---------------------------------------------------------------- format

@test "format: a layout that clang-format would change" {
    passes format
    sed -i 's/    return 1;/  return 1;/' lib/tar/tar_read.c
    fails format 'lib/tar/tar_read.c:11:24: clang-format would change this'
}

@test "format: tab, trailing blank, missing newline, hidden character" {
    mkdir docs
    printf 'a\tb\n' >docs/a.md
    fails format 'docs/a.md:1: a tab'
    printf 'a \n' >docs/a.md
    fails format 'docs/a.md:1: trailing blanks'
    printf 'a' >docs/a.md
    fails format 'docs/a.md: no newline at the end'
    printf 'a\342\200\256b\n' >docs/a.md
    fails format 'docs/a.md:1: the invisible character U+202E'
    printf 'a\xff\n' >docs/a.md
    fails format 'docs/a.md: not UTF-8'
    printf 'a\033b\n' >docs/a.md
    fails format 'docs/a.md:1: a control character'
    printf '\303\251\n' >docs/a.md
    passes format
}

@test "format: a C file without purpose or SPDX line" {
    sed -i 2d lib/base/buf.h
    fails format 'lib/base/buf.h:2: not the SPDX line'
    sed -i 1d lib/source/source.h
    expect 1 "$CHECKS/format"
    stdout_has 'lib/source/source.h:2: not the SPDX line'
}

@test "format: a script without SPDX line" {
    mkdir dev
    printf '#!/bin/sh\n# Does nothing.\n# SPDX-License-Identifier: Apache-2.0\n' >dev/nothing
    passes format
    sed -i 3d dev/nothing
    fails format 'dev/nothing:3: not the SPDX line'
}

# ---------------------------------------------------------------- layers

@test "layers: a stage that includes a later one" {
    passes layers
    sed -i '$a #include "tar/tar_read.h"' lib/source/source.h
    fails layers 'lib/source/source.h:4: tar/tar_read.h: source/ must not know tar/'
}

@test "layers: base/ that includes a stage" {
    sed -i '$a #include "source/source.h"' lib/base/buf.h
    fails layers 'lib/base/buf.h:4: source/source.h: base/ must not know source/'
}

@test "layers: a conductor may include every stage" {
    write lib/read.c '#include "internal.h"' '#include "tar/tar_read.h"' '#include "source/source.h"'
    passes layers
}

@test "layers: a stage may not include a conductor's header" {
    write lib/builder.h '#include "tar/tar_read.h"'
    write lib/create.c '#include "internal.h"' '#include "builder.h"'
    passes layers
    sed -i '$a #include "builder.h"' lib/base/buf.h
    fails layers 'lib/base/buf.h:4: builder.h: base/ must not know a conductor'
}

@test "layers: a stage that the table does not know" {
    write lib/magic/magic.h '#include "tar/tar_read.h"'
    fails layers "lib/magic/magic.h:3: tar/tar_read.h: 'magic' is no stage that dev/checks/layers knows"
}

@test "layers: an outside library in the wrong place" {
    write lib/crypto/sha256.c '#include <openssl/evp.h>' '#include "internal.h"'
    passes layers
    write lib/crypto/sha256.c '#include <zlib.h>' '#include "internal.h"'
    fails layers 'lib/crypto/sha256.c:3: zlib.h: an outside library that has its one place elsewhere'
    write lib/crypto/sha256.c '#include <sodium.h>' '#include "internal.h"'
    fails layers 'lib/crypto/sha256.c:3: sodium.h: a header that dev/checks/layers does not know'
}

@test "layers: a header by another path than from lib/" {
    sed -i 's,"tar/tar_read.h","tar_read.h",' lib/tar/tar_read.c
    fails layers 'lib/tar/tar_read.c:9: tar_read.h: not the path of a header from lib/'
    sed -i 's,"tar_read.h","../tar/tar_read.h",' lib/tar/tar_read.c
    expect 1 "$CHECKS/layers"
    stdout_has '../tar/tar_read.h: '
}

@test "layers: cli, examples and API tests see only provar.h and their own" {
    local dir
    write tests/support/plain.h '#include <stdio.h>'
    write tests/support/deep.h '#include "tar/tar_read.h"'
    for dir in cli examples tests/api; do
        write $dir/own.h '#include <stdio.h>'
        write $dir/a.c '#include <provar.h>' '#include "own.h"'
        passes layers
        write $dir/a.c '#include "internal.h"'
        fails layers "$dir/a.c:3: internal.h: not a public header"
        write $dir/a.c '#include <tar/tar_read.h>' '#include "tar/tar_read.h"'
        expect 1 "$CHECKS/layers"
        stdout_has "$dir/a.c:4: tar/tar_read.h: not a public header"
        rm $dir/a.c
    done
    write tests/api/a.c '#include "support/plain.h"'
    passes layers
    write tests/api/a.c '#include "support/deep.h"'
    fails layers 'tests/api/a.c:3: support/deep.h: it includes what is not public: not a public header'
}

@test "layers: internal.h is there, behind the system's and before the project's headers" {
    sed -i '/internal.h/d' lib/tar/tar_read.c
    expect 1 "$CHECKS/layers"
    stdout_has 'lib/tar/tar_read.c: does not include internal.h'
    write lib/tar/tar_read.c '#include "internal.h"' '#include <string.h>'
    fails layers 'lib/tar/tar_read.c:4: <string.h>: must come before internal.h'
    write lib/tar/tar_read.c '#include "base/buf.h"' '#include "internal.h"'
    fails layers 'lib/tar/tar_read.c:3: "base/buf.h": internal.h must come before it'
}

@test "layers: store/ sees the public headers, its own, and base/ and crypto/sha256 of lib/" {
    write include/provar-store.h '#include "provar.h"'
    write lib/crypto/sha256.h 'int pv_sha256_new(void);'
    write lib/crypto/ed25519.h 'int pv_ed25519_sign(void);'
    write store/own.h 'int pv_own(void);'
    write store/a.c '#include <curl/curl.h>' '#include "internal.h"'
    fails layers 'store/a.c:3: curl/curl.h: an outside library that has its one place elsewhere'
    mkdir -p store/http store/image
    mv store/a.c store/http/http.c
    write store/image/digest.h 'int pv_digest_hex(void);'
    write store/http/retry.c '#include "internal.h"' '#include "store/image/digest.h"'
    write store/a.c '#include <stdio.h>' '#include "internal.h"' '#include "provar-store.h"' '#include "base/buf.h"' \
        '#include "crypto/sha256.h"' '#include "store/own.h"'
    passes layers
    local wrong
    for wrong in tar/tar_read.h crypto/ed25519.h; do
        write store/b.c '#include "internal.h"' "#include \"$wrong\""
        fails layers "store/b.c:4: $wrong: store/ shares no more of lib/ than base/ and crypto/sha256"
    done
    write store/b.c '#include "internal.h"' '#include "own.h"'
    fails layers 'store/b.c:4: own.h: neither public nor the path of a header from the top'
    write store/b.c '#include "internal.h"'
    write store/image/digest.c '#include "internal.h"' '#include "store/own.h"'
    fails layers 'store/image/digest.c:4: store/own.h: image/ must not know a conductor'
    write store/http/http.h 'int pv_http_new(void);'
    write store/image/digest.c '#include "internal.h"' '#include "store/http/http.h"'
    fails layers 'store/image/digest.c:4: store/http/http.h: image/ must not know http/'
    rm store/image/digest.c
    write store/b.c '#include "store/own.h"'
    expect 1 "$CHECKS/layers"
    stdout_has 'store/b.c: does not include internal.h'
}

# ---------------------------------------------------------------- sizes

# lines N TEXT
lines() {
    yes "$2" | head -n "$1"
}

@test "sizes: a C function of 100 lines, and of 101" {
    { echo 'static int f(int a,' && echo '             int b) {' && lines 97 '    a++;' && echo '}'; } >>lib/tar/tar_read.c
    expect 0 "$CHECKS/sizes"
    stdout_has '100 lib/tar/tar_read.c:14 f'
    sed -i 's/^             int b) {$/&\n    b++;/' lib/tar/tar_read.c
    expect 1 "$CHECKS/sizes"
    stdout_has 'lib/tar/tar_read.c:14: f has 101 lines, more than 100'
}

@test "sizes: a C table is no function" {
    { echo 'static const int table[] = {' && lines 150 '    1,' && echo '};'; } >>lib/tar/tar_read.c
    { echo 'struct a {' && lines 150 '    int (*f)(void);' && echo '};'; } >>lib/tar/tar_read.c
    expect 0 "$CHECKS/sizes"
    stdout_any
}

@test "sizes: shell, bats and Python functions" {
    mkdir dev
    { echo '#!/bin/sh' && echo 'f() {' && lines 99 '    :' && echo '}'; } >dev/shell
    { echo '@test "a" {' && lines 99 '    :' && echo '}'; } >dev/a.bats
    { echo 'def g():' && lines 100 '    pass'; } >dev/a.py
    expect 1 "$CHECKS/sizes"
    stdout_has 'dev/shell:2: f has 101 lines, more than 100'
    stdout_has 'dev/a.bats:1: "a" has 101 lines, more than 100'
    stdout_has 'dev/a.py:1: g has 101 lines, more than 100'
    sed -i 3d dev/shell dev/a.bats dev/a.py
    expect 0 "$CHECKS/sizes"
    stdout_any
}

@test "sizes: a file of 600 lines, and of 601" {
    lines 598 'int a;' >>lib/base/buf.h
    sed -i 3d lib/base/buf.h
    expect 0 "$CHECKS/sizes"
    stdout_has '600 lib/base/buf.h'
    echo 'int b;' >>lib/base/buf.h
    expect 1 "$CHECKS/sizes"
    stdout_has 'lib/base/buf.h: 601 lines, more than 600'
}

# ---------------------------------------------------------------- exports

# library TEXT...: a shared library and an archive of this C text
library() {
    mkdir -p build/lib dev
    printf '%s\n' "$@" | gcc -xc -c -fPIC -fvisibility=hidden -o build/lib/a.o -
    gcc -shared -o build/lib/libprovar.so build/lib/a.o -Wl,--version-script="$PROVAR_SOURCE/lib/libprovar.map"
    rm -f build/lib/libprovar.a
    ar rcs build/lib/libprovar.a build/lib/a.o
}
VERSION='__attribute__((visibility("default"))) void provar_version(void) {}'
FREE='__attribute__((visibility("default"))) void provar_free(void) {}'

@test "exports: library, list and header say the same" {
    library "$VERSION" "$FREE" 'void pv_inside(void) {}'
    printf 'provar_free\nprovar_version\n' >dev/exports.txt
    passes exports
    library "$VERSION"
    fails exports 'provar_free: in dev/exports.txt, not in libprovar.so
provar_free: in include/provar.h, not in libprovar.so'
    library "$VERSION" "$FREE" '__attribute__((visibility("default"))) void provar_more(void) {}'
    fails exports 'provar_more: in libprovar.so, not in dev/exports.txt
provar_more: in libprovar.so, not in include/provar.h'
}

@test "exports: the second library is held to its own list and header" {
    library "$VERSION" "$FREE"
    printf 'provar_free\nprovar_version\n' >dev/exports.txt
    write include/provar-store.h '#include "provar.h"' 'void provar_push(void);'
    printf 'provar_push\n' >dev/exports-store.txt
    mkdir build/store
    echo '__attribute__((visibility("default"))) void provar_push(void) {}' |
        gcc -xc -shared -fPIC -fvisibility=hidden -o build/store/libprovar-store.so -
    passes exports
    echo "$FREE __attribute__((visibility(\"default\"))) void provar_push(void) {}" |
        gcc -xc -shared -fPIC -fvisibility=hidden -o build/store/libprovar-store.so -
    fails exports 'provar_free: in libprovar-store.so, not in dev/exports-store.txt
provar_free: in libprovar-store.so, not in include/provar-store.h'
}

@test "exports: an archive with a global symbol of another name" {
    library "$VERSION" "$FREE" 'void helper(void) {}'
    printf 'provar_free\nprovar_version\n' >dev/exports.txt
    fails exports 'helper: a global symbol of libprovar.a that is neither provar_ nor pv_'
}

@test "exports: a list that is not sorted" {
    library "$VERSION" "$FREE"
    printf 'provar_version\nprovar_free\n' >dev/exports.txt
    fails exports 'dev/exports.txt: not sorted, or a name stands twice'
}

# layouts TEXT...: an archive for layouts of this C text
layouts() {
    mkdir -p build/store
    printf '%s\n' "$@" | gcc -xc -c -fPIC -fvisibility=hidden -o build/store/a.o -
    rm -f build/store/libpvlayout.a
    ar rcs build/store/libpvlayout.a build/store/a.o
}

@test "exports: layouts that call the network, or what only registries have" {
    local call inner
    library "$VERSION" "$FREE" 'void pv_open(void) {}'
    printf 'provar_free\nprovar_version\n' >dev/exports.txt
    inner='void pv_own(void) {} void pv_open(void); int inet_pton(int, const char *, void *);'
    layouts "$inner" 'int pv_layout(void) { pv_own(); pv_open(); return inet_pton(0, "", 0); }'
    passes exports
    layouts "$inner" 'void pv_http_do(void); void pv_layout(void) { pv_open(); pv_http_do(); }'
    fails exports 'pv_http_do: libpvlayout.a calls it, and neither it nor libprovar.a has it'
    for call in socket connect getaddrinfo gethostbyname_r sendmsg recv __recv_chk curl_easy_init; do
        layouts "void $call(void);" "void pv_layout(void) { $call(); }"
        fails exports "$call: libpvlayout.a calls it, and layouts have no network"
    done
}

# ---------------------------------------------------------------- headers

@test "headers: a public header that does not stand alone" {
    passes headers
    echo 'void provar_more(uint32_t n);' >>include/provar.h
    expect 1 "$CHECKS/headers"
    stdout_like '^ provar.h: '\''gcc -std=c11 .*'\'' failed$|provar.h: '\''gcc -std=c11'
    stderr_has uint32_t
}

@test "headers: a public header that is C but not C++" {
    echo 'void provar_more(int class);' >>include/provar.h
    expect 1 "$CHECKS/headers"
    stdout_has "provar.h: 'clang++ -std=c++17"
    [[ $(<"$stdout_file") != *c11* ]]
    stderr_any
}

@test "headers: a header of store/ that lacks an include" {
    write store/own.h 'int pv_own(void);'
    passes headers
    echo 'int pv_own_more(struct pv_buf buf);' >>store/own.h
    expect 1 "$CHECKS/headers"
    stdout_has "internal.h store/own.h: 'gcc"
    stderr_has pv_buf
}

@test "headers: an internal header that lacks an include" {
    echo 'int pv_tar_more(struct pv_buf buf);' >>lib/tar/tar_read.h
    expect 1 "$CHECKS/headers"
    stdout_has "internal.h tar/tar_read.h: 'gcc"
    stderr_has pv_buf
}

# ---------------------------------------------------------------- instructions

# stand_ins: for provar and valgrind, first on the path
stand_ins() {
    mkdir bin
    printf '#!/bin/sh\n' | tee bin/provar >bin/valgrind
    chmod +x bin/*
    PATH=$PWD/bin:$PATH
}

# counted OWN CALLED: what the stand-in for valgrind will have counted of provar and of libcrypto, in callgrind's format
counted() {
    printf '#!/bin/sh\n[ "$1" != --version ] || { echo valgrind-1; exit; }\ncp %s "${2#*=}"\n' "$PWD/counts" >bin/valgrind
    printf '%s\n' 'events: Ir' 'ob=(1) /usr/bin/provar' 'fn=(1) main' "1 $1" 'cob=(2) /lib/libcrypto.so.3' 'cfn=(2) hash' \
        'calls=1 7' '+1 5000000' 'ob=(3) /lib/ld-linux-x86-64.so.2' 'fn=(3) load' '9 777777' 'ob=(2)' 'fn=(2)' "7 $2" >counts
}

@test "instructions: 5 percent, of provar or of its libraries, more or fewer" {
    stand_ins
    fails_by() {
        expect 1 "$CHECKS/instructions" bin/provar
        stdout_has "$1"
        stderr_is ''
    }
    expect 1 "$CHECKS/instructions" bin/provar
    stderr_is 'bench/instructions.txt is missing: record it by dev/checks/instructions --update'
    counted 1000 2000
    expect 0 "$CHECKS/instructions" --update bin/provar
    for figures in '1050 2000' '950 2100'; do
        # shellcheck disable=SC2086
        counted $figures
        expect 0 "$CHECKS/instructions" bin/provar
        stdout_has 'verify-gzip'
    done
    counted 1051 2000
    fails_by 'create-gzip: 1051 own instructions where 1000 are recorded, 5.1% more'
    counted 1000 2101
    fails_by "create-gzip: 2101 libraries' instructions where 2000 are recorded, 5.0% more"
    counted 949 2000
    fails_by 'create-gzip: 949 own instructions where 1000 are recorded, 5.1% fewer: record it by --update'
    sed -i '/^inspect-gzip/d' bench/instructions.txt
    counted 1000 2000
    fails_by 'inspect-gzip: not recorded: record it by --update'
}

@test "instructions: nothing is compared with what another compiler made" {
    stand_ins
    counted 1000 2000
    expect 0 "$CHECKS/instructions" --update bin/provar
    sed -i 's/^compiler: .*/compiler: another/' bench/instructions.txt
    counted 9999 2000
    expect 78 "$CHECKS/instructions" bin/provar
    stdout_like "^not compared: recorded with compiler 'another', and here it is '[^']+'$"
}

@test "instructions: a library that only the record or only this machine names is a fault of the record" {
    stand_ins
    counted 1000 2000
    expect 0 "$CHECKS/instructions" --update bin/provar
    cp bench/instructions.txt whole.txt
    sed -i '/^zlib1g: /d' bench/instructions.txt
    expect 1 "$CHECKS/instructions" bin/provar
    stdout_is 'zlib1g: not recorded: record it by --update'
    sed 's/^zlib1g: /libother: /' whole.txt >bench/instructions.txt
    expect 1 "$CHECKS/instructions" bin/provar
    stdout_is $'libother: not known here: record it by --update\nzlib1g: not recorded: record it by --update'
}
