/* Tests of store/reference: the grammar, its limits, docker.io, layouts, and what is a file instead. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"
#include "support/guard.h"

#include "internal.h"

#include "cli/reference.h"
#include "store/image/reference.h"

#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define HUB    PROVAR_REFERENCE_DOCKER_HUB

static struct pv_reference parse(struct pv_str text, uint32_t flags) {
    struct guarded exact = guard_copy(text.text, text.len);
    struct pv_reference reference = {0};
    struct provar_error err = {0};
    enum provar_result result = pv_reference_parse(pv_str(exact.data, text.len), flags, &reference, &err);
    if (result != PROVAR_OK)
        fail_msg("%.*s: %s", (int)text.len, text.text, err.message);
    assert_ok(provar_reference_check(text.text, text.len, flags, NULL));
    guard_free(&exact);
    return reference;
}

static void refused(struct pv_str text, uint32_t flags, struct provar_error *err) {
    struct guarded exact = guard_copy(text.text, text.len);
    struct pv_reference reference = {.tag = "untouched"};
    provar_error_clear(err);
    enum provar_result result = pv_reference_parse(pv_str(exact.data, text.len), flags, &reference, err);
    if (result == PROVAR_OK)
        fail_msg("accepted: %.*s", (int)text.len, text.text);
    assert_fails(result, PROVAR_E_USAGE, *err, PROVAR_NO_OFFSET);
    assert_string_equal(reference.tag, "untouched");
    assert_int_equal(provar_reference_check(text.text, text.len, flags, NULL), PROVAR_E_USAGE);
    guard_free(&exact);
}

/* The canonical text is `wanted`, and is read as the same again, with and without the default registry. */
static void expect_text(const struct pv_reference *reference, const char *wanted) {
    PV_AUTO_BUF struct pv_buf text;
    pv_buf_init(&text, 8 * PV_KIB);
    assert_ok(pv_reference_text(reference, &text, NULL));
    assert_string_equal((const char *)text.data, wanted);
    for (uint32_t flags = 0; flags <= HUB; flags++) {
        struct pv_reference again = parse(pv_buf_str(&text), flags);
        assert_memory_equal(&again, reference, sizeof again);
    }
}

struct wanted {
    const char *text, *host, *repository, *tag, *digest, *canonical;
    uint32_t flags;
};

static void expect_registry(const struct wanted *wanted) {
    struct pv_reference reference = parse(pv_str_of(wanted->text), wanted->flags);
    assert_int_equal(reference.kind, PV_REFERENCE_REGISTRY);
    assert_string_equal(reference.host, wanted->host);
    assert_string_equal(reference.repository, wanted->repository);
    assert_string_equal(reference.tag, wanted->tag);
    assert_string_equal(reference.digest.text, wanted->digest);
    assert_string_equal(reference.directory, "");
    expect_text(&reference, wanted->canonical ? wanted->canonical : wanted->text);
}

