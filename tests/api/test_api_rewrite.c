/* Archives made out of archives: what stays, what is new, whose they remain; and the old file in the same place. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "support/builder.h"
#include "support/temp_dir.h"

/* An archive that was checked, and a builder on it that signs with a key. */
struct rewrite {
    struct tar_build bytes;
    struct provar_archive *archive;
    struct provar_checked *checked;
    struct making making;
};

static struct rewrite begin(struct tar_build *bytes, const char *seed) {
    struct provar_error err = {0};
    struct rewrite rewrite = {.bytes = *bytes, .archive = open_bytes(bytes), .making.key = key_of(seed)};
    rewrite.checked = check_archive(rewrite.archive);
    if (provar_builder_from(rewrite.checked, &rewrite.making.builder, &err) != PROVAR_OK)
        fail_msg("%s", err.message);
    assert_ok(provar_builder_set_issuer(rewrite.making.builder, rewrite.making.key, NULL));
    return rewrite;
}

static void end(struct rewrite *rewrite) {
    provar_checked_free(rewrite->checked);
    provar_archive_free(rewrite->archive);
    tar_build_free(&rewrite->bytes);
}

static struct rewrite begin_recipe(const struct recipe *recipe, const char *seed) {
    struct tar_build bytes = archive_of(recipe);
    return begin(&bytes, seed);
}

static struct rewrite begin_usual(void) {
    struct recipe recipe = usual();
    return begin_recipe(&recipe, ISSUER_SEED);
}

/* Writes the new archive, opens it, and lets go of the old. */
static struct provar_archive *finish(struct rewrite *rewrite, struct tar_build *bytes) {
    *bytes = write_making(&rewrite->making);
    end(rewrite);
    struct provar_archive *archive = open_bytes(bytes);
    provar_checked_free(check_archive(archive));
    return archive;
}

static void drop(struct provar_archive *archive, struct tar_build *bytes) {
    provar_archive_free(archive);
    tar_build_free(bytes);
}

/* ---------------------------------------------------------------- claims */

static const char rich_wascap[] = ",\"capid\":\"wasmcloud:keyvalue\",\"rev\":-3,\"ver\":\"0.1.0\","
                                  "\"config_schema\":{\"n\": 1.10},\"x\\u0041\":[1e400, {\"a\":1.0}]";

/* Every claim but jti and iat, unknown ones as their text stood. */
static void test_claims_stay(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct tar_build bytes;
    int64_t seconds = 0;
    int32_t revision = 0;
    recipe.times = "\"exp\":4000000000,\"iat\":1700000000,\"nbf\":1600000000";
    recipe.wascap = rich_wascap;
    recipe.top = ",\"aud\":[\"you\" , \"me\"],\"big\":123456789012345678901234567890";
    struct rewrite rewrite = begin_recipe(&recipe, ISSUER_SEED);
    struct provar_archive *archive = finish(&rewrite, &bytes);
    const struct provar_claims *claims = provar_archive_claims(archive);
    const char *json = provar_archive_claims_json(archive, NULL);
    assert_string_equal(provar_claims_issuer(claims, NULL), ISSUER);
    assert_string_equal(provar_claims_subject(claims, NULL), SUBJECT);
    assert_string_equal(provar_claims_name(claims, NULL), "Key Value");
    assert_string_equal(provar_claims_vendor(claims, NULL), "wasmCloud");
    assert_string_equal(provar_claims_version(claims, NULL), "0.1.0");
    assert_string_equal(provar_claims_capid(claims, NULL), "wasmcloud:keyvalue");
    assert_string_equal(provar_claims_schema(claims, NULL), "{\"n\": 1.10}");
    assert_int_equal(provar_claims_revision(claims, &revision), 1);
    assert_int_equal(revision, -3);
    assert_int_equal(provar_claims_expires(claims, &seconds), 1);
    assert_int_equal(seconds, 4000000000);
    assert_int_equal(provar_claims_not_before(claims, &seconds), 1);
    assert_int_equal(seconds, 1600000000);
    assert_non_null(strstr(json, "\"x\\u0041\":[1e400, {\"a\":1.0}]"));
    assert_non_null(strstr(json, ",\"aud\":[\"you\" , \"me\"],\"big\":123456789012345678901234567890}"));
    assert_string_not_equal(provar_claims_id(claims, NULL), "SjB5fm974SjU9WMgTUchsb");
    assert_int_equal(strlen(provar_claims_id(claims, NULL)), 22);
    drop(archive, &bytes);
}

