/* Seeds for the decoders of store/: names, documents and headers of registries, and credentials in JSON. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "support/check.h"

#include "internal.h"

#include "seeds.h"
#include "support/tar_build.h"

#define DIGEST "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

static void text(const char *decoder, const char *name, const char *value) {
    seed(decoder, name, value, strlen(value));
}

static void references(void) {
    text("reference", "good_registry", "ghcr.io/wasmcloud/http-server:0.27.0@" DIGEST);
    text("reference", "good_separators", "r.io:5000/a.b_c__d-e---f/0:_T");
    text("reference", "good_upper_host", "GHCR.io/a");
    text("reference", "good_localhost", "localhost/a");
    text("reference", "good_address", "127.0.0.1:5000/a:t");
    text("reference", "good_address_6", "[2001:DB8::1]:5000/a");
    text("reference", "good_hub", "ubuntu:22.04");
    text("reference", "good_hub_alias", "index.docker.io/a");
    text("reference", "good_explicit", "oci://registry/a:t");
    text("reference", "good_layout", "oci:/var/u@h/store:rev-7@" DIGEST);
    text("reference", "good_layout_alone", "oci:.");
    text("reference", "bad_user", "user:password@r.io/a");
    text("reference", "bad_scheme", "https://r.io/a");
    text("reference", "bad_dots", "r.io/../a");
    text("reference", "bad_digest", "r.io/a@sha256:44136FA3");
    text("reference", "bad_short_address", "127.1:80/a");
    text("reference", "bad_address_6", "[::g]/a");
    text("reference", "bad_port", "r.io:65536/a");
    text("reference", "bad_layout", "oci::t");
    text("reference", "bad_layout_colon", "oci:c:/store:t");
    seed("reference", "bad_nul", "oci:a\0b", 7);
}

#define DESCRIPTOR(type, more) "{\"mediaType\":\"" type "\",\"digest\":\"" DIGEST "\",\"size\":2" more "}"
#define CONFIG                 "\"config\":" DESCRIPTOR("application/vnd.wasmcloud.provider.archive.config", "")
#define LAYER                  DESCRIPTOR("application/vnd.wasmcloud.provider.archive.layer.v1+par", "")
#define MANIFEST(more)         DESCRIPTOR("application/vnd.oci.image.manifest.v1+json", more)
#define AMD64                  ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\",\"variant\":\"v1\"}"
#define ARM64                  ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}"

/* The types: "0" none, "1" and "2" image and index of OCI, "3" and "4" those of Docker, "5" another. */
static void manifests(void) {
    text("manifest", "good_image", "1{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER "]}");
    text("manifest", "good_referrer",
         "1{\"schemaVersion\":2,\"artifactType\":\"a/b\"," CONFIG ",\"layers\":[" LAYER
         "],\"subject\":" MANIFEST("") "}");
    text("manifest", "good_layers", "1{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER "," LAYER "]}");
    text("manifest", "good_annotated",
         "0{\"schemaVersion\":2,\"annotations\":{\"a\":\"\\u00e9\",\"b\":\"\"}," CONFIG ",\"layers\":[]}");
    text("manifest", "good_docker",
         "3{\"schemaVersion\":2,\"mediaType\":\"application/vnd.docker.distribution.manifest."
         "v2+json\"," CONFIG ",\"layers\":[" LAYER "]}");
    text("manifest", "good_index", "2{\"schemaVersion\":2,\"manifests\":[" MANIFEST(AMD64) "," MANIFEST(ARM64) "]}");
    text("manifest", "good_list", "4{\"schemaVersion\":2,\"manifests\":null}");
    text(
        "manifest", "good_tags",
        "0{\"schemaVersion\":2,\"manifests\":[" MANIFEST(
            ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"rev-1\"},\"urls\":[\"a\"],\"data\":\"e30=\"") "]}");
    text("manifest", "good_odd_system",
         "2{\"schemaVersion\":2,\"manifests\":[" MANIFEST(
             ",\"platform\":{\"os\":\"macos.\",\"architecture\":\"arm64\"}") "]}");
    text("manifest", "bad_both", "0{\"schemaVersion\":2," CONFIG ",\"layers\":[],\"manifests\":[]}");
    text("manifest", "bad_type", "5{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER "]}");
    text("manifest", "bad_other_type", "2{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER "]}");
    text("manifest", "bad_version", "1{\"schemaVersion\":1," CONFIG ",\"layers\":[" LAYER "]}");
    text("manifest", "bad_twice", "1{\"schemaVersion\":2," CONFIG ",\"layers\":[],\"l\\u0061yers\":[]}");
    text("manifest", "bad_element", "2{\"schemaVersion\":2,\"manifests\":[[" MANIFEST("") "]]}");
    text("manifest", "bad_size",
         "2{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST
         "\",\"size\":9223372036854775808}]}");
}