/* REF-1, REF-3; threats: rows 231, 232. */
static void reads_registries(void **state) {
    static const struct wanted cases[] = {
        {"ghcr.io/a/b", "ghcr.io", "a/b", "", "", NULL, 0},
        {"ghcr.io/a/b:1.0", "ghcr.io", "a/b", "1.0", "", NULL, 0},
        {"ghcr.io/a@" DIGEST, "ghcr.io", "a", "", DIGEST, NULL, 0},
        {"ghcr.io/a:old@" DIGEST, "ghcr.io", "a", "old", DIGEST, NULL, 0},
        {"ghcr.io/a:RC1", "ghcr.io", "a", "RC1", "", NULL, 0},
        {"ghcr.io/a:_X-.y", "ghcr.io", "a", "_X-.y", "", NULL, 0},
        {"localhost/a", "localhost", "a", "", "", NULL, 0},
        {"host:5000/a:5000", "host:5000", "a", "5000", "", NULL, 0},
        {"h.x:65535/a", "h.x:65535", "a", "", "", NULL, 0},
        {"[::1]:5000/a/b:t", "[::1]:5000", "a/b", "t", "", NULL, 0},
        {"[2001:db8::a]/a", "[2001:db8::a]", "a", "", "", NULL, 0},
        {"127.0.0.1:5000/a", "127.0.0.1:5000", "a", "", "", NULL, 0},
        {"1.example/a", "1.example", "a", "", "", NULL, 0},
        {"xn--bcher-kva.example/a", "xn--bcher-kva.example", "a", "", "", NULL, 0},
        {"a-b.c--d/a", "a-b.c--d", "a", "", "", NULL, 0},
        {"r.io/a.b_c__d-e---f/0", "r.io", "a.b_c__d-e---f/0", "", "", NULL, 0},
        {"oci://r.io/a:t", "r.io", "a", "t", "", "r.io/a:t", 0},
        {"oci://registry/a:t@" DIGEST, "registry", "a", "t", DIGEST, NULL, 0},
        {"oci://registry/a", "registry", "a", "", "", NULL, HUB},
        {"oci://registry:80/a", "registry:80", "a", "", "", "registry:80/a", 0},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        expect_registry(&cases[i]);
}

/* Names of hosts have no case; everything else is kept (REF-4). */
static void the_host_is_put_into_lower_case_and_nothing_else(void **state) {
    static const struct wanted cases[] = {
        {"GHCR.io/a:T", "ghcr.io", "a", "T", "", "ghcr.io/a:T", 0},
        {"[2001:DB8::A]:1/a", "[2001:db8::a]:1", "a", "", "", "[2001:db8::a]:1/a", 0},
        {"LocalHost/a", "localhost", "a", "", "", "localhost/a", 0},
        {"Index.Docker.IO/a/b", "docker.io", "a/b", "", "", "docker.io/a/b", 0},
    };
    struct provar_error err = {0};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        expect_registry(&cases[i]);
    refused(PV_STR("ghcr.io/A"), 0, &err);
}

/* What is meant for a registry of one's own must not ask Docker Hub, and tell it that registry's name. */
static void a_registry_alone_is_no_repository_of_docker_hub(void **state) {
    static const char *const hosts[] = {"localhost",        "LocalHost:5000", "127.0.0.1:5000",      "ghcr.io",
                                        ("r.io:t@" DIGEST), "[::1]:5000",     "registry.example:443"};
    (void)state;
    for (size_t i = 0; i < array_length(hosts); i++) {
        struct provar_error err = {0};
        refused(pv_str_of(hosts[i]), HUB, &err);
        if (strstr(err.message, "a registry without a repository") == NULL)
            fail_msg("%s", err.message);
    }
}

/* REF-1, REF-2. */
static void docker_io_is_the_default_where_it_may_be(void **state) {
    static const struct wanted cases[] = {
        {"ubuntu", "docker.io", "library/ubuntu", "", "", "docker.io/library/ubuntu", HUB},
        {"ubuntu:22.04", "docker.io", "library/ubuntu", "22.04", "", "docker.io/library/ubuntu:22.04", HUB},
        {"a/b@" DIGEST, "docker.io", "a/b", "", DIGEST, "docker.io/a/b@" DIGEST, HUB},
        {"docker.io/ubuntu", "docker.io", "library/ubuntu", "", "", "docker.io/library/ubuntu", 0},
        {"index.docker.io/a/b", "docker.io", "a/b", "", "", "docker.io/a/b", 0},
        {"registry-1.docker.io/a", "registry-1.docker.io", "a", "", "", NULL, HUB},
    };
    static const char *const need_it[] = {"ubuntu", "ubuntu:22.04", "a/b", "a/b:t", ("a@" DIGEST)};
    struct provar_error err = {0};
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++)
        expect_registry(&cases[i]);
    for (size_t i = 0; i < array_length(need_it); i++) {
        (void)parse(pv_str_of(need_it[i]), HUB);
        refused(pv_str_of(need_it[i]), 0, &err);
        assert_non_null(strstr(err.message, "without a registry"));
    }
    refused(PV_STR("oci://ubuntu"), HUB, &err);
    struct pv_reference hub = parse(PV_STR("docker.io/a/b"), 0), other = parse(PV_STR("ghcr.io/a"), 0);
    assert_string_equal(pv_reference_server(&hub), "registry-1.docker.io");
    assert_string_equal(pv_reference_server(&other), "ghcr.io");
}