static int64_t issued_at(struct rewrite *rewrite) {
    struct tar_build bytes;
    struct provar_archive *archive = finish(rewrite, &bytes);
    int64_t seconds = 0;
    assert_int_equal(provar_claims_issued_at(provar_archive_claims(archive), &seconds), 1);
    drop(archive, &bytes);
    return seconds;
}

/* The later of now and the old one + 1; an explicit one wins. */
static void test_the_time_of_issue(void **state) {
    (void)state;
    struct recipe future = usual();
    int64_t before = (int64_t)time(NULL);
    struct rewrite rewrite = begin_usual();
    assert_in_range(issued_at(&rewrite), before, time(NULL));
    rewrite = begin_usual();
    provar_builder_set_source_date_epoch(rewrite.making.builder, 1700000000);
    assert_int_equal(issued_at(&rewrite), 1700000001);
    rewrite = begin_usual();
    provar_builder_set_source_date_epoch(rewrite.making.builder, 1700000002);
    assert_int_equal(issued_at(&rewrite), 1700000002);
    rewrite = begin_usual();
    provar_builder_set_issued_at(rewrite.making.builder, 1600000000);
    assert_int_equal(issued_at(&rewrite), 1600000000);
    future.times = "\"iat\":4000000000";
    rewrite = begin_recipe(&future, ISSUER_SEED);
    assert_int_equal(issued_at(&rewrite), 4000000001);
}

static void test_claims_that_are_set_anew(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct tar_build bytes;
    int64_t seconds;
    recipe.times = "\"exp\":4000000000,\"iat\":1700000000";
    struct rewrite rewrite = begin_recipe(&recipe, ISSUER_SEED);
    struct provar_builder *builder = rewrite.making.builder;
    assert_ok(provar_builder_set_id(builder, TEXT("mine"), NULL));
    assert_ok(provar_builder_set_revision(builder, 9, NULL));
    assert_ok(provar_builder_set_name(builder, TEXT("another"), NULL));
    provar_builder_set_expires(builder, -1);
    struct provar_archive *archive = finish(&rewrite, &bytes);
    const struct provar_claims *claims = provar_archive_claims(archive);
    assert_string_equal(provar_claims_id(claims, NULL), "mine");
    assert_string_equal(provar_claims_name(claims, NULL), "another");
    assert_int_equal(provar_claims_expires(claims, &seconds), 0);
    drop(archive, &bytes);
}

/* ---------------------------------------------------------------- identity */

static void test_another_identity_is_refused(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct rewrite rewrite = begin_recipe(&recipe, OTHER_SEED);
    assert_write_fails(&rewrite.making, PROVAR_E_UNTRUSTED, "issuer");
    end(&rewrite);
    rewrite = begin_usual();
    assert_ok(provar_builder_set_subject(rewrite.making.builder, TEXT(OTHER_SUBJECT), NULL));
    assert_write_fails(&rewrite.making, PROVAR_E_UNTRUSTED, "subject");
    end(&rewrite);
    rewrite = begin_usual();
    assert_ok(provar_builder_set_subject(rewrite.making.builder, TEXT(SUBJECT), NULL));
    struct tar_build bytes;
    struct provar_archive *archive = finish(&rewrite, &bytes);
    drop(archive, &bytes);
}

static void test_another_identity_on_demand(void **state) {
    (void)state;
    struct recipe recipe = usual();
    struct tar_build bytes;
    struct rewrite rewrite = begin_recipe(&recipe, OTHER_SEED);
    assert_ok(provar_builder_set_subject(rewrite.making.builder, TEXT(OTHER_SUBJECT), NULL));
    provar_builder_allow_reissue(rewrite.making.builder);
    struct provar_archive *archive = finish(&rewrite, &bytes);
    assert_string_equal(provar_claims_issuer(provar_archive_claims(archive), NULL), OTHER_ISSUER);
    assert_string_equal(provar_claims_subject(provar_archive_claims(archive), NULL), OTHER_SUBJECT);
    drop(archive, &bytes);
}

static void test_a_rewrite_needs_a_signer(void **state) {
    (void)state;
    struct rewrite rewrite = begin_usual();
    provar_builder_free(rewrite.making.builder);
    assert_ok(provar_builder_from(rewrite.checked, &rewrite.making.builder, NULL));
    assert_write_fails(&rewrite.making, PROVAR_E_USAGE, "issuer");
    end(&rewrite);
}

/* ---------------------------------------------------------------- members */

