# What the dynamic linker and the processor are told about a built file, read from it by readelf and nm.
# SPDX-License-Identifier: Apache-2.0

# x86 has notes for shadow stacks and branch targets; other machines have neither.
is_x86() { [[ $(uname -m) == x86_64 ]]; }

# unhardened FILE: a line for each protection that it lacks
unhardened() {
    local header segments dynamic notes symbols
    header=$(readelf -hW "$1") segments=$(readelf -lW "$1") dynamic=$(readelf -dW "$1")
    notes=$(readelf -nW "$1") symbols=$(nm -D --undefined-only "$1")
    [[ $header =~ Type:\ +DYN ]] || echo "not position-independent"
    [[ $segments == *GNU_RELRO* ]] || echo "no GNU_RELRO"
    [[ $dynamic =~ FLAGS\).*BIND_NOW ]] || echo "no BIND_NOW"
    [[ $segments =~ GNU_STACK\ +[^$'\n']*\ RW\ +0x ]] || echo "an executable stack"
    ! grep -Eq '^ +LOAD .* (RWE|WE) +0x' <<<"$segments" || echo "a segment that can be written and executed"
    [[ ! $dynamic =~ TEXTREL ]] || echo "text relocations"
    [[ ! $dynamic =~ \((RPATH|RUNPATH)\) ]] || echo "a library path of its own"
    [[ $symbols == *__stack_chk_fail* ]] || echo "no stack protector"
    ! is_x86 || [[ $notes == *SHSTK* ]] || echo "no shadow stack"
}

# unfortified FILE: the same of _FORTIFY_SOURCE, which the sanitizers exclude
unfortified() {
    [[ $(nm -D --undefined-only "$1") =~ __[a-z]+_chk@ ]] || echo "not fortified"
}

# untracked OBJECT: of one compiled file, which the linker's note does not vouch for on its own
untracked() {
    ! is_x86 || [[ $(readelf -nW "$1") == *"IBT, SHSTK"* ]] || echo "$1: no branch targets, or no shadow stack"
}
