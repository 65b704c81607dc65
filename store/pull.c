/* Conductor: an archive's file, or one executable, out of a store, proven and believed before it has a name. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "base/out.h"
#include "store/image_source.h"
#include "store/part_file.h"
#include "store/push_options.h"

struct pull {
    struct provar_store *store;
    const struct provar_policy *policy;
    const struct provar_pull_options *options;
    struct pv_reference reference;
    struct pv_backend *backend;
    const struct provar_output *to;
    struct pv_out out;
    struct provar_stored stored;
    bool is_judged;   /* the last failure is what was found in an archive, and not that the store did not give it */
    bool reads_whole; /* also for one executable */
};

static const uint32_t by_revision = PROVAR_PULL_REVISION | PROVAR_PULL_NEWEST_REVISION;
static const uint32_t known_flags = PROVAR_PULL_ALLOW_LATEST | PROVAR_PULL_REVISION | PROVAR_PULL_NEWEST_REVISION |
                                    PROVAR_PULL_EXECUTABLE | PROVAR_PULL_UNBOUND | PROVAR_PULL_WHOLE;

static enum provar_result check_options(const struct provar_pull_options *options, const struct pv_reference *reference,
                                        struct provar_error *err) {
    if (options->size != sizeof *options || (options->flags & ~known_flags) != 0 ||
        (options->flags & by_revision) == by_revision || options->revision < 0 ||
        !pv_given(options->target, options->target_len) || !pv_given(options->history, options->history_len))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "struct provar_pull_options of another size, or with flags or a revision that it does not know");
    if ((options->flags & by_revision) != 0 && (reference->tag[0] != 0 || reference->digest.text[0] != 0))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET,
                       "what is asked for by its revision has no tag and no digest");
    if ((options->flags & (by_revision | PROVAR_PULL_ALLOW_LATEST)) == 0 && pv_reference_is_latest(reference))
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "%s 'latest' is not allowed without being asked for",
                       reference->tag[0] ? "the tag" : "the reference has no tag, and");
    return PROVAR_OK;
}

static enum provar_result write_out(void *user, const void *data, size_t len, struct provar_error *err) {
    return pv_out_write(user, data, len, err);
}

PV_DEFINE_CLEANUP(archive_cleanup, struct provar_archive, provar_archive_free)
PV_DEFINE_CLEANUP(verified_cleanup, struct provar_verified, provar_verified_free)

/* A tag is what anybody with the right to store may set; a revision is what the issuer has signed. */
static enum provar_result check_revision(const struct provar_claims *claims, const int32_t *wanted,
                                         struct provar_error *err) {
    int32_t revision = 0;
    if (wanted == NULL || (provar_claims_revision(claims, &revision) && revision == *wanted))
        return PROVAR_OK;
    return pv_fail(err, PROVAR_E_UNTRUSTED, PROVAR_NO_OFFSET,
                   "the tag is that of revision %d, but the token does not say so", (int)*wanted);
}

/* An index has archives of one target each: of such a one, what it lists besides may be missing. */
static enum provar_result verify(const struct pull *pull, const struct pv_image *image, struct provar_archive *archive,
                                 struct provar_verified **verified, struct provar_error *err) {
    struct pv_str target = pv_str_of(image->target.text);
    return target.len > 0 ? provar_verify_target(archive, pull->policy, target.text, target.len, verified, err)
                          : provar_verify(archive, pull->policy, verified, err);
}

/* With deferred digests that happens when the executable is taken. */
static enum provar_result record(const struct pull *pull, struct provar_verified *verified, struct provar_error *err) {
    const struct provar_pull_options *options = pull->options;
    if (options->history_len == 0 || (options->may_record && options->may_record(options->user) != 0))
        return PROVAR_OK;
    return provar_verified_record(verified, options->history, options->history_len, err);
}