static void assert_holds(struct provar_archive *archive, const char *target, const char *body) {
    struct provar_verified *verified = verify_archive(archive);
    char copy[128] = {0};
    size_t len = 0;
    assert_ok(provar_target_copy(verified, TEXT(target), copy, sizeof copy - 1, &len, NULL));
    assert_string_equal(copy, body);
    assert_int_equal(len, strlen(body));
    provar_verified_free(verified);
}

static void test_members_are_added_replaced_and_removed(void **state) {
    (void)state;
    struct recipe recipe = usual();
    for (int gzip = 0; gzip < 2; gzip++) {
        struct tar_build tar = archive_of(&recipe), bytes = gzip_of(&tar);
        struct rewrite rewrite = begin(gzip ? &bytes : &tar, ISSUER_SEED);
        tar_build_free(gzip ? &tar : &bytes);
        struct provar_builder *builder = rewrite.making.builder;
        struct provar_input from = memory_input("replaced", 8);
        assert_int_equal(provar_builder_add_target(builder, TEXT("x86_64-linux"), &from, 0, NULL), PROVAR_E_USAGE);
        assert_ok(provar_builder_add_target(builder, TEXT("x86_64-linux"), &from, PROVAR_TARGET_REPLACE, NULL));
        add_text_target(builder, "mips-linux", "added");
        struct provar_archive *archive = finish(&rewrite, &bytes);
        assert_int_equal(provar_archive_is_gzip(archive), gzip);
        assert_int_equal(provar_archive_member_count(archive), 4);
        assert_holds(archive, "x86_64-linux", "replaced");
        assert_holds(archive, "aarch64-linux", "second executable, which is longer");
        assert_holds(archive, "mips-linux", "added");
        provar_archive_free(archive);

        rewrite = begin(&bytes, ISSUER_SEED);
        assert_ok(provar_builder_remove_target(rewrite.making.builder, TEXT("aarch64-linux"), NULL));
        assert_ok(provar_builder_set_compression(rewrite.making.builder, gzip ? 0 : -1, NULL));
        archive = finish(&rewrite, &bytes);
        assert_int_equal(provar_archive_is_gzip(archive), !gzip);
        assert_int_equal(provar_archive_member_count(archive), 3);
        assert_holds(archive, "mips-linux", "added");
        drop(archive, &bytes);
    }
}

static void test_the_last_target_stays(void **state) {
    (void)state;
    struct rewrite rewrite = begin_usual();
    assert_ok(provar_builder_remove_target(rewrite.making.builder, TEXT("aarch64-linux"), NULL));
    assert_ok(provar_builder_remove_target(rewrite.making.builder, TEXT("x86_64-linux"), NULL));
    assert_write_fails(&rewrite.making, PROVAR_E_USAGE, "one target");
    end(&rewrite);
}

static void test_a_target_that_is_not_there(void **state) {
    (void)state;
    struct rewrite rewrite = begin_usual();
    struct provar_error err = {0};
    assert_ok(provar_builder_remove_target(rewrite.making.builder, TEXT("aarch64-linux"), NULL));
    assert_fails(provar_builder_remove_target(rewrite.making.builder, TEXT("aarch64-linux"), &err), PROVAR_E_NO_TARGET,
                 err, PROVAR_NO_OFFSET);
    assert_non_null(strstr(err.message, "(it has: x86_64-linux)"));
    making_free(&rewrite.making);
    end(&rewrite);
}

/* World, names that only readers allow, an empty body: whatever check lets through is kept. */
static void test_odd_members_stay(void **state) {
    (void)state;
    static const struct body bodies[] = {BODY("x86_64-linux.bin", "x"),
                                         BODY("Odd-Name-9.bin", "odd"),
                                         {"mips-linux.bin", "", 0, false},
                                         BODY("world.wasm", "\0asm")};
    struct recipe recipe = {.bodies = bodies, .count = 4};
    struct tar_build bytes;
    struct rewrite rewrite = begin_recipe(&recipe, ISSUER_SEED);
    struct provar_archive *archive = finish(&rewrite, &bytes);
    struct provar_member member = {.size = sizeof member};
    static const char *const names[] = {"claims.jwt", "world.wasm", "Odd-Name-9.bin", "mips-linux.bin",
                                        "x86_64-linux.bin"};
    assert_int_equal(provar_archive_member_count(archive), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_ok(provar_archive_member(archive, i, &member));
        assert_string_equal(member.name, names[i]);
    }
    assert_holds(archive, "Odd-Name-9", "odd");
    drop(archive, &bytes);
}

/* ---------------------------------------------------------------- files */

