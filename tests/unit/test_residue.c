/* No seed and no host data stay in this process's memory, on pages that are given back neither. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/temp_dir.h"

#include <sys/mman.h>

#include "internal.h"

#include "base/json.h"
#include "keys/key.h"
#include "run/feed.h"

/* Read-only data, where it is not looked for. The second seed differs from the first in its checksum alone. */
static const char seed_text[] = "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLH2UU\n";
static const char bad_seed_text[] = "SAACTTUPKR55VUWUDK7GJ5SU5KGED455FR7BDO46RUVOTHUWKBLECLHAUU\n";
static const uint8_t seed_bytes[] = {0x29, 0xce, 0x8f, 0x54, 0x7b, 0xda, 0xd2, 0xd4, 0x1a, 0xbe, 0x64,
                                     0xf6, 0x54, 0xea, 0x8c, 0x41, 0xf3, 0xbd, 0x2c, 0x7e, 0x11, 0xbb,
                                     0x9e, 0x8d, 0x2a, 0xe9, 0x9e, 0x96, 0x50, 0x56, 0x41, 0x2c};
static const char host_data[] = "{\"lattice\":{\"cluster issuer key\":\"correct horse battery staple\"},\"k\":[1]}";
static const char host_data_twice[] = "{\"cluster issuer key\":\"correct horse battery staple\",\"k\":1,\"\\u006b\":1}";
static const char host_data_base64[] = "eyJsYXR0aWNlIjp7ImNsdXN0ZXIgaXNzdWVyIGtleSI6ImNvcnJlY3QgaG9yc2Ug";

/* Halves, because a part of a secret is one. */
static const struct needle {
    const char *name;
    const void *data;
    size_t len;
} needles[] = {
    {"the seed's text", seed_text + 2, 24},
    {"the end of the seed's text", seed_text + 28, 24},
    {"the seed's first bytes", seed_bytes, 16},
    {"the seed's last bytes", seed_bytes + 16, 16},
    {"a value of the host data", "horse battery staple", 20},
    {"a key of the host data", "cluster issuer key", 18},
    {"the host data in base64", host_data_base64, 48},
};

static int found;

/* Pages that were given back. They stay until they have been searched: searching at once would write over the frames
 * that were left just before. */
static struct pages {
    void *from;
    size_t len;
} given_back[64];
static size_t given_back_count;

static void search(const void *from, size_t len, const char *where) {
    for (size_t i = 0; i < array_length(needles); i++)
        if (memmem(from, len, needles[i].data, needles[i].len)) {
            print_message("%s, in%s\n", needles[i].name, where);
            found++;
        }
}

int __real_munmap(void *from, size_t len);
int __wrap_munmap(void *from, size_t len);

/* The linker sends the library's calls here (tests/unit/meson.build). */
int __wrap_munmap(void *from, size_t len) {
    assert_true(given_back_count < array_length(given_back));
    given_back[given_back_count++] = (struct pages){from, len};
    return 0;
}

static unsigned long hex_number(char **at) {
    unsigned long number = 0;
    for (; **at != '-' && **at != ' '; ++*at)
        number = number << 4 | (unsigned long)(**at <= '9' ? **at - '0' : **at - 'a' + 10);
    return number;
}

/* Everything that this process could write to: freed memory and dead stack frames too. */
static void search_all(void) {
    static struct area {
        unsigned long from, to;
        char name[64];
    } areas[256];
    size_t count = 0;
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        struct area *area = &areas[count];
        char *end = line;
        assert_true(count < array_length(areas));
        area->from = hex_number(&end);
        end++;
        area->to = hex_number(&end);
        (void)snprintf(area->name, sizeof area->name, "%.*s", (int)strcspn(end, "\n"), end);
        count += end[2] == 'w';
    }
    assert_int_equal(fclose(maps), 0);
    for (size_t i = 0; i < count; i++)
        search((const void *)areas[i].from, areas[i].to - areas[i].from, areas[i].name);
}

typedef void (*work_fn)(void);

/* Far below this frame, so that what searches does not write over the frames that it searches. */
static __attribute__((noinline)) void work_deep_down(work_fn work) {
    uint8_t distance[256 * 1024];
    __asm__ volatile("" : : "r"(distance) : "memory"); /* it must be there, though nothing uses it */
    work();
    __asm__ volatile("" : : "r"(distance) : "memory");
}

static int residue_of(work_fn work) {
#ifdef __SANITIZE_ADDRESS__
    (void)work;
    skip_because("the sanitizers keep what is freed");
#endif
    found = 0;
    work_deep_down(work);
    search_all();
    for (; given_back_count > 0; given_back_count--) {
        struct pages *pages = &given_back[given_back_count - 1];
        assert_int_equal(__real_munmap(pages->from, pages->len), 0);
    }
    return found;
}

/* ---------------------------------------------------------------- the search finds */

static __attribute__((noinline)) void leave_on_the_stack(void) {
    uint8_t copy[32];
    memcpy(copy, seed_bytes, sizeof copy);
    __asm__ volatile("" : : "r"(copy) : "memory"); /* as if somebody used it */
}

static void leave_in_freed_memory(void) {
    char *copy = pv_str_dup(pv_str(seed_text, PROVAR_SEED_LEN));
    assert_non_null(copy);
    free(copy);
}