/* The file is complete, and judged where it lies: what gets a name is what was judged. */
static enum provar_result verify_file(const struct pull *pull, const struct pv_image *image, const int32_t *revision,
                                      struct provar_error *err) {
    struct provar_input from = {.size = sizeof from, .kind = PROVAR_INPUT_FD, .fd = pull->out.fd};
    PV_CLEANUP(archive_cleanup) struct provar_archive *archive = NULL;
    PV_CLEANUP(verified_cleanup) struct provar_verified *verified = NULL;
    if (lseek(pull->out.fd, 0, SEEK_SET) != 0)
        return pv_fail_errno(err, PROVAR_E_IO, errno, "cannot read the file again");
    enum provar_result result = provar_open(&from, pull->options->open, &archive, err);
    if (result == PROVAR_OK)
        result = verify(pull, image, archive, &verified, err);
    if (result == PROVAR_OK && image->target.text[0] == 0 && provar_verified_coverage(verified) != PROVAR_COVERAGE_ALL)
        return pv_fail(err, PROVAR_E_USAGE, PROVAR_NO_OFFSET, "the policy must cover the whole archive");
    if (result == PROVAR_OK)
        result = check_revision(provar_verified_claims(verified), revision, err);
    return result == PROVAR_OK ? record(pull, verified, err) : result;
}

/* What breaks off may be gone on with where it costs something to bring, where it is one blob, and where a file is
 * linked to its destination by its descriptor: whoever else may write to the directory must not be asked by a name. */
static bool may_break_off(const struct pull *pull, const struct pv_image *image) {
    return image->count == 1 && image->layers[0]->ops->stream && pull->out.dir_fd >= 0 && pull->out.temp_name == NULL;
}

static enum provar_result receive(struct pull *pull, struct pv_image *image, struct pv_part_file *part,
                                  struct provar_error *err) {
    if (part->fd >= 0)
        return pv_part_file_receive(part, pull->store, image->layers[0], err);
    enum provar_result result = pv_out_restart(&pull->out, err);
    return result == PROVAR_OK ? pv_image_prove(image, pull->store, write_out, &pull->out, err) : result;
}

static enum provar_result fetch_file(struct pull *pull, struct pv_image *image, const int32_t *revision,
                                     struct provar_error *err) {
    struct pv_part_file part = {.fd = -1};
    int nameless = pull->out.fd;
    if (may_break_off(pull, image))
        pv_part_file_open(&part, pull->out.dir_fd, &image->layers[0]->digest, image->size);
    if (part.fd >= 0)
        pull->out.fd = part.fd;
    enum provar_result result = receive(pull, image, &part, err);
    pull->is_judged = result == PROVAR_OK;
    pull->stored.blob_verified = pull->stored.claims_bound = pull->is_judged;
    if (result == PROVAR_OK)
        result = verify_file(pull, image, revision, err);
    if (result == PROVAR_OK)
        result = pv_out_commit(&pull->out, err);
    pull->out.fd = nameless;
    /* What was judged is of no use any more, whatever was said of it. */
    pv_part_file_close(&part, part.fd >= 0 && !pull->is_judged && image->layers[0]->may_pass);
    return result;
}

static enum provar_result extract(const struct pull *pull, struct pv_image_source *source, const int32_t *revision,
                                  struct provar_error *err) {
    PV_CLEANUP(archive_cleanup) struct provar_archive *archive = NULL;
    PV_CLEANUP(verified_cleanup) struct provar_verified *verified = NULL;
    const struct provar_pull_options *options = pull->options;
    enum provar_result result = pv_image_source_open(source, options->open, NULL, &archive, err);
    if (result == PROVAR_OK)
        result = provar_verify(archive, pull->policy, &verified, err);
    if (result == PROVAR_OK)
        result = check_revision(provar_verified_claims(verified), revision, err);
    if (result == PROVAR_OK)
        result = record(pull, verified, err);
    return result == PROVAR_OK ? provar_extract(verified, options->target, options->target_len, pull->to, err) : result;
}