/* In the place of the old one; what fails leaves that as it was. */
static void test_in_place(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    struct stat st;
    temp_dir_write("a.par", bytes.data, bytes.len);
    assert_int_equal(chmod("a.par", 0640), 0);
    for (int fails = 1; fails >= 0; fails--) {
        struct provar_archive *archive = open_path("a.par");
        struct provar_checked *checked = check_archive(archive);
        struct provar_builder *builder = NULL;
        struct provar_key *key = key_of(fails ? OTHER_SEED : ISSUER_SEED);
        struct provar_output to = path_output("a.par", PROVAR_OUTPUT_REPLACE);
        assert_ok(provar_builder_from(checked, &builder, NULL));
        assert_ok(provar_builder_set_issuer(builder, key, NULL));
        add_text_target(builder, "mips-linux", "added");
        assert_int_equal(provar_builder_write(builder, &to, NULL), fails ? PROVAR_E_UNTRUSTED : PROVAR_OK);
        provar_builder_free(builder);
        provar_checked_free(checked);
        provar_archive_free(archive);
        provar_key_free(key);
        assert_int_equal(stat("a.par", &st), 0);
        assert_int_equal((size_t)st.st_size == bytes.len, fails);
        assert_int_equal(st.st_mode & 07777, 0640);
    }
    struct provar_archive *archive = open_path("a.par");
    assert_holds(archive, "mips-linux", "added");
    drop(archive, &bytes);
}

/* The old archive changes between check and write: its bodies are hashed as they are copied. */
static void test_an_old_archive_that_changed(void **state) {
    (void)state;
    struct rewrite rewrite = begin_usual();
    *find_text(&rewrite.bytes, "first executable") ^= 1;
    assert_write_fails(&rewrite.making, PROVAR_E_DIGEST, "changed");
    end(&rewrite);
}

static void test_a_pipe_that_was_not_kept(void **state) {
    (void)state;
    struct tar_build bytes = usual_archive();
    for (uint32_t flags = 0; flags <= PROVAR_OPEN_KEEP; flags++) {
        struct provar_open_options options = {.size = sizeof options, .flags = flags};
        struct rewrite rewrite = {.making.key = key_of(ISSUER_SEED)};
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        assert_int_equal(write(ends[1], bytes.data, bytes.len), bytes.len);
        assert_int_equal(close(ends[1]), 0);
        struct provar_input from = fd_input(ends[0]);
        assert_ok(provar_open(&from, &options, &rewrite.archive, NULL));
        rewrite.checked = check_archive(rewrite.archive);
        assert_ok(provar_builder_from(rewrite.checked, &rewrite.making.builder, NULL));
        assert_ok(provar_builder_set_issuer(rewrite.making.builder, rewrite.making.key, NULL));
        if (flags) {
            struct tar_build written = write_making(&rewrite.making);
            tar_build_free(&written);
        } else {
            assert_write_fails(&rewrite.making, PROVAR_E_USAGE, "PROVAR_OPEN_KEEP");
        }
        end(&rewrite);
        assert_int_equal(close(ends[0]), 0);
    }
    tar_build_free(&bytes);
}

/* What takes the new archive may use the old one. */
static int look_while_taking(const void *data, size_t len, void *user) {
    (void)data;
    (void)len;
    return provar_look(user, NULL) == PROVAR_OK ? 0 : 1;
}

static void test_the_old_archive_is_free_when_the_new_one_comes_out(void **state) {
    (void)state;
    struct rewrite rewrite = begin_usual();
    struct provar_output to = {
        .size = sizeof to, .kind = PROVAR_OUTPUT_CALLBACK, .write = look_while_taking, .user = rewrite.archive};
    assert_ok(provar_builder_write(rewrite.making.builder, &to, NULL));
    making_free(&rewrite.making);
    end(&rewrite);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims_stay),
        cmocka_unit_test(test_the_time_of_issue),
        cmocka_unit_test(test_claims_that_are_set_anew),
        cmocka_unit_test(test_another_identity_is_refused),
        cmocka_unit_test(test_another_identity_on_demand),
        cmocka_unit_test(test_a_rewrite_needs_a_signer),
        cmocka_unit_test(test_members_are_added_replaced_and_removed),
        cmocka_unit_test(test_the_last_target_stays),
        cmocka_unit_test(test_a_target_that_is_not_there),
        cmocka_unit_test(test_odd_members_stay),
        test_in_temp_dir(test_in_place),
        cmocka_unit_test(test_an_old_archive_that_changed),
        cmocka_unit_test(test_a_pipe_that_was_not_kept),
        cmocka_unit_test(test_the_old_archive_is_free_when_the_new_one_comes_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