static void leave_on_pages(void) {
    void *pages = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    memcpy(pages, host_data, sizeof host_data);
    assert_int_equal(munmap(pages, 4096), 0);
}

static void clear_the_stack(void) {
    uint8_t zeros[64 * 1024];
    explicit_bzero(zeros, sizeof zeros);
}

static void test_what_is_left_is_found(void **state) {
    (void)state;
    assert_int_equal(residue_of(leave_on_the_stack), 2);
    assert_int_equal(residue_of(clear_the_stack), 0);
    assert_int_equal(residue_of(leave_on_pages), 2);
    /* The first bytes of freed memory are the allocator's. The last test here, because nothing clears it. */
    assert_int_equal(residue_of(leave_in_freed_memory), 1);
}

/* ---------------------------------------------------------------- the library leaves nothing */

static struct provar_key *key_of_seed(void) {
    struct provar_key *key = NULL;
    assert_ok(provar_key_from_seed(seed_text, sizeof seed_text - 1, &key, NULL));
    return key;
}

static void make_and_free(void) {
    provar_key_free(key_of_seed());
}

static void decode(void) {
    uint8_t seed[32];
    enum provar_key_kind kind;
    assert_ok(pv_nkey_decode_seed(pv_str(seed_text, PROVAR_SEED_LEN), &kind, seed, NULL));
    explicit_bzero(seed, sizeof seed);
}

static void decode_a_wrong_checksum(void) {
    struct provar_key *key = NULL;
    struct provar_error err = {0};
    assert_int_equal(provar_key_from_seed(bad_seed_text, sizeof bad_seed_text - 1, &key, &err), PROVAR_E_KEY);
    assert_non_null(strstr(err.message, "checksum"));
    assert_null(key);
}

static void mistake_for_a_public_key(void) {
    assert_int_equal(provar_public_check(seed_text, PROVAR_SEED_LEN, NULL, NULL), PROVAR_E_KEY);
    assert_int_equal(provar_public_check(seed_text + 2, PROVAR_PUBLIC_LEN, NULL, NULL), PROVAR_E_KEY);
}

static void encode(void) {
    char text[PROVAR_SEED_LEN + 1];
    pv_nkey_encode_seed(PROVAR_KEY_ACCOUNT, seed_bytes, text);
    assert_memory_equal(text, seed_text, PROVAR_SEED_LEN);
    explicit_bzero(text, sizeof text);
}

static void sign(void) {
    uint8_t signature[PROVAR_SIGNATURE_LEN];
    struct provar_key *key = key_of_seed();
    assert_ok(provar_key_sign(key, "message", 7, signature, NULL));
    provar_key_free(key);
}

static enum provar_result load(const char *text, size_t len) {
    struct provar_key *key = NULL;
    const struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_PATH, .path = "key", .path_len = 3};
    temp_dir_write("key", text, len);
    assert_int_equal(chmod("key", 0600), 0);
    enum provar_result result = provar_key_load(&from, 0, &key, NULL);
    provar_key_free(key);
    return result;
}

static void load_a_key(void) {
    assert_ok(load(seed_text, sizeof seed_text - 1));
}

static void load_what_is_none(void) {
    assert_int_equal(load(bad_seed_text, sizeof bad_seed_text - 1), PROVAR_E_KEY);
    assert_int_equal(load(seed_text, sizeof seed_text), PROVAR_E_KEY);
}

static void save(void) {
    struct provar_key *key = key_of_seed();
    assert_ok(provar_key_save(key, "key", 3, PROVAR_OUTPUT_REPLACE, NULL));
    provar_key_free(key);
}

static void judge_host_data(void) {
    assert_ok(pv_json_check(pv_str_of(host_data), true, NULL));
}

static void refuse_host_data(void) {
    assert_int_equal(pv_json_check(pv_str_of(host_data_twice), true, NULL), PROVAR_E_CLAIMS);
}

static void feed(void) {
    int ends[2];
    struct pv_feed feed;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_ok(pv_feed_init(&feed, &ends[1], host_data, sizeof host_data - 1, NULL));
    pv_feed_pump(&feed);
    pv_feed_release(&feed);
    assert_int_equal(close(ends[0]), 0);
}

static void test_keys_leave_nothing(void **state) {
    static const work_fn works[] = {make_and_free, decode, decode_a_wrong_checksum, mistake_for_a_public_key,
                                    encode,        sign};
    (void)state;
    for (size_t i = 0; i < array_length(works); i++)
        assert_int_equal(residue_of(works[i]), 0);
}

static void test_key_files_leave_nothing(void **state) {
    (void)state;
    assert_int_equal(residue_of(load_a_key), 0);
    assert_int_equal(residue_of(load_what_is_none), 0);
    assert_int_equal(residue_of(save), 0);
}

static void test_host_data_leave_nothing(void **state) {
    (void)state;
    assert_int_equal(residue_of(judge_host_data), 0);
    assert_int_equal(residue_of(refuse_host_data), 0);
    assert_int_equal(residue_of(feed), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_leave_nothing),
        test_in_temp_dir(test_key_files_leave_nothing),
        cmocka_unit_test(test_host_data_leave_nothing),
        cmocka_unit_test(test_what_is_left_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
