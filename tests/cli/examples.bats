#!/usr/bin/env bats
# The examples do what their comments say, and an installed library can be linked.
# SPDX-License-Identifier: Apache-2.0

load lib.bash

setup() {
    lib_setup
    examples=$PROVAR_BUILD/examples
    provar keys gen account --destination a.nk >issuer
    provar keys gen service --destination v.nk >subject
    issuer=$(<issuer)
    provar -q create --name Example --vendor Test --version 1 --issuer a.nk --subject v.nk \
        --target "$examples/example-provider" --destination example.par >/dev/null
}

@test "the example host runs the example provider" {
    expect 0 "$examples/example-embed" example.par "$issuer"
    stdout_has 'example provider: started'
}

@test "the example host refuses an archive of another issuer" {
    expect 125 "$examples/example-embed" example.par AAB2CB576PHBBPQ5ODORRZ2LYCMWPZGWGCN2KDK7DXOIMZASKUY3QPZV
    stderr_has 'untrusted'
}

@test "the example host refuses an altered archive" {
    printf 'X' | dd of=example.par bs=1 seek=9000 conv=notrunc status=none
    expect 125 "$examples/example-embed" example.par "$issuer"
    stderr_has 'digest'
}

@test "the example provider names what it was given" {
    printf '{"provider_key": "VKEY", "link_name": "left", "lattice_rpc_prefix": "test", "config": {"a": "1", "b": "2"}}' >host.json
    RUST_LOG=info OTEL_SERVICE_NAME=x expect 0 provar run example.par --issuer "$issuer" --host-data host.json
    stdout_is 'example provider: started
  provider     "VKEY"
  link         "left"
  lattice      "test"
  config       2
  environment  RUST_LOG
  environment  OTEL_SERVICE_NAME'
}

@test "the example provider refuses what is not host data" {
    expect 2 provar run example.par --issuer "$issuer" </dev/null
    stderr_any
    stdout_any
}

@test "an installed library is found by pkg-config, shared and static" {
    needs cc pkg-config
    not_sanitized "a program linked without them"
    expect 0 env DESTDIR="$PWD/root" meson install -C "$PROVAR_BUILD" --no-rebuild --quiet
    stdout_any
    stderr_any
    prefix=$(echo "$PWD"/root/usr/local)
    libdir=$(dirname "$(find "$prefix" -name libprovar.so)")
    [[ -x $prefix/bin/provar && -f $prefix/include/provar.h && -f $libdir/libprovar.a ]]
    cat >program.c <<'C'
#include <provar.h>
#include <stdio.h>
int main(void) {
    puts(provar_version());
    return provar_target_check("x86_64-linux", 12, NULL);
}
C
    export PKG_CONFIG_PATH=$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$PWD/root
    # shellcheck disable=SC2046
    cc -o shared program.c $(pkg-config --cflags --libs libprovar)
    # shellcheck disable=SC2046
    cc -o static program.c $(pkg-config --cflags libprovar) "$libdir/libprovar.a" \
        $(pkg-config --libs --static libprovar | sed 's/-lprovar//')
    expect 0 env LD_LIBRARY_PATH="$libdir" ./shared
    stdout_like '^[0-9]+\.[0-9]+\.[0-9]+$'
    expect 0 ./static
    stdout_like '^[0-9]+\.[0-9]+\.[0-9]+$'
    [[ $(readelf -d shared) == *libprovar.so.0* ]]
}
