/* Fuzzes whole archives as they come: one verdict in every way, and nothing leaves that was not signed. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include "slow_gzip.h"
#include "slow_tar.h"
#include "whole_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    PV_AUTO_FREE uint8_t *copy = fuzz_copy(data, len);
    fuzz_accepted += fuzz_check_archive(data, len);
    /* No mutation finds a checksum. */
    bool is_gzip = len > 1 && data[0] == 0x1f && data[1] == 0x8b;
    if (!is_gzip)
        slow_tar_mend(copy, len);
    bool mended = is_gzip ? slow_fit_gzip(copy, len) : true;
    if (mended && !pv_bytes_equal(copy, data, len))
        (void)fuzz_check_archive(copy, len);
    return 0;
}