/* Reads what leads to the executable, or all of it where that is asked for. */
static enum provar_result fetch_executable(struct pull *pull, struct pv_image *image, const int32_t *revision,
                                           struct provar_error *err) {
    enum pv_image_reading reading = pull->reads_whole                                   ? PV_READ_WHOLE
                                    : (pull->options->flags & PROVAR_PULL_UNBOUND) == 0 ? PV_READ_RANGES
                                                                                        : PV_READ_RANGES_UNBOUND;
    struct pv_image_source source;
    struct provar_error own = {0};
    bool is_pinned = pull->reference.digest.text[0] != 0;
    enum provar_result result = pv_image_source_begin(&source, pull->store, image, reading, is_pinned, &own);
    pv_image_source_stored(&source, &pull->stored);
    pull->is_judged = result == PROVAR_OK;
    if (result == PROVAR_OK)
        result = extract(pull, &source, revision, &own);
    /* Why the store could not be read says more than that it could not. */
    if (result == PROVAR_E_IO && pull->store->failure.code != PROVAR_OK) {
        own = pull->store->failure;
        result = (enum provar_result)own.code;
        pull->is_judged = false;
    }
    pv_error_hand_on(err, &own);
    return result;
}

/* Fetches what a tag or the reference's digest names, judges it, and lets it out. */
static enum provar_result fetch(struct pull *pull, struct pv_str tag, const int32_t *revision,
                                struct provar_error *err) {
    struct pv_image image = {.store = pull->store, .backend = pull->backend};
    struct pv_str target = pv_str(pull->options->target, pull->options->target_len);
    enum provar_result result = pv_image_open(&image, tag, &pull->reference.digest, target, pull->options->open, err);
    if (result != PROVAR_OK)
        return result;
    pv_image_stored(&image, tag, &pull->stored);
    result = (pull->options->flags & PROVAR_PULL_EXECUTABLE) != 0 ? fetch_executable(pull, &image, revision, err)
                                                                  : fetch_file(pull, &image, revision, err);
    pv_image_release(&image);
    return result;
}

/* ---------------------------------------------------------------- by revision */

struct revisions {
    int32_t list[PV_MAX_INDEX_MANIFESTS];
    size_t count;
};

static enum provar_result collect(void *user, struct pv_str tag, const struct pv_named *named,
                                  struct provar_error *err) {
    struct revisions *revisions = user;
    int32_t revision;
    (void)named;
    if (!pv_revision_tag_parse(tag, &revision))
        return PROVAR_OK;
    if (revisions->count == PV_MAX_INDEX_MANIFESTS)
        return pv_fail(err, PROVAR_E_LIMIT, PROVAR_NO_OFFSET, "more than %d revisions", PV_MAX_INDEX_MANIFESTS);
    revisions->list[revisions->count++] = revision;
    return PROVAR_OK;
}

static int newest_first(const void *a, const void *b) {
    int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
    return left < right ? 1 : left > right ? -1 : 0;
}

static enum provar_result fetch_revision(struct pull *pull, int32_t revision, struct provar_error *err) {
    char tag[16];
    (void)snprintf(tag, sizeof tag, PV_REVISION_TAG_PREFIX "%d", (int)revision);
    pull->is_judged = false;
    return fetch(pull, pv_str_of(tag), &revision, err);
}

/* Whether the archive itself was refused, so that an older one may take its place. What the store does not give says
 * nothing of the archive: a store that withholds one must not choose which revision is believed to be the newest. Nor
 * does it where this machine is at fault. */
static bool is_verdict(const struct pull *pull, enum provar_result result) {
    return pull->is_judged && result != PROVAR_E_INTERNAL && result != PROVAR_E_NO_MEMORY && result != PROVAR_E_USAGE &&
           result != PROVAR_E_IO && result != PROVAR_E_UNSAFE_PATH && result != PROVAR_E_REGISTRY;
}

/* What was read by ranges was compared with no digest of the store's: whether an archive was refused, or other bytes
 * than are stored, shows when all of it is read. */
