/* The garbage of an OCI layout: blobs that nothing names, and files that killed processes have left. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LAYOUT_GC_H
#define PV_LAYOUT_GC_H

/*
 * Kept is what index.json names, and what each document among that names again (store/layout/layout_links.h). A
 * manifest with a `subject` is named by nobody but index.json, and keeps its subject, not the other way round. Without
 * index.json, or with a document that is missing, damaged or cannot be read, nothing is removed: what it names is
 * unknown.
 *
 * Whoever writes by this library shares the lock of blobs/sha256, which this takes alone. Other programs know no lock:
 * what was written within the last `grace` seconds stays. When that was, the later of two times says: tools that copy
 * with all attributes set the time of the content back, and only the time of change tells when the file came here.
 */
struct pv_layout_gc {
    int64_t before; /* seconds since 1970: what was written since then stays */
    bool is_dry_run;
    /* A file is gone, or with is_dry_run would be. A result other than PROVAR_OK ends it. */
    enum provar_result (*removed)(void *user, const char *path, uint64_t bytes, struct provar_error *err);
    /* What is in the way, and what it is called; text is escaped. */
    void (*warn)(void *user, const char *line);
    void *user;
};

/* `before` for a grace of so many seconds that ends now; 0: PV_LAYOUT_GRACE. */
int64_t pv_layout_gc_before(uint64_t grace, int64_t now);

/* PROVAR_E_NOT_FOUND for a directory that is missing; PROVAR_E_REGISTRY for what is no layout, for one in a tar file,
 * and for documents as above; PROVAR_E_UNSAFE_PATH for one that is a link or another kind of file; PROVAR_E_LIMIT for
 * one of more than PV_MAX_MANIFEST_SIZE bytes, and for more than PV_MAX_LAYOUT_BLOBS that documents name, however many
 * lie there; PROVAR_E_IO where the lock is not given up. */
enum provar_result pv_layout_collect(struct pv_str directory, const struct pv_layout_gc *gc,
                                     struct provar_error *err) PV_MUST_CHECK;

#endif