/* ---------------------------------------------------------------- who may in */

static void challenges(void) {
    text("challenge", "good_bearer",
         "Bearer realm=\"https://auth.docker.io/token\",service=\"r\",scope=\"repository:a/b:pull\",error=\"x\"\n");
    text("challenge", "good_basic", "Basic realm=\"Registry \\\"Realm\\\"\"\n");
    text("challenge", "good_several",
         "Negotiate\nNTLM abc==\nDigest realm=d, qop=\"a,b\", BASIC, bearer realm=r , ,\n");
    text("challenge", "good_lax", ", Bearer ,realm = \"\xc3\xa9\"\t,x=1");
    text("challenge", "bad_others", "Negotiate, Digest a=b\n");
    text("challenge", "bad_quote", "Bearer realm=\"r\nBasic realm=b\"\n");
    text("challenge", "bad_escape", "Bearer realm=\"r\\");
    text("challenge", "bad_twice", "Bearer realm=r,REALM=r\n");
    text("challenge", "bad_token68", "Bearer abc==,realm=r\n");
    text("challenge", "bad_order", "realm=r,Bearer\n");
    seed("challenge", "bad_nul", "Bearer realm=\"\0\"", 16);
}

/* "0" a config, "1" what a helper says, "2" a token server. */
static void credentials(void) {
    text("docker_config", "good_auth", "0{\"auths\":{\"r.io\":{\"auth\":\"YWxpY2U6d29uZGVybGFuZA==\"},\"x\":{}}}");
    text("docker_config", "good_path", "0{\"auths\":{\"r.io/a\":{\"auth\":\"YTpi\"},\"r.io/a/b\":{\"auth\":\"YTo\"}}}");
    text(
        "docker_config", "good_hub",
        "0{\"auths\":{\"https://index.docker.io/v1/\":{\"username\":\"u\",\"password\":\"\\u00e9\"}},\"credsStore\":\"s\"}");
    text("docker_config", "good_tokens",
         "0{\"auths\":{\"http://r.io:5000/\":{\"auth\":\"MDo=\",\"identitytoken\":\"i\",\"registrytoken\":\"r\"}},"
         "\"credHelpers\":{\"r.io\":\"h\"}}");
    text("docker_config", "good_nuls", "0{\"auths\":{\"r.io\":{\"auth\":\"YTpiAAA=\"}}}");
    text("docker_config", "good_helper", "1{\"ServerURL\":\"r.io\",\"Username\":\"u\",\"Secret\":\"p\"}");
    text("docker_config", "good_helper_token", "1{\"Username\":\"<token>\",\"Secret\":\"p\"}");
    text("docker_config", "good_token", "2{\"token\":\"ey.J\",\"expires_in\":300,\"issued_at\":\"x\"}");
    text("docker_config", "good_access_token", "2{\"token\":null,\"access_token\":\"a=\",\"expires_in\":-1}");
    text("docker_config", "bad_base64", "0{\"auths\":{\"r.io\":{\"auth\":\"YTp-\"}}}");
    text("docker_config", "bad_other_host", "0{\"auths\":{\"r.io.evil\":{\"auth\":\"YTpi\"}}}");
    text("docker_config", "bad_twice", "0{\"auths\":{\"r.io\":{\"auth\":\"YTpi\"},\"\\u0072.io\":{}}}");
    text("docker_config", "bad_helper", "1{\"Username\":\"u\",\"Secret\":\"\"}");
    text("docker_config", "bad_token", "2{\"token\":\"a\\r\\nb\"}");
}

