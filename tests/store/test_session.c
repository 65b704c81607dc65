/* Tests of store/session: options are copied and judged, and whoever watches is told of every byte and may stop. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/image/content.h"
#include "store/session.h"
#include "store/session_options.h"

static struct provar_store_options of_text(char *text, struct provar_auth_file *file) {
    *file = (struct provar_auth_file){.text = text, .must_exist = 1};
    return (struct provar_store_options){.size = sizeof(struct provar_store_options),
                                         .username = text,
                                         .password = text,
                                         .auth_files = file,
                                         .auth_file_count = 1,
                                         .ca_file = text,
                                         .cert_file = text,
                                         .key_file = text,
                                         .certs_dirs = text,
                                         .proxy = text,
                                         .no_proxy = text,
                                         .upload_host = text,
                                         .temp_dir = text,
                                         .username_source = text};
}

static void texts_are_copied(void **state) {
    (void)state;
    char text[] = "text";
    struct provar_auth_file file;
    struct provar_store_options from = of_text(text, &file), to;
    assert_ok(pv_session_options_copy(&from, &to, NULL));
    memset(text, 'x', 4);
    file = (struct provar_auth_file){.path = "other"};
    const char *const copied[] = {to.username,    to.password,   to.ca_file,         to.cert_file,
                                  to.key_file,    to.certs_dirs, to.proxy,           to.no_proxy,
                                  to.upload_host, to.temp_dir,   to.username_source, to.auth_files[0].text};
    for (size_t i = 0; i < array_length(copied); i++)
        assert_string_equal(copied[i], "text");
    assert_null(to.auth_files[0].path);
    assert_int_equal(to.auth_files[0].must_exist, 1);
    pv_session_options_release(&to);
    assert_null(to.username);
    assert_ok(pv_session_options_copy(NULL, &to, NULL));
    assert_null(to.username);
    pv_session_options_release(&to);
}

static void options_that_contradict_each_other(void **state) {
    (void)state;
    char text[] = "text";
    struct provar_auth_file file;
    struct provar_store_options good = of_text(text, &file);
    for (unsigned i = 0; i < 8; i++) {
        struct provar_store_options from = good, to = {.size = 7};
        struct provar_error err = {0};
        file.path = i == 0 ? text : NULL;
        file.text = i == 1 ? NULL : text;
        if (i == 2)
            from.username = NULL;
        else if (i == 3)
            from.password = NULL;
        else if (i == 4)
            from.flags = 16;
        else if (i == 5)
            from.size++;
        else if (i == 6)
            from.auth_files = NULL;
        else if (i == 7)
            from.username = "";
        assert_fails(pv_session_options_copy(&from, &to, &err), PROVAR_E_USAGE, err, PROVAR_NO_OFFSET);
        assert_int_equal(to.size, 7);
    }
    file.path = NULL;
    good.flags = PROVAR_STORE_PLAIN_HTTP | PROVAR_STORE_SKIP_TLS_VERIFY | PROVAR_STORE_CA_ONLY;
    struct provar_store *store = NULL;
    assert_ok(provar_store_new(&good, &store, NULL));
    provar_store_free(store);
}

/* ---------------------------------------------------------------- watching */

struct told {
    uint64_t done, total;
    unsigned calls, stop_at;
};

static int tell(uint64_t done, uint64_t total, void *user) {
    struct told *told = user;
    told->done = done;
    told->total = total;
    return ++told->calls == told->stop_at;
}

/* Gives "abc" and "de". */
static enum provar_result two_parts(void *user, pv_take_fn take, void *taker, struct provar_error *err) {
    (void)user;
    enum provar_result result = take(taker, "abc", 3, err);
    return result == PROVAR_OK ? take(taker, "de", 2, err) : result;
}

static void streams_are_watched(void **state) {
    (void)state;
    struct told told = {0};
    struct provar_store_options options = {.size = sizeof options, .progress = tell, .user = &told};
    struct provar_store *store = NULL;
    struct pv_digest found, due;
    struct provar_error err = {0};
    assert_ok(provar_store_new(&options, &store, NULL));
    struct pv_watched watched = {.store = store, .inner = {.stream = two_parts, .size = 5}, .total = 10};
    struct pv_content content = pv_session_watch(&watched);
    assert_ok(pv_content_read(&content, NULL, NULL, &found, NULL));
    assert_ok(pv_digest_of("abcde", 5, &due, NULL));
    assert_true(pv_digest_equal(&found, &due));
    assert_int_equal(told.calls, 2);
    assert_int_equal(told.done, 5);
    assert_int_equal(told.total, 10);
    told.stop_at = 3;
    assert_fails(pv_content_read(&content, NULL, NULL, &found, &err), PROVAR_E_IO, err, PROVAR_NO_OFFSET);
    /* What is sent again does not make more of it than there is. */
    told.stop_at = 0;
    assert_ok(pv_content_read(&content, NULL, NULL, &found, NULL));
    assert_int_equal(told.done, 10);
    provar_store_free(store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(options_that_contradict_each_other),
        cmocka_unit_test(streams_are_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
