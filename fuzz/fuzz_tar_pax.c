/* Fuzzes the records of pax headers: what is accepted points into the payload, and says the same when written again. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <inttypes.h>

#include "tar/tar_pax.h"

static const uint64_t base = 1024;

static void put_record(struct pv_buf *out, const char *key, struct pv_str value) {
    char front[64];
    size_t rest = strlen(key) + value.len + 3, digits = 1;
    while ((size_t)snprintf(NULL, 0, "%zu", rest + digits) != digits)
        digits++;
    (void)snprintf(front, sizeof front, "%zu %s=", rest + digits, key);
    fuzz_require(pv_buf_append_str(out, pv_str_of(front), NULL) == PROVAR_OK);
    fuzz_require(pv_buf_append_str(out, value, NULL) == PROVAR_OK);
    fuzz_require(pv_buf_append(out, "\n", 1, NULL) == PROVAR_OK);
}

static void check_again(const struct pv_tar_pax *pax) {
    PV_AUTO_BUF struct pv_buf out;
    struct pv_tar_pax again;
    char digits[24];
    pv_buf_init(&out, PV_MIB);
    put_record(&out, "mtime", PV_STR("1.5"));
    if (pax->path.len > 0)
        put_record(&out, "path", pax->path);
    (void)snprintf(digits, sizeof digits, "%" PRIu64, pax->size);
    if (pax->has_size)
        put_record(&out, "size", pv_str_of(digits));
    fuzz_require(pv_tar_pax_decode(pv_buf_str(&out), 0, &again, NULL) == PROVAR_OK);
    fuzz_require(pv_str_equal(again.path, pax->path));
    fuzz_require(again.has_size == pax->has_size && again.size == pax->size);
}

static void check_accepted(struct pv_str payload, const struct pv_tar_pax *pax) {
    fuzz_require(payload.len > 0 && payload.text[payload.len - 1] == '\n');
    if (pax->path.len > 0) {
        fuzz_require(pax->path.text > payload.text && pax->path.len < payload.len);
        fuzz_require(pax->path.text + pax->path.len < payload.text + payload.len);
        fuzz_require(!pv_str_has_nul(pax->path) && pax->path.text[pax->path.len] == '\n');
    }
    fuzz_require(pax->has_size || pax->size == 0);
    check_again(pax);
}

static void check_place(enum provar_result result, const struct provar_error *err, size_t len) {
    fuzz_check_error(result, err);
    if (result != PROVAR_OK)
        fuzz_require(err->offset >= base && err->offset <= base + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct pv_str payload = pv_str((const char *)data, len);
    struct provar_error err = {0}, global_err = {0};
    struct pv_tar_pax pax;
    fuzz_fill(&pax, sizeof pax);
    enum provar_result result = pv_tar_pax_decode(payload, base, &pax, &err);
    enum provar_result global = pv_tar_pax_check_global(payload, base, &global_err);
    check_place(result, &err, len);
    check_place(global, &global_err, len);
    if (result == PROVAR_OK) {
        check_accepted(payload, &pax);
        fuzz_require((global == PROVAR_OK) == (pax.path.len == 0 && !pax.has_size));
        fuzz_accepted++;
    } else {
        fuzz_require(result == PROVAR_E_TAR || result == PROVAR_E_ENTRY);
        fuzz_require(global == PROVAR_E_TAR && fuzz_is_filled(&pax, sizeof pax));
    }
    return 0;
}