static void links(void) {
    text("link", "good_registry", "</v2/acme/http/tags/list?last=b&n=2>; rel=\"next\"");
    text("link", "good_second", "<https://r.io/a>;rel=prev;title=\"a, <b>\", </c,d;e>; x; y=z; REL = \"prev NEXT\"");
    text("link", "good_escaped", ", </a>; title=\"\\\"\\\\\"; rel=next");
    text("link", "bad_first_counts", "</a>; rel=prev; rel=next");
    text("link", "bad_open", "</a; rel=next");
    text("link", "bad_quoted", "</a>; rel=\"next");
    text("link", "bad_other", "</a>; rel=nextpage");
    text("link", "bad_behind", "</a> rel=next");
    text("link", "bad_empty", "<>; rel=next");
}

/* ---------------------------------------------------------------- the documents of a layout */

#define OTHER "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define ENTRY(digest, more)                                                                                            \
    "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"" digest "\",\"size\":2" more "}"
#define TAGGED(digest, tag) ENTRY(digest, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" tag "\"}")

#define EIGHT_DELETES "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"

/* What is put: DIGEST, with the tags "0" none, "1" a, "2" a, rev-1 and one that needs escapes, "3" a, kept, and rev-1.
 */
static void layout_indexes(void) {
    text("layout_index", "good_empty", "0{}");
    text("layout_index", "good_new", "2{ \"schemaVersion\" : 2, \"manifests\":[], \"x\":[1e999]}");
    text("layout_index", "good_there", "1{\"manifests\":[" TAGGED(DIGEST, "a") "]}");
    text("layout_index", "good_moved", "2{\"manifests\":[" TAGGED(OTHER, "a") "," TAGGED(DIGEST, "rev-1") "]}");
    text("layout_index", "good_several",
         "1{\"manifests\":[" TAGGED(DIGEST, "a") "," TAGGED(DIGEST, "a") ", " TAGGED(OTHER, "a") "]}");
    text("layout_index", "good_rest",
         "1{\"manifests\" : [ {\"annotations\":{\"\\u006b\" :\"\\u0041\", "
         "\"org.opencontainers.image.ref.n\\u0061me\":\"\\u0061\",\"l\":\"\"}, \"digest\":\"" OTHER
         "\",\"size\":7 , \"\\u0075rls\":[ ]} ],\"\\u0079\":null}");
    text("layout_index", "good_kept", "3{\"manifests\":[" TAGGED(DIGEST, "a") "," TAGGED(OTHER, "rev-1") "]}");
    text("layout_index", "good_other_kind",
         "0{\"manifests\":[{\"digest\":\"sha512:00\",\"size\":0,\"annotations\":null}]}");
    text("layout_index", "good_odd_names",
         "0{\"manifests\":[" TAGGED(OTHER, "v1.") "," TAGGED(
             DIGEST, EIGHT_DELETES EIGHT_DELETES EIGHT_DELETES EIGHT_DELETES EIGHT_DELETES) "]}");
    text("layout_index", "bad_kept", "3{\"manifests\":[" TAGGED(OTHER, "a") "]}");
    text("layout_index", "bad_list", "0{\"manifests\":{}}");
    text("layout_index", "bad_null", "0{\"manifests\":null}");
    text("layout_index", "bad_element", "0{\"manifests\":[\"" DIGEST "\"]}");
    text("layout_index", "bad_size", "0{\"manifests\":[{\"digest\":\"" DIGEST "\",\"size\":-1}]}");
    text("layout_index", "bad_no_size", "0{\"manifests\":[{\"digest\":\"" DIGEST "\"}]}");
    text("layout_index", "bad_tag",
         "1{\"manifests\":[" ENTRY(OTHER, ",\"annotations\":{\"org.opencontainers.image.ref.name\":7}") "]}");
    text("layout_index", "bad_twice", "1{\"manifests\":[],\"m\\u0061nifests\":[" TAGGED(OTHER, "a") "]}");
    text("layout_index", "bad_twice_within", "1{\"manifests\":[" ENTRY(OTHER, ",\"digest\":\"" DIGEST "\"") "]}");
    text("layout_index", "bad_end", "1{\"manifests\":[" TAGGED(OTHER, "a") "]}]");
}

