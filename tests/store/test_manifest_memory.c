/* Tests of store/manifest and its encoder without memory: each allocation fails in turn, and that is what is told. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/image/manifest_encode.h"
#include "support/fail_each.h"

#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

/* More of everything than the first allocation of a list has room for. */
static enum provar_result decode(void *user, struct provar_error *err) {
    PV_AUTO_MANIFEST struct pv_manifest *manifest = NULL;
    return pv_manifest_decode(pv_buf_str(user), PV_STR(""), &manifest, err);
}

static void add(struct pv_buf *text, const char *part) {
    assert_ok(pv_buf_append_str(text, pv_str_of(part), NULL));
}

static void add_annotations(struct pv_buf *text) {
    add(text, "{\"first\":\"1\"");
    for (int i = 0; i < 10; i++) {
        char member[32];
        (void)snprintf(member, sizeof member, ",\"k%d\":\"v\"", i);
        add(text, member);
    }
    add(text, "}");
}

static void decoding_without_memory(void **state) {
    PV_AUTO_BUF struct pv_buf text;
    (void)state;
    pv_buf_init(&text, PV_MIB);
    add(&text, "{\"schemaVersion\":2,\"annotations\":");
    add_annotations(&text);
    add(&text, ",\"manifests\":[");
    for (int i = 0; i < 10; i++) {
        add(&text, i > 0 ? "," : "");
        add(&text, "{\"mediaType\":\"a/b\",\"size\":0,\"digest\":\"" DIGEST "\",\"annotations\":");
        add_annotations(&text);
        add(&text, "}");
    }
    add(&text, "]}");
    assert_true(fail_each(decode, &text) > 50);
}

static enum provar_result encode(void *user, struct provar_error *err) {
    PV_AUTO_BUF struct pv_buf json;
    pv_buf_init(&json, PV_MAX_MANIFEST_SIZE);
    return pv_manifest_encode(user, &json, err);
}

static void encoding_without_memory(void **state) {
    struct pv_annotation notes[] = {{PV_STR("a"), PV_STR("1")}, {PV_STR("b"), PV_STR("2")}};
    struct pv_manifest_plan plan = {.annotations = {notes, 2}, .layer_annotations = {notes, 2}};
    (void)state;
    assert_ok(pv_digest_parse(PV_STR(DIGEST), PROVAR_E_USAGE, &plan.config_digest, NULL));
    plan.layer_digest = plan.config_digest;
    assert_true(fail_each(encode, &plan) > 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding_without_memory),
        cmocka_unit_test(encoding_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
