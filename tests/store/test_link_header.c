/* Tests of store/link_header: the next page, and headers that are none. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "store/http/link_header.h"

static void finds_the_next_page(void **state) {
    (void)state;
    static const struct {
        const char *header;
        const char *target;
    } cases[] = {
        {"", ""},
        {"</v2/a/tags/list?last=b&n=2>; rel=\"next\"", "/v2/a/tags/list?last=b&n=2"},
        {"</a>; rel=next", "/a"},
        {"</a>;rel=\"NEXT\"", "/a"},
        {"  </a> ; title=\"x\" ; REL = \"next\" ", "/a"},
        {"</a>; rel=\"prev next\"", "/a"},
        {"</a>; rel=\"prev\tnext\"", "/a"},
        {"</a>; rel=\"prev\", </b>; rel=\"next\"", "/b"},
        {", </a>; rel=\"prev\",, </b>; rel=\"next\"", "/b"},
        {"</a>; rel=\"next\", </b>; rel=\"next\"", "/a"},
        {"</a>; rel=\"prev\"", ""},
        {"</a>", ""},
        {"</a>; rel", ""},
        {"</a>; rel=\"nextpage\"", ""},
        {"</a>; rel=\"prev\"; rel=\"next\"", ""},
        {"</a>; title=\"rel=next\"", ""},
        {"</a>; title=\"a, </b>; rel=next\"; rel=prev", ""},
        {"</a>; title=\"a\\\", b\"; rel=\"next\"", "/a"},
        {"</a,b;c>; rel=next", "/a,b;c"},
        {"<>; rel=next", ""},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_str target = PV_STR("untouched");
        assert_true(pv_link_next(pv_str_of(cases[i].header), &target));
        assert_true(pv_str_equal(target, pv_str_of(cases[i].target)));
    }
}

static void refuses_what_is_malformed(void **state) {
    (void)state;
    static const char *const cases[] = {
        "/a; rel=next",
        "</a; rel=next",
        "</a> rel=next",
        "</a>; rel=\"next",
        "x",
        "</a>; a=b c",
        "</a>; title=\"\\\"; rel",
        "</a>; rel=\"prev\"; </b>; rel=next",
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct pv_str target;
        assert_false(pv_link_next(pv_str_of(cases[i]), &target));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_next_page),
        cmocka_unit_test(refuses_what_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
