/* Every ceiling of store/ beside those of base/, with the reason for its value; each has a test at N and N + 1. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_STORE_LIMITS_H
#define PV_STORE_LIMITS_H

/* distribution-spec: many clients allow 255 characters to host, port, slash and repository together. */
#define PV_MAX_REFERENCE_NAME 255
/* distribution-spec, "Pulling manifests". */
#define PV_MAX_TAG 128
/* RFC 1035, section 2.3.4. */
#define PV_MAX_HOST_LABEL 63
/* What Linux takes, less the NUL. */
#define PV_MAX_LAYOUT_DIRECTORY 4095
/* The file 'oci-layout' holds one member of a few characters. */
#define PV_MAX_LAYOUT_VERSION (4 * PV_KIB)
/* Files of a layout in a tar file whose places are kept, equal ones too; one tag has three or more. */
#define PV_MAX_LAYOUT_FILES 16384

/* Blobs that the documents of a layout name when its garbage is collected: an index of PV_MAX_INDEX_MANIFESTS has four
 * times as many, of archives with one target each three times again. */
#define PV_MAX_LAYOUT_BLOBS 65536
/* Seconds. What another program has put, which knows no lock, is named by then. */
#define PV_LAYOUT_GRACE 3600

/* For others, each of which has 4 MiB to read, write and sync. */
#define PV_LAYOUT_LOCK_SECONDS 60

/* distribution-spec: registries take manifests of at least that size, and the common ones no larger. */
#define PV_MAX_MANIFEST_SIZE (4 * PV_MIB)
/* An archive is one layer; old tools cut large ones, and images of 127 are the most that container engines run. */
#define PV_MAX_LAYERS 128
/* An index of a release has one for each target; that of a layout has one for each tag. */
#define PV_MAX_INDEX_MANIFESTS 4096
/* Of one descriptor or manifest. Real ones have about ten. */
#define PV_MAX_ANNOTATIONS 256
/* Of an annotation that push makes: names and versions are shorter, and a manifest is no place for more. */
#define PV_MAX_ANNOTATION_TEXT 1024
/* Other places where a blob is said to be: those that come first. Real ones have one or two. */
#define PV_MAX_URLS 4
/* RFC 6838, section 4.2: 127 characters on each side of the slash. */
#define PV_MAX_MEDIA_TYPE_NAME 127
#define PV_MAX_MEDIA_TYPE      (2 * PV_MAX_MEDIA_TYPE_NAME + 1)

/* Presigned URLs of object stores have up to about 2 KiB, and servers refuse more than 8. */
#define PV_MAX_URL 8191
/* RFC 1035, section 2.3.4. */
#define PV_MAX_HOST 255
/* One line of an answer's head: room for a Location of PV_MAX_URL, and twice what servers let a client send. */
#define PV_MAX_HEADER_LINE (16 * PV_KIB)
/* All lines of it, with those of interim answers and trailers. */
#define PV_MAX_HEAD (64 * PV_KIB)
/* A body that nobody asked for is read as far, because that costs less than a new connection. */
#define PV_MAX_IGNORED_BODY (64 * PV_KIB)
/* Authorities in PEM: a system has some 140, 220 KiB of text. */
#define PV_MAX_CERTIFICATES (4 * PV_MIB)

/* All challenges of one answer, and the parameters in them: real ones have about five in 500 bytes. */
#define PV_MAX_CHALLENGES           (16 * PV_KIB)
#define PV_MAX_CHALLENGE_PARAMETERS 64
/* A file of credentials: real ones have some kilobytes. */
#define PV_MAX_CREDENTIAL_FILE (1 * PV_MIB)
/* NAME of docker-credential-NAME. */
#define PV_MAX_HELPER_NAME 64
/* A helper's answer is one user and one secret. */
#define PV_MAX_HELPER_OUTPUT (64 * PV_KIB)
/* A token with the rights of some repositories has a few kilobytes. */
#define PV_MAX_TOKEN_ANSWER (128 * PV_KIB)
/* Seconds. The protocol's default and floor; and a day, after which no server's word on it counts. */
#define PV_TOKEN_LIFE     60
#define PV_MAX_TOKEN_LIFE 86400
/* Of an Authorization header, and of the form that is sent for a token: servers take no larger ones. */
#define PV_MAX_AUTHORIZATION (64 * PV_KIB)
/* Repositories and rights of one session for which tokens and credentials are kept. */
#define PV_MAX_GRANTS 64

/* Attempts of one request, and the longest that a server may have it wait (seconds). */
#define PV_MAX_TRIES       5
#define PV_MAX_RETRY_AFTER 120
/* Answers to a range that have less than was asked for, and less than a megabyte: storage gives all of it, or as much
 * as its own limit allows. */
#define PV_MAX_SHORT_ANSWERS 16
/* Answers that say to ask otherwise, before a megabyte has come: a place that has expired, a range that is refused.
 * Both may be so of one request. */
#define PV_MAX_OTHER_WAYS 2
/* Every hop of a download costs a round trip; registries need one. */
#define PV_MAX_REDIRECTS 5
/* What a registry says about a failure. */
#define PV_MAX_ERROR_BODY (64 * PV_KIB)
/* distribution-spec, "Warnings": at most 4096 bytes of text. */
#define PV_MAX_WARNING (4 * PV_KIB)
/* Different ones that are shown of one registry's, in one run: whoever has more to say fills the terminal. */
#define PV_MAX_REGISTRY_WARNINGS 16
/* Milliseconds until a tag that was to stay is looked at again: twice as long as our own writing took, which is far
 * less than a second, and no longer than a user takes for a pause. */
#define PV_MAX_TAG_WAIT 5000
/* A list of tags comes in pages of some 100 to 1000. */
#define PV_MAX_TAG_PAGE  (4 * PV_MIB)
#define PV_MAX_TAG_PAGES 1000
/* Tags that a list has, of each of which a request asks; an index.json has no more either. Whoever lists them, or what
 * refers to a manifest, keeps all that they say: the characters of their texts together, as they are shown, where one
 * has some 300. */
#define PV_MAX_LISTED_TAGS 4096
#define PV_MAX_LISTED_TEXT (2 * PV_MIB)
/* How often one read of what was proven begins, where somebody writes to it or to its names all the time. */
#define PV_MAX_PROOFS 4
/* A list of what refers to one manifest, in pages as large as manifests. */
#define PV_MAX_REFERRER_PAGES 64
/* What one copy moves: an archive of the largest size, and in an index the same again, by targets. */
#define PV_MAX_COPY_SIZE (8 * PV_GIB)
/* What refers to a manifest that is copied, and what refers to that again. */
#define PV_MAX_COPIED_REFERRERS 256
/* Parts of an upload: the most that one registry takes, unless another asks for more. */
#define PV_UPLOAD_CHUNK     (4 * PV_MIB)
#define PV_MAX_UPLOAD_CHUNK (1 * PV_GIB)

#endif