static enum provar_result fetch_to_judge(struct pull *pull, int32_t revision, struct provar_error *err) {
    struct provar_error first = {0};
    enum provar_result result = fetch_revision(pull, revision, &first);
    bool by_ranges = (pull->options->flags & PROVAR_PULL_EXECUTABLE) != 0 && !pull->reads_whole;
    if (by_ranges && result != PROVAR_OK && (result == PROVAR_E_REGISTRY || is_verdict(pull, result))) {
        pull->reads_whole = true;
        result = fetch_revision(pull, revision, err);
        pull->reads_whole = false;
        return result;
    }
    pv_error_hand_on(err, &first);
    return result;
}

static enum provar_result fetch_newest(struct pull *pull, struct provar_error *err) {
    PV_AUTO_FREE struct revisions *revisions = calloc(1, sizeof *revisions);
    if (revisions == NULL)
        return pv_fail_memory(err);
    enum provar_result result = pull->backend->ops->list_tags(pull->backend, collect, revisions, err);
    if (result != PROVAR_OK)
        return result;
    qsort(revisions->list, revisions->count, sizeof revisions->list[0], newest_first);
    struct provar_error first = {0};
    enum provar_result newest = PROVAR_OK;
    for (size_t i = 0; i < revisions->count; i++) {
        struct provar_error own = {0};
        result = fetch_to_judge(pull, revisions->list[i], &own);
        if (result == PROVAR_OK || !is_verdict(pull, result)) {
            pv_error_hand_on(err, &own);
            return result;
        }
        pv_session_warn(pull->store, "revision %d is passed over: %s", (int)revisions->list[i], own.message);
        pv_error_hand_on(&first, &own);
        newest = i == 0 ? result : newest;
    }
    if (revisions->count == 0)
        return pv_fail(err, PROVAR_E_NOT_FOUND, PROVAR_NO_OFFSET, "no revision is stored there");
    pv_error_wrap(&first, "of %zu revisions none is acceptable; the newest", revisions->count);
    pv_error_hand_on(err, &first);
    return newest;
}

/* ---------------------------------------------------------------- public */

static void release_pull(struct pull *pull) {
    pv_backend_free(pull->backend);
    pv_out_release(&pull->out);
}

static enum provar_result run(struct pull *pull, struct provar_error *err) {
    enum provar_result result = pv_session_backend(pull->store, &pull->reference, false, &pull->backend, err);
    if (result == PROVAR_OK && (pull->options->flags & PROVAR_PULL_EXECUTABLE) == 0)
        result = pv_out_open(&pull->out, pull->to, 0644, err);
    if (result != PROVAR_OK)
        return result;
    if ((pull->options->flags & PROVAR_PULL_NEWEST_REVISION) != 0)
        return fetch_newest(pull, err);
    if ((pull->options->flags & PROVAR_PULL_REVISION) != 0)
        return fetch_revision(pull, pull->options->revision, err);
    return fetch(pull, pv_str_of(pull->reference.tag), NULL, err);
}

enum provar_result provar_pull(struct provar_store *store, const char *reference, size_t len,
                               const struct provar_policy *policy, const struct provar_pull_options *options,
                               const struct provar_output *to, struct provar_stored *stored, struct provar_error *err) {
    static const struct provar_pull_options usual = {.size = sizeof usual};
    PV_CLEANUP(release_pull)
    struct pull pull = {
        .store = store, .policy = policy, .options = options ? options : &usual, .to = to, .out = PV_OUT_NONE};
    pull.reads_whole = (pull.options->flags & PROVAR_PULL_WHOLE) != 0;
    if (!pv_enter(&err, store && policy && to && pv_given(reference, len)))
        return PROVAR_E_USAGE;
    enum provar_result result = pv_stored_check(stored, err);
    if (result == PROVAR_OK)
        result = pv_reference_parse(pv_str(reference, len), PROVAR_REFERENCE_DOCKER_HUB, &pull.reference, err);
    if (result == PROVAR_OK)
        result = check_options(pull.options, &pull.reference, err);
    if (result == PROVAR_OK)
        result = run(&pull, err);
    if (result == PROVAR_OK && stored)
        *stored = pull.stored;
    return result;
}
