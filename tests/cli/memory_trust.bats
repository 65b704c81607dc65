#!/usr/bin/env bats
# Peak memory with a full history and full lists of revocations is below 32 MiB, as without them.
# SPDX-License-Identifier: Apache-2.0

load lib.bash
load archives.bash
load measure.bash

# What every test begins with; archives.bash has the setup.
pack() {
    not_sanitized "a measure of memory"
    printf 'small' >small
    expect 0 env SOURCE_DATE_EPOCH=1700000000 provar create --name Test --vendor v --version 1 --revision 7 --issuer a.nk \
        --subject v.nk --target "$here=small" --destination x.par
    stdout_any
    stderr_any
}

# measured LABEL ARG...: verifies below the limit
measured() {
    local label=$1 peak
    shift
    peak_of "$label" "$PROVAR_BUILD/cli/provar" -q verify x.par --threads 2 --issuer "$issuer" "$@"
}

# A history of 16384 subjects of the longest lines; its keys' bytes are numbers, and it is sorted by their text.
write_history() {
    python3 - "$issuer" "$1" <<'END'
import base64, binascii, sys

def public(number):
    raw = bytes([21 << 3]) + number.to_bytes(32, "little")
    return base64.b32encode(raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")).decode()

ends = f"-2147483647 9223372036854775807 sha256:{'a' * 64} {sys.argv[1]} 9223372036854775807\n"
lines = sorted(f"{public(number)} {ends}" for number in range(16384))
open(sys.argv[2], "w").write("".join(lines))
END
}

@test "a history of 16384 subjects, read, and read again to record one more" {
    pack
    write_history full
    measured read --history full
    # One of the subjects makes room for the archive's.
    sed -i 1d full
    measured record --history full --record
    [[ $(grep -c "^V" full) == 16384 ]] || refuse "not as many subjects"
}

@test "65536 revocations of each kind" {
    pack
    local line
    for line in "$stranger 20200101T000000Z" "jti:a-token-that-was-taken-back-and-has-a-long-enough-name" \
        "$subject rev<=6"; do
        yes "$line" | head -n 65536 | head -c 4194304 >revoked
        # What does not fit into a file is in another one.
        sed -i '$d' revoked
        yes "$line" | head -n $((65536 - $(wc -l <revoked))) >more
        chmod 600 revoked more
        measured revocations --revoked-issuers revoked --revoked-issuers more
    done
}
