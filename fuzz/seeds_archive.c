/* Seeds: whole archives, and the recipes that fuzz_signed signs. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/builder.h"
#include "support/index.h"

#include "internal.h"

#include "seeds.h"

static void archive(const char *name, struct tar_build bytes) {
    seed("archive", name, bytes.data, bytes.len);
    tar_build_free(&bytes);
}

static struct tar_build gzip_and_free(struct tar_build tar) {
    struct tar_build out = gzip_of(&tar);
    tar_build_free(&tar);
    return out;
}

static struct tar_build of(const struct recipe *recipe) {
    return archive_of(recipe);
}

/* What the library itself writes. */
static struct tar_build written(int level, bool omit_index) {
    struct making making = make_usual();
    assert_ok(provar_builder_set_compression(making.builder, level, NULL));
    if (omit_index)
        provar_builder_omit_index(making.builder);
    return write_making(&making);
}

static void good(void) {
    static const struct body with_world[] = {BODY("world.wasm", "\0asm\1\0\0\0 world"),
                                             BODY("x86_64-linux.bin", "\177ELF and no more")};
    struct recipe recipe = {.bodies = with_world, .count = array_length(with_world)};
    archive("good_plain", usual_archive());
    archive("good_gzip", gzip_and_free(usual_archive()));
    archive("good_world", of(&recipe));
    archive("good_written_plain", written(0, true));
    archive("good_written_gzip", written(6, true));
    archive("good_written_index", written(6, false));
    recipe = usual();
    recipe.times = "\"iat\":1700000000,\"exp\":1700000001,\"nbf\":1600000000";
    archive("good_times", of(&recipe));
}

/* An index that lies about a file which is good without it: the stream's verdict counts. */
static void lying_index(void) {
    struct tar_build tar = usual_archive();
    struct index_file file = index_of(&tar);
    memcpy(file.segments[1].name, "X", 1);
    archive("good_in_spite_of_its_index", index_write(&file));
    index_free(&file);
    file = index_of_tar(&tar, index_pack_with_history, SIZE_MAX, NULL);
    archive("good_with_history", index_write(&file));
    index_free(&file);
    tar_build_free(&tar);
}

/* The padding is behind the body, so that most of a long one was delivered when the index is found to be wrong. */
static void odd_padding(void) {
    static char text[200001];
    memset(text, 'x', sizeof text);
    const struct body body = {"x86_64-linux.bin", text, sizeof text, false};
    struct recipe recipe = {.bodies = &body, .count = 1};
    struct tar_build tar = archive_of(&recipe);
    tar.data[tar.len - 2 * TAR_BLOCK - 1] = 'p';
    struct index_file file = index_of(&tar);
    archive("good_padding_that_is_not_zero", index_write(&file));
    index_free(&file);
    tar_build_free(&tar);
}

static void bad(void) {
    static const struct body unlisted[] = {BODY("x86_64-linux.bin", "first"), {"a-b.bin", "x", 1, true}};
    static const struct body odd_name[] = {{"x86_64-linux.so", "x", 1, true}, BODY("a-b.bin", "x")};
    struct tar_build tar = usual_archive();
    struct recipe recipe = usual();
    *find_text(&tar, "first executable") = 'F';
    archive("bad_digest", tar);
    recipe.forged = true;
    archive("bad_signature", of(&recipe));
    recipe = usual();
    recipe.hashes = ",\"riscv64-linux\":\"7291DC06A7132E91C768AD197A022ACADB96AB23A63FA4D37A1AADE75792FFBA\"";
    archive("bad_missing", of(&recipe));
    recipe = (struct recipe){.bodies = unlisted, .count = array_length(unlisted)};
    archive("bad_unlisted", of(&recipe));
    recipe = (struct recipe){.bodies = odd_name, .count = array_length(odd_name)};
    archive("bad_name", of(&recipe));
    recipe = usual();
    recipe.header = "{\"typ\":\"jwt\",\"alg\":\"none\"}";
    archive("bad_algorithm", of(&recipe));
    tar = gzip_and_free(usual_archive());
    tar.data[tar.len - 1] ^= 1;
    archive("bad_trailer", tar);
    archive("bad_zip", (struct tar_build){0});
}

/* mode, payload, NUL, members: see fuzz_signed.c, which puts a digest in the place of each run of zeros. */
#define ZEROS "\"0000000000000000000000000000000000000000000000000000000000000000\""

static void signed_recipe(const char *name, char mode, const char *hashes, const char *body_name) {
    struct tar_build out = {0};
    tar_bytes(&out, &mode, 1);
    put_text(&out, "{\"jti\":\"a\",\"iat\":1700000000,\"iss\":\"" ISSUER "\",\"sub\":\"" SUBJECT
                   "\",\"wascap\":{\"vendor\":\"b\",\"target_hashes\":{");
    put_text(&out, hashes);
    put_text(&out, "}},\"wascap_revision\":3}");
    tar_bytes(&out, "", 1);
    tar_add_file(&out, body_name, "an executable");
    tar_add_end(&out);
    seed("signed", name, out.data, out.len);
    tar_build_free(&out);
}

static void signed_recipes(void) {
    static const char one[] = "\"x86_64-linux\":" ZEROS;
    signed_recipe("good_plain", 0, one, "x86_64-linux.bin");
    signed_recipe("good_gzip", 1, one, "x86_64-linux.bin");
    signed_recipe("good_dot", 0, one, "./x86_64-linux.bin");
    signed_recipe("bad_other_name", 0, one, "aarch64-linux.bin");
    signed_recipe("bad_no_hash", 1, "", "x86_64-linux.bin");
    signed_recipe("bad_missing", 0, "\"x86_64-linux\":" ZEROS ",\"aarch64-linux\":" ZEROS, "x86_64-linux.bin");
}

void seeds_archive(void) {
    good();
    lying_index();
    odd_padding();
    bad();
    signed_recipes();
}
