/* The directory of an OCI layout and the files that make it one: found, or made. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LAYOUT_CREATE_H
#define PV_LAYOUT_CREATE_H

/* Opens the directory itself, through links if need be: that path is the user's. Missing is PROVAR_E_NOT_FOUND, or with
 * `create` it is made; its parent must be there. With `create` a directory that is neither empty, nor a layout, nor the
 * beginning of one is PROVAR_E_REGISTRY: nothing is mixed into other people's files. */
enum provar_result pv_layout_open_root(struct pv_str directory, bool create, int *fd,
                                       struct provar_error *err) PV_MUST_CHECK;

/* Whether the text of the file 'oci-layout' names a version that is known (PROVAR_E_REGISTRY). */
enum provar_result pv_layout_judge_version(struct pv_str text, struct provar_error *err) PV_MUST_CHECK;

/* Judges the file 'oci-layout', where there is one. */
enum provar_result pv_layout_find_version(int directory, bool *found, struct provar_error *err) PV_MUST_CHECK;
/* The same, and a missing one is PROVAR_E_REGISTRY. */
enum provar_result pv_layout_demand_version(int directory, struct provar_error *err) PV_MUST_CHECK;
/* Makes index.json, which names nothing, and then 'oci-layout', each whole or not at all: whoever is killed over it
 * leaves no layout, or one that is valid. What somebody else has made by now is never replaced: his index.json may name
 * something, and the lock of his 'oci-layout', which is judged, is everybody's. */
enum provar_result pv_layout_make(int directory, int partial, struct provar_error *err) PV_MUST_CHECK;

#endif