/* threats: row 233. */
static void refuses_everything_beyond_the_grammar(void **state) {
    static const struct pv_str texts[] = {
        PV_STR(""),
        PV_STR("/"),
        PV_STR("/a"),
        PV_STR("r.io/"),
        PV_STR("r.io//a"),
        PV_STR("r.io/a/"),
        PV_STR("r.io/../a"),
        PV_STR("r.io/a/.."),
        PV_STR("r.io/a/./b"),
        PV_STR("r.io/.a"),
        PV_STR("r.io/a."),
        PV_STR("r.io/a..b"),
        PV_STR("r.io/a___b"),
        PV_STR("r.io/a._b"),
        PV_STR("r.io/-a"),
        PV_STR("r.io/a-"),
        PV_STR("r.io/aB"),
        PV_STR("r.io/a b"),
        PV_STR("r.io/a%2fb"),
        PV_STR("r.io/a?b"),
        PV_STR("r.io/a#b"),
        PV_STR("r.io/a\\b"),
        PV_STR("r.io/a\nb"),
        PV_STR("r.io/a\0"),
        PV_STR("r.io/\xc3\xa9"),
        PV_STR("b\xc3\xbc"
               "cher.example/a"),
        PV_STR("r.io/a:"),
        PV_STR("r.io/a:.t"),
        PV_STR("r.io/a:-t"),
        PV_STR("r.io/a:t:u"),
        PV_STR("r.io/a:t/b"),
        PV_STR("r.io/a:t+u"),
        PV_STR("r.io/a:t "),
        PV_STR("r.io/a@"),
        PV_STR("r.io/a:t@"),
        PV_STR("r.io/a@sha256:44"),
        PV_STR("r.io/a@" DIGEST "@" DIGEST),
        PV_STR("r.io/a@" DIGEST ":t"),
        PV_STR("r.io/a@latest"),
        PV_STR("@" DIGEST),
        PV_STR("r..io/a"),
        PV_STR(".io/a"),
        PV_STR("r.io./a"),
        PV_STR("-r.io/a"),
        PV_STR("r-.io/a"),
        PV_STR("r_x.io/a"),
        PV_STR("r.io:/a"),
        PV_STR("r.io:0/a"),
        PV_STR("r.io:080/a"),
        PV_STR("r.io:65536/a"),
        PV_STR("r.io:5000:1/a"),
        PV_STR("r.io:+1/a"),
        PV_STR(":5000/a"),
        PV_STR("https://r.io/a"),
        PV_STR("u@r.io/a"),
        PV_STR("[::1/a"),
        PV_STR("[]/a"),
        PV_STR("[::1]5000/a"),
        PV_STR("[::1]:/a"),
        PV_STR("[::1]]/a"),
        PV_STR("[fe80::1%eth0]/a"),
        PV_STR("[::ffff:127.0.0.1]/a"),
        PV_STR("[::g]/a"),
        PV_STR("[::1\0]/a"),
        PV_STR("[1.2.3.4]/a"),
        PV_STR("::1/a"),
        PV_STR("oci://"),
        PV_STR("oci:///a"),
        PV_STR("oci://r.io"),
        PV_STR("oci://r.io/"),
        PV_STR("oci://u@r.io/a"),
        PV_STR("OCI://r.io/a"),
    };
    struct provar_error err = {0};
    (void)state;
    for (size_t i = 0; i < array_length(texts); i++)
        for (uint32_t flags = 0; flags <= HUB; flags++)
            refused(texts[i], flags, &err);
}

/* What resolvers take for an address and nothing else does. */
static void refuses_addresses_in_disguise(void **state) {
    static const char *const texts[] = {"127.1/a",        "0177.0.0.1/a", "0x7f.0.0.1/a", "2130706433:80/a",
                                        "1.2.3/a",        "1.2.3.4.5/a",  "256.0.0.1/a",  "127.0.0.0x1/a",
                                        "0x7f000001:1/a", "127.0.0.01/a", "a.b.0x/a",     "a.1/a"};
    struct provar_error err = {0};
    (void)state;
    for (size_t i = 0; i < array_length(texts); i++)
        refused(pv_str_of(texts[i]), 0, &err);
    (void)parse(PV_STR("127.0.0.1/a"), 0);
    (void)parse(PV_STR("1.2.3.x4/a"), 0);
    (void)parse(PV_STR("a.0xg/a"), 0);
}

/* AUTH-7. */
static void a_password_is_not_repeated(void **state) {
    static const char *const texts[] = {"u:secret@r.io/a", "oci://u:secret@r/a", ("u:secret@r.io/a@" DIGEST)};
    struct provar_error err = {0};
    (void)state;
    for (size_t i = 0; i < array_length(texts); i++) {
        refused(pv_str_of(texts[i]), 0, &err);
        assert_non_null(strstr(err.message, "no password"));
        assert_null(strstr(err.message, "secret"));
    }
}

/* ---------------------------------------------------------------- limits */

