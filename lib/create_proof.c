/* The finished file, read back before it gets its name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "create.h"
#include "gzip/gunzip.h"

/* What the reader finds odd, the writer did wrong; but a kept body may be empty, as it was before. */
static enum provar_result judge_notices(const struct pv_notices *notices, const struct pv_scan *scan,
                                        struct provar_error *err) {
    size_t empty = 0;
    for (size_t i = 0; i < scan->count; i++)
        empty += scan->members[i].kind == PROVAR_MEMBER_TARGET && scan->members[i].size == 0;
    if (notices->count + notices->dropped == empty)
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "%s",
                   notices->count > 0 ? notices->line[notices->count - 1] : "it is odd");
}

/* The framing, the layout and the token of the finished file, read back through the reader's own path. */
static enum provar_result read_back(const struct pv_writing *writing, struct pv_source *stream, struct pv_facts *facts,
                                    struct provar_error *err) {
    const struct provar_builder *builder = writing->builder;
    struct pv_notices notices = {0};
    struct pv_scan_options options = {.digests = writing->has_copies ? PV_SCAN_ALL_DIGESTS : PV_SCAN_NO_DIGESTS,
                                      .threads = builder->threads,
                                      .max_total = builder->max_total,
                                      .max_member = builder->max_member};
    enum provar_result result = pv_scan_run(stream, &options, &notices, &facts->scan, err);
    if (result == PROVAR_OK)
        result = judge_notices(&notices, &facts->scan, err);
    pv_notices_release(&notices);
    if (result == PROVAR_OK)
        result = pv_judge_token(facts, err);
    if (result == PROVAR_OK)
        result = pv_judge_signature(facts, err);
    if (result == PROVAR_OK)
        result = pv_judge_members(facts, builder->same_token ? builder->targets[0].name : NULL, err);
    return result;
}

/* A copied member brings its tar header with it, which was compared before the copy and must be the same behind it. */
static enum provar_result check_headers(const struct pv_writing *writing, struct pv_source *stream,
                                        const struct pv_scan *scan, struct provar_error *err) {
    PV_AUTO_SOURCE struct pv_source *part = NULL;
    enum provar_result result = stream->ops->part ? stream->ops->part(stream, 1, &part, err) : PROVAR_OK;
    for (size_t i = 0; i < writing->count && part && result == PROVAR_OK; i++) {
        bool same = false;
        const struct pv_member *found = &scan->members[i + 1]; /* behind the token */
        result = pv_create_same_header(writing, &writing->members[i], part, found->body_offset, &same, err);
        if (result == PROVAR_OK && !same)
            result = pv_fail(err, PROVAR_E_DIGEST, found->body_offset,
                             "the header of '%s' has changed since it was checked", found->name);
    }
    return result;
}

static enum provar_result open_stream(const struct pv_writing *writing, struct pv_source *raw,
                                      struct pv_source **stream, struct provar_error *err) {
    uint64_t max_file = writing->builder->max_file;
    enum provar_result result = pv_gzip_indexed_new(raw, max_file, stream, err);
    if (result != PROVAR_OK || *stream != NULL)
        return result;
    return pv_gunzip_new(raw, max_file, stream, err);
}

/* The writer's last work: then its compressors and pieces go, and reading back takes their room. */
static enum provar_result compare(struct pv_writing *writing, struct provar_error *err) {
    enum provar_result result = pv_gzip_compare(writing->gzip, err);
    pv_gzip_writer_free(writing->gzip);
    writing->gzip = NULL;
    return result;
}

enum provar_result pv_create_prove(struct pv_writing *writing, struct pv_str token, struct provar_error *err) {
    bool is_gzip = writing->gzip != NULL;
    PV_AUTO_SOURCE struct pv_source *raw = NULL;
    PV_AUTO_SOURCE struct pv_source *gunzip = NULL;
    PV_AUTO_FACTS struct pv_facts *facts = pv_facts_new();
    if (facts == NULL)
        return pv_fail_memory(err);
    if (lseek(writing->out->fd, 0, SEEK_SET) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read the new archive back");
    enum provar_result result = pv_source_fd(writing->out->fd, &raw, err);
    if (result == PROVAR_OK && is_gzip)
        result = compare(writing, err);
    if (result == PROVAR_OK && is_gzip)
        result = open_stream(writing, raw, &gunzip, err);
    if (result == PROVAR_OK)
        result = read_back(writing, gunzip ? gunzip : raw, facts, err);
    if (result == PROVAR_OK && writing->has_copies)
        result = check_headers(writing, gunzip, &facts->scan, err);
    if (result == PROVAR_OK && !pv_str_equal(token, facts->jws.token))
        result = pv_fail(err, PROVAR_E_INTERNAL, PROVAR_NO_OFFSET, "it holds another token");
    if (result != PROVAR_OK)
        pv_error_wrap(err, "the new archive, read back");
    return result;
}