static void layout_links(void) {
    text("layout_links", "good_index", "{\"manifests\":[" ENTRY(DIGEST, "") "," TAGGED(OTHER, "a") "]}");
    text("layout_links", "good_foreign",
         "{\"manifests\":[{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST "\"},{\"digest\":\"" OTHER "\"}]}");
    text("layout_links", "good_image",
         "{" CONFIG ",\"layers\" : [" LAYER ", " ENTRY(OTHER, "") "],\"subject\":" ENTRY(OTHER, "") "}");
    text("layout_links", "good_blobs", "{\"blobs\":[" LAYER "],\"manifests\":null}");
    text("layout_links", "good_texts", "{\"x\":[[\"" DIGEST "\"],\"\\\\\"],\"" OTHER "\":1e999}");
    text("layout_links", "good_no_digests", "{\"x\":\"\\\"" OTHER "\",\"y\":\"" DIGEST "a\"}");
    text("layout_links", "good_escaped",
         "{\"config\":{\"digest\":\"sha256\\u003a1111111111111111111111111111111111111111111111111111111111111111\"}}");
    text("layout_links", "good_other_shapes",
         "{\"config\":{\"digest\":7},\"layers\":[1,{\"mediaType\":1,\"digest\":\"" DIGEST "\"},{}],\"blobs\":{}}");
    text("layout_links", "good_other_kind", "{\"layers\":[{\"digest\":\"sha512:0\"}]}");
    text("layout_links", "bad_other_kind", "{\"manifests\":[{\"digest\":\"sha512:0\"}]}");
    text("layout_links", "bad_other_kind_within", "{\"layers\":[" ENTRY("sha512:0", "") "]}");
    text("layout_links", "bad_list", "{\"manifests\":{}}");
    text("layout_links", "bad_element", "{\"manifests\":[[]]}");
    text("layout_links", "bad_twice", "{\"config\":" ENTRY(DIGEST, "") ",\"c\\u006fnfig\":{}}");
    text("layout_links", "bad_open", "{\"x\":\"" DIGEST "}");
    text("layout_links", "bad_array", "[" ENTRY(DIGEST, "") "]");
}

/* ---------------------------------------------------------------- a layout in a tar file */

#define BLOB "blobs/sha256/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

static void seed_layout(const char *name, struct tar_build *tar) {
    seed("layout_tar", name, tar->data, tar->len);
    tar_build_free(tar);
}

static struct tar_build documents(const char *before) {
    struct tar_build tar = {0};
    char name[32];
    (void)snprintf(name, sizeof name, "%soci-layout", before);
    tar_add_file(&tar, name, "{\"imageLayoutVersion\":\"1.0.0\"}");
    (void)snprintf(name, sizeof name, "%sindex.json", before);
    tar_add_file(&tar, name, "{}");
    return tar;
}

static void layouts(void) {
    struct tar_build tar = documents("");
    tar_add_file(&tar, BLOB, "{}");
    tar_add_end(&tar);
    seed_layout("good_layout", &tar);
    tar = documents("./");
    tar_add_header(&tar, TAR_GNU, "./blobs/sha256/", '5', 0);
    tar_add_member(&tar, TAR_GNU, "./" BLOB, '0', "{}", 2);
    tar_add_file(&tar, "./" BLOB, "again");
    seed_layout("good_equal_blobs", &tar);
    tar = documents("");
    tar_add_pax(&tar, 'x', "path", "other");
    tar_add_file(&tar, BLOB, "{}");
    tar_add_long(&tar, 'L', "other", 6);
    tar_add_file(&tar, BLOB, "{}");
    seed_layout("good_other_names", &tar);
    tar = documents("");
    tar_add_file(&tar, BLOB, "{}");
    tar_set_base256(tar.data + 4 * TAR_BLOCK, 2);
    tar.len -= TAR_BLOCK - 2;
    seed_layout("good_base256_and_no_padding", &tar);
    tar = documents("");
    tar_add_file(&tar, "index.json", "{}");
    seed_layout("bad_document_twice", &tar);
    tar = documents("");
    tar_add_pax(&tar, 'x', "size", "1");
    seed_layout("bad_size_in_an_extension", &tar);
    tar = documents("");
    tar_add_header(&tar, TAR_USTAR, BLOB, '0', 1025);
    seed_layout("bad_cut", &tar);
    tar = documents("");
    tar_add_member(&tar, TAR_USTAR, BLOB, '1', "{}", 2);
    seed_layout("bad_body_of_a_link", &tar);
}

void seeds_store(void) {
    layout_indexes();
    layout_links();
    layouts();
    links();
    references();
    manifests();
    challenges();
    credentials();
}