/* `front` and then as many letters as make `len` characters. */
static struct pv_str padded(char *room, const char *front, size_t len) {
    memset(room, 'a', len);
    memcpy(room, front, strlen(front));
    return pv_str(room, len);
}

static void names_end_at_the_limit(void **state) {
    char room[16 * PV_KIB];
    struct provar_error err = {0};
    struct pv_reference reference;
    (void)state;
    reference = parse(padded(room, "r.io/", PV_MAX_REFERENCE_NAME), 0);
    assert_int_equal(strlen(reference.repository), PV_MAX_REFERENCE_NAME - 5);
    refused(padded(room, "r.io/", PV_MAX_REFERENCE_NAME + 1), 0, &err);
    assert_non_null(strstr(err.message, "more than 255 characters"));
    refused(padded(room, "r.io/", 10 * PV_KIB), 0, &err);
    /* With what is put in front of it: docker.io/library/. */
    size_t most = PV_MAX_REFERENCE_NAME - strlen("docker.io/library/");
    assert_int_equal(strlen(parse(padded(room, "a", most), HUB).repository), PV_MAX_REFERENCE_NAME - 10);
    refused(padded(room, "a", most + 1), HUB, &err);
    /* A host of so many labels that one letter is left. */
    for (size_t i = 0; i < PV_MAX_REFERENCE_NAME; i++)
        room[i] = i % 2 == 0 ? 'a' : '.';
    memcpy(room + PV_MAX_REFERENCE_NAME - 2, "/a", 2);
    (void)parse(pv_str(room, PV_MAX_REFERENCE_NAME), 0);
    memcpy(room + PV_MAX_REFERENCE_NAME - 2, "/aa", 3);
    refused(pv_str(room, PV_MAX_REFERENCE_NAME + 1), 0, &err);
    refused(padded(room, "oci://", 10 * PV_KIB), 0, &err);
    room[10 * PV_KIB - 2] = '/';
    refused(pv_str(room, 10 * PV_KIB), 0, &err);
    assert_non_null(strstr(err.message, "too long"));
}

static void labels_tags_and_paths_end_at_the_limit(void **state) {
    char room[PV_MAX_LAYOUT_DIRECTORY + 16];
    struct provar_error err = {0};
    (void)state;
    struct pv_str label = padded(room, "", PV_MAX_HOST_LABEL + 1);
    memcpy(room + PV_MAX_HOST_LABEL, ".io/a", 5);
    (void)parse(pv_str(room, label.len + 4), 0);
    memcpy(room + PV_MAX_HOST_LABEL, "a.io/a", 6);
    refused(pv_str(room, label.len + 5), 0, &err);

    struct pv_str tag = padded(room, "r.io/a:", 7 + PV_MAX_TAG);
    assert_int_equal(strlen(parse(tag, 0).tag), PV_MAX_TAG);
    refused(padded(room, "r.io/a:", 7 + PV_MAX_TAG + 1), 0, &err);
    assert_non_null(strstr(err.message, "more than 128 characters"));
    assert_true(pv_tag_is_good(padded(room, "", PV_MAX_TAG)));
    assert_false(pv_tag_is_good(padded(room, "", PV_MAX_TAG + 1)));
    assert_false(pv_tag_is_good(PV_STR("")));

    struct pv_str layout = padded(room, "oci:", 4 + PV_MAX_LAYOUT_DIRECTORY);
    assert_int_equal(strlen(parse(layout, 0).directory), PV_MAX_LAYOUT_DIRECTORY);
    refused(padded(room, "oci:", 4 + PV_MAX_LAYOUT_DIRECTORY + 1), 0, &err);
    assert_non_null(strstr(err.message, "too long"));
}

/* ---------------------------------------------------------------- layouts */

