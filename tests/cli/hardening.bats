#!/usr/bin/env bats
# The flags that harden a build, read back from the installed files; each is missed where it is taken away.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load hardening.bash

installed() {
    expect 0 env DESTDIR="$PWD/root" meson install -C "$PROVAR_BUILD" --no-rebuild --quiet
    stdout_any
    stderr_any
    program=$PWD/root/usr/local/bin/provar
    library=$(readlink -e "$(find root/usr/local -name libprovar.so)")
    [[ -x $program && -f $library ]]
    files=("$program" "$library")
    [[ ! -e $PROVAR_BUILD/store/libprovar-store.so ]] || files+=("$(readlink -e "$(find root/usr/local -name libprovar-store.so)")")
}

@test "the installed command and libraries are hardened" {
    needs readelf nm
    installed
    local file
    for file in "${files[@]}"; do
        [[ $(unhardened "$file") == '' ]] || refuse "$file: $(unhardened "$file")"
    done
}

@test "the installed command and libraries are fortified" {
    needs nm
    not_sanitized "fortified functions, which the sanitizers stand in for"
    installed
    local file
    for file in "${files[@]}"; do
        [[ $(unfortified "$file") == '' ]] || refuse "$file is not fortified"
    done
}

@test "every object of them is compiled for branch targets and shadow stacks" {
    needs readelf
    local folder object count folders=(lib cli)
    [[ ! -e $PROVAR_BUILD/store/libprovar-store.so ]] || folders+=(store)
    for folder in "${folders[@]}"; do
        count=0
        while read -r object; do
            [[ $(untracked "$object") == '' ]] || refuse "$(untracked "$object")"
            count=$((count + 1))
        done < <(find "$PROVAR_BUILD/$folder" -name '*.o')
        ((count > 30)) || refuse "only $count objects in $folder"
    done
}

# builds FLAG...: a program with all that is asked for, but for what the flags take back, and the note if it is empty
builds() {
    gcc -O2 -fPIE -pie -fstack-protector-strong -fcf-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -Wl,-z,relro \
        -Wl,-z,now -Wl,-z,noexecstack ${note--Wl,-z,shstk} -o program "$@" program.c
}

@test "each protection is missed when its flag is taken away" {
    needs gcc readelf nm
    cat >program.c <<'C'
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    char text[16];
    strncpy(text, argv[argc - 1], (size_t)argc);
    return printf("%s\n", text);
}
C
    local flags lack
    builds
    [[ $(unhardened program; unfortified program) == '' ]]
    while IFS='|' read -r flags lack; do
        # shellcheck disable=SC2086
        builds $flags
        [[ $(unhardened program; unfortified program) == "$lack" ]] ||
            refuse "$flags: '$(unhardened program; unfortified program)' instead of '$lack'"
    done <<'TABLE'
-no-pie -fno-pie|not position-independent
-Wl,-z,norelro|no GNU_RELRO
-Wl,-z,lazy|no BIND_NOW
-Wl,-z,execstack|an executable stack
-Wl,-rpath,/opt|a library path of its own
-fno-stack-protector|no stack protector
-U_FORTIFY_SOURCE|not fortified
TABLE
    echo '__asm__(".section .both,\"awx\"\n.byte 0\n.previous");' >section.c
    builds section.c 2>/dev/null
    [[ $(unhardened program) == 'a segment that can be written and executed' ]] || refuse "$(unhardened program)"
    echo '__asm__(".text\n.quad main");' >text.c
    builds -Wl,-z,notext text.c 2>/dev/null
    [[ $(unhardened program) == 'text relocations' ]] || refuse "$(unhardened program)"
    note='' builds -fcf-protection=none
    ! is_x86 || [[ $(unhardened program) == 'no shadow stack' ]] || refuse "$(unhardened program)"
    ! is_x86 || [[ $(gcc -c -fcf-protection=none -o plain.o program.c && untracked plain.o) == plain.o:* ]]
}
