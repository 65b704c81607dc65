/* Every ceiling in the library, with the reason for its value; each has a test at N and N + 1. */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PV_LIMITS_H
#define PV_LIMITS_H

#define PV_KIB (UINT64_C(1) << 10)
#define PV_MIB (UINT64_C(1) << 20)
#define PV_GIB (UINT64_C(1) << 30)

/* Defaults of struct provar_open_options. The largest archive known is a few hundred megabytes. */
#define PV_MAX_FILE_SIZE   (2 * PV_GIB)
#define PV_MAX_TOTAL_SIZE  (4 * PV_GIB)
#define PV_MAX_MEMBER_SIZE (2 * PV_GIB)

/* An encoded WIT package is some kilobytes. */
#define PV_MAX_WORLD_SIZE (64 * PV_MIB)
/* nats-io/jwt refuses larger tokens too. */
#define PV_MAX_TOKEN_SIZE (1 * PV_MIB)

#define PV_MAX_MEMBERS     256
#define PV_MAX_TARGETS     128
#define PV_MAX_TARGET_NAME 64

/* Payload of one pax or GNU long-name header: longer than any path. CVE-2022-2879 is what no limit leads to. */
#define PV_MAX_EXTENSION (64 * PV_KIB)
/* Zeros after the end blocks: GNU tar pads to 10 KiB, a tape blocking factor rarely passes 1 MiB. */
#define PV_MAX_TAIL (1 * PV_MIB)
/* FEXTRA, FNAME and FCOMMENT of a gzip header, together with its fixed part. */
#define PV_MAX_GZIP_HEADER (64 * PV_KIB)

/* JSON. serde_json, which every published reader uses, stops at 128 levels: a schema may use what is left of those. */
#define PV_MAX_JSON_DEPTH        64
#define PV_MAX_JSON_SCHEMA_DEPTH 125
#define PV_MAX_JSON_MEMBERS      65536
#define PV_MAX_JSON_STRING       (256 * PV_KIB)

/* A key file holds 58 characters and a line end. */
#define PV_MAX_KEY_FILE (4 * PV_KIB)
/* The host data of a provider: links and their configuration. */
#define PV_MAX_HOST_DATA (16 * PV_MIB)

/* A policy is written by hand: this is far above any real one. */
#define PV_MAX_ISSUERS 1024
/* A file of a policy, some fifty thousand keys; and one line of it, a list of 256. */
#define PV_MAX_POLICY_FILE (4 * PV_MIB)
#define PV_MAX_POLICY_LINE (16 * PV_KIB)
/* A list of patterns: so many, each so long. What is matched against them has at most PV_MAX_JSON_STRING bytes. */
#define PV_MAX_PATTERNS 256
#define PV_MAX_PATTERN  256
/* Keys that an account or an operator lets sign for it, and tokens of each of the two. */
#define PV_MAX_SIGNERS   64
#define PV_MAX_AUTHORITY 64
/* Revocations of all files together; NATS keeps as many as there are users. */
#define PV_MAX_REVOCATIONS 65536
/* Subjects whose revisions are remembered: their lines, of at most 250 bytes, fit into a policy file. */
#define PV_MAX_HISTORY 16384
/* Tolerance of a policy's clock, in seconds: what two machines differ by, not what makes an old token young. */
#define PV_POLICY_DEFAULT_SKEW 60
#define PV_POLICY_MAX_SKEW     300

/* How far the header of an executable is looked into. What is beyond stays unknown; nothing fails. */
#define PV_EXE_HEAD        (256 * 1024)
#define PV_EXE_MAX_SLICES  8
#define PV_EXE_INTERPRETER 256
#define PV_EXE_GLIBC       16
/* Linux refuses more than 64 KiB of program headers, 1170 of 64 bit; real files have about a dozen. */
#define PV_EXE_MAX_SEGMENTS 1024
/* Some 80 load commands are in a large application. */
#define PV_EXE_MAX_COMMANDS 4096
/* .gnu.version_r, both kinds together: one record a library, one a version needed of it. */
#define PV_EXE_MAX_VERSIONS 4096
/* 4096 entries of 64 bit; a dynamic table has some 30, and one for each library needed. */
#define PV_EXE_MAX_DYNAMIC (64 * 1024)

/* Notices kept for one object; more are counted, not kept. */
#define PV_MAX_NOTICES 32

/* Threads of one object: each holds a few MiB. */
#define PV_MAX_THREADS 64

/* The block in which bodies move. */
#define PV_BLOCK (128 * PV_KIB)

#endif