/* LAY-1. */
static void reads_layouts(void **state) {
    static const struct {
        const char *text, *directory, *tag, *digest;
    } cases[] = {
        {"oci:dir", "dir", "", ""},
        {"oci:dir:v1", "dir", "v1", ""},
        {"oci:dir@" DIGEST, "dir", "", DIGEST},
        {"oci:dir:RC1@" DIGEST, "dir", "RC1", DIGEST},
        {"oci:/a b/\xc3\xa9/", "/a b/\xc3\xa9/", "", ""},
        {"oci:../x:rev-7", "../x", "rev-7", ""},
        {"oci:.", ".", "", ""},
        {"oci:/home/u@h/store", "/home/u@h/store", "", ""},
        {"oci:/home/u@h/store:t@" DIGEST, "/home/u@h/store", "t", DIGEST},
        {"oci:u@h/:t", "u@h/", "t", ""},
        {"oci:UPPER", "UPPER", "", ""},
        {"oci:x.par", "x.par", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_reference reference = parse(pv_str_of(cases[i].text), 0);
        assert_int_equal(reference.kind, PV_REFERENCE_LAYOUT);
        assert_string_equal(reference.directory, cases[i].directory);
        assert_string_equal(reference.tag, cases[i].tag);
        assert_string_equal(reference.digest.text, cases[i].digest);
        assert_string_equal(reference.host, "");
        assert_string_equal(reference.repository, "");
        expect_text(&reference, cases[i].text);
    }
}

/* LAY-1. */
static void refuses_layouts_that_are_none(void **state) {
    static const struct pv_str texts[] = {
        PV_STR("oci:"),     PV_STR("oci::t"),    PV_STR("oci:@" DIGEST),
        PV_STR("oci:d:"),   PV_STR("oci:d:a/b"), PV_STR("oci:d:t:u"),
        PV_STR("oci:d@h"),  PV_STR("oci:d\0e"),  PV_STR("oci:d:t@sha256:0"),
        PV_STR("oci:d:t@"), PV_STR("oci:c:/x"),  PV_STR("oci:d@" DIGEST ":t"),
    };
    struct provar_error err = {0};
    (void)state;
    for (size_t i = 0; i < array_length(texts); i++)
        refused(texts[i], HUB, &err);
}

/* ---------------------------------------------------------------- use */

/* REF-4; threats: row 230. */
static void latest_is_said_or_left_out(void **state) {
    static const struct {
        const char *text;
        bool is_latest;
    } cases[] = {
        {"r.io/a", true},          {"r.io/a:latest", true},          {"r.io/a:Latest", false}, {"r.io/a:1", false},
        {"r.io/a@" DIGEST, false}, {"r.io/a:latest@" DIGEST, false}, {"oci:d", false},         {"oci:d:latest", true},
        {"oci:d:1", false},        {"oci:d@" DIGEST, false},
    };
    (void)state;
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_reference reference = parse(pv_str_of(cases[i].text), 0);
        assert_int_equal(pv_reference_is_latest(&reference), cases[i].is_latest);
    }
}

static void capitals_in_a_tag_are_seen(void **state) {
    struct pv_reference upper = parse(PV_STR("r.io/a:rC1"), 0), lower = parse(PV_STR("r.io/a:rc_1.-"), 0);
    struct pv_reference none = parse(PV_STR("oci:UPPER"), 0);
    (void)state;
    assert_true(pv_reference_tag_has_capitals(&upper));
    assert_false(pv_reference_tag_has_capitals(&lower));
    assert_false(pv_reference_tag_has_capitals(&none));
}

static void tells_files_from_references(void **state) {
    static const struct {
        const char *word;
        bool is_file, is_file_that_exists;
    } words[] = {
        {"-", true, true},
        {"/r.io/a", true, true},
        {"./a", true, true},
        {"../a", true, true},
        {".", true, true},
        {"x.par", true, true},
        {"r.io/x.par", true, true},
        {"r.io/x.par.gz", true, true},
        {"r.io/x.gz", false, true},
        {"oci://r/a", false, false},
        {"oci://r/x.par", false, false},
        {"oci:d", false, true},
        {"oci:d/x.par", false, true},
        {"r.io/a", false, true},
        {"host:5000/a", false, true},
        {"localhost/a", false, true},
        {"localhost", false, true},
        {"LocalHost/a", false, true},
        {"GHCR.IO/a", false, true},
        {"[::1]/a", false, true},
        {"[::1]:5000/a:t", false, true},
        {"h:5000/a/b@" DIGEST, false, true},
        {"a@" DIGEST, false, true},
        {"OCI:d", false, true},
        {"OCI/d", true, true},
        {"oci:", false, true},
        {"oci:/abs", false, true},
        {"oci:./d", false, true},
        {"oci://R/a", false, false},
        {"oci://", false, false},
        {"oci/a", true, true},
        {"ubuntu:22", false, true},
        {"a.tar", false, true},
        {"plain", true, true},
        {"dir/plain", true, true},
        {"dir/a.b", true, true},
        {"dir/a:b", true, true},
        {"localhosts/a", true, true},
        {"", true, true},
        {".par", true, true},
    };
    (void)state;
    for (size_t i = 0; i < array_length(words); i++) {
        const char *word = words[i].word;
        if (provar_reference_is_file(word, strlen(word), 0) != words[i].is_file ||
            provar_reference_is_file(word, strlen(word), 1) != words[i].is_file_that_exists)
            fail_msg("%s", word);
        if (reference_is_file(word, false) != words[i].is_file ||
            reference_is_file(word, true) != words[i].is_file_that_exists)
            fail_msg("the command: %s", word);
    }
}

/* What the command puts no registry in front of: exactly what has one, or a layout, without docker.io. */
static void the_command_sees_what_names_its_store(void **state) {
    static const struct {
        const char *word;
        bool names, is_layout;
    } words[] = {
        {"ghcr.io/a", true, false},
        {"GHCR.io/a:t", true, false},
        {"h:5000/a", true, false},
        {"localhost/a:1", true, false},
        {"Localhost/a:1", true, false},
        {"[::1]/a", true, false},
        {"[::1]:5000/a:t@" DIGEST, true, false},
        {"oci://h/a", true, false},
        {"oci://h.x:5000/a:t", true, false},
        {"oci:d", true, true},
        {"oci:d/e.par:t", true, true},
        {"oci:/d@" DIGEST, true, true},
        {"a", false, false},
        {"a:t", false, false},
        {"a@" DIGEST, false, false},
        {"a/b:1.0", false, false},
        {"a/b.c", false, false},
        {"a/b@" DIGEST, false, false},
        {"oci/d", false, false},
        {"localhosts/a", false, false},
        {"localhos/a", false, false},
    };
    (void)state;
    for (size_t i = 0; i < array_length(words); i++) {
        struct pv_str text = pv_str_of(words[i].word);
        bool names = reference_names_store(words[i].word);
        struct pv_reference reference = parse(text, HUB);
        if (names != words[i].names || names != (provar_reference_check(text.text, text.len, 0, NULL) == PROVAR_OK) ||
            reference_is_layout(words[i].word) != words[i].is_layout ||
            (reference.kind == PV_REFERENCE_LAYOUT) != words[i].is_layout)
            fail_msg("%s", words[i].word);
    }
}

/* No verb takes these for references, whatever there is. */
static void paths_are_seen_without_looking(void **state) {
    static const char *const paths[] = {"-", "/a:b/c", "./a:b", "../x", ".", "a.par", "r.io/a.par.gz", "x:5/a.par"};
    static const char *const others[] = {"",      "a",         "a/b.part",      "oci:/a",
                                         "oci:.", "oci:a.par", "oci://h/a.par", "a.par/b"};
    (void)state;
    for (size_t i = 0; i < array_length(paths); i++)
        if (!reference_is_path(paths[i]) || !reference_is_file(paths[i], false))
            fail_msg("%s", paths[i]);
    for (size_t i = 0; i < array_length(others); i++)
        if (reference_is_path(others[i]))
            fail_msg("%s", others[i]);
}

static void no_text_is_usage(void **state) {
    struct provar_error err = {0};
    (void)state;
    assert_int_equal(provar_reference_check(NULL, 5, 0, &err), PROVAR_E_USAGE);
    assert_int_equal(err.code, PROVAR_E_USAGE);
    assert_int_equal(provar_reference_check(NULL, 0, HUB, NULL), PROVAR_E_USAGE);
    assert_true(provar_reference_is_file(NULL, 0, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_registries),
        cmocka_unit_test(the_host_is_put_into_lower_case_and_nothing_else),
        cmocka_unit_test(docker_io_is_the_default_where_it_may_be),
        cmocka_unit_test(a_registry_alone_is_no_repository_of_docker_hub),
        cmocka_unit_test(refuses_everything_beyond_the_grammar),
        cmocka_unit_test(refuses_addresses_in_disguise),
        cmocka_unit_test(a_password_is_not_repeated),
        cmocka_unit_test(names_end_at_the_limit),
        cmocka_unit_test(labels_tags_and_paths_end_at_the_limit),
        cmocka_unit_test(reads_layouts),
        cmocka_unit_test(refuses_layouts_that_are_none),
        cmocka_unit_test(latest_is_said_or_left_out),
        cmocka_unit_test(capitals_in_a_tag_are_seen),
        cmocka_unit_test(tells_files_from_references),
        cmocka_unit_test(the_command_sees_what_names_its_store),
        cmocka_unit_test(paths_are_seen_without_looking),
        cmocka_unit_test(no_text_is_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
