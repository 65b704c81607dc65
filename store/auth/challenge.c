/* What a server asks for with a 401: see challenge.h. */
/* SPDX-License-Identifier: Apache-2.0 */
#include "internal.h"

#include "store/auth/challenge.h"

/* One header at a time. */
struct parser {
    struct pv_str text;
    size_t pos;
    size_t params;           /* of all headers so far */
    struct pv_challenge now; /* the challenge whose parameters are read */
    bool takes_params;
    struct pv_challenge best;
};

static enum provar_result malformed(const char *what, struct provar_error *err) {
    return pv_fail(err, PROVAR_E_AUTH, PROVAR_NO_OFFSET,
                   "the server asks for credentials in a way that is malformed: %s", what);
}

void pv_challenge_release(struct pv_challenge *challenge) {
    free(challenge->realm);
    free(challenge->service);
    free(challenge->scope);
    free(challenge->error);
    *challenge = (struct pv_challenge){0};
}

/* ---------------------------------------------------------------- characters */

static bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* RFC 9110, section 5.6.2. */
static bool is_token_char(char c) {
    return is_alphanumeric(c) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token68_char(char c) {
    return is_alphanumeric(c) || (c != 0 && strchr("-._~+/", c) != NULL);
}

/* Blanks, visible characters and obs-text. */
static bool is_text_char(char c) {
    return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* 0 at the end, which is no character of a header. */
static char peek(const struct parser *parser) {
    return parser->pos < parser->text.len ? parser->text.text[parser->pos] : 0;
}

static struct pv_str take_while(struct parser *parser, bool (*is_one)(char c)) {
    size_t start = parser->pos;
    while (parser->pos < parser->text.len && is_one(parser->text.text[parser->pos]))
        parser->pos++;
    return pv_str(parser->text.text + start, parser->pos - start);
}

static bool at_end_of_element(const struct parser *parser) {
    return parser->pos == parser->text.len || peek(parser) == ',';
}

bool pv_is_token68(struct pv_str text) {
    size_t len = 0;
    while (len < text.len && is_token68_char(text.text[len]))
        len++;
    size_t letters = len;
    while (len < text.len && text.text[len] == '=')
        len++;
    return letters > 0 && len == text.len;
}

/* ---------------------------------------------------------------- challenges */

static void finish_challenge(struct parser *parser) {
    enum pv_challenge_scheme best = parser->best.scheme, now = parser->now.scheme;
    if (now != PV_CHALLENGE_NONE && best != PV_CHALLENGE_BEARER && now != best) {
        pv_challenge_release(&parser->best);
        parser->best = parser->now;
        parser->now = (struct pv_challenge){0};
    }
    pv_challenge_release(&parser->now);
    parser->takes_params = false;
}

static void begin_challenge(struct parser *parser, struct pv_str scheme) {
    finish_challenge(parser);
    if (pv_str_equal_ascii_nocase(scheme, PV_STR("Bearer")))
        parser->now.scheme = PV_CHALLENGE_BEARER;
    else if (pv_str_equal_ascii_nocase(scheme, PV_STR("Basic")))
        parser->now.scheme = PV_CHALLENGE_BASIC;
    parser->takes_params = true;
}

/* Where a parameter of the challenge belongs; NULL for one that nobody looks at. */
static char **find_place(struct parser *parser, struct pv_str name) {
    const struct {
        struct pv_str name;
        char **place;
    } known[] = {
        {PV_STR("realm"), &parser->now.realm},
        {PV_STR("service"), &parser->now.service},
        {PV_STR("scope"), &parser->now.scope},
        {PV_STR("error"), &parser->now.error},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0] && parser->now.scheme != PV_CHALLENGE_NONE; i++)
        if (pv_str_equal_ascii_nocase(name, known[i].name))
            return known[i].place;
    return NULL;
}

/* Reads to the closing quote; the text without escapes goes to `room`, which has space for the whole header. */
static enum provar_result read_quoted(struct parser *parser, char *room, size_t *len, struct provar_error *err) {
    parser->pos++;
    while (peek(parser) != '"') {
        parser->pos += peek(parser) == '\\' ? 1 : 0;
        if (parser->pos >= parser->text.len)
            return malformed("a quote without an end", err);
        if (!is_text_char(peek(parser)))
            return malformed("a control character", err);
        room[(*len)++] = peek(parser);
        parser->pos++;
    }
    parser->pos++;
    return PROVAR_OK;
}

static enum provar_result read_value(struct parser *parser, char **value, struct provar_error *err) {
    PV_AUTO_FREE char *room = malloc(parser->text.len + 1);
    size_t len = 0;
    if (room == NULL)
        return pv_fail_memory(err);
    if (peek(parser) == '"') {
        enum provar_result result = read_quoted(parser, room, &len, err);
        if (result != PROVAR_OK)
            return result;
    } else {
        struct pv_str token = take_while(parser, is_token_char);
        if (token.len == 0)
            return malformed("a parameter without a value", err);
        memcpy(room, token.text, token.len);
        len = token.len;
    }
    room[len] = 0;
    *value = PV_TAKE(room);
    return PROVAR_OK;
}

/* What follows the name of a parameter. */
static enum provar_result read_param(struct parser *parser, struct pv_str name, struct provar_error *err) {
    PV_AUTO_FREE char *value = NULL;
    (void)take_while(parser, is_blank);
    if (name.len == 0 || peek(parser) != '=')
        return malformed("neither a scheme nor a parameter", err);
    if (!parser->takes_params)
        return malformed("a parameter without a scheme", err);
    if (++parser->params > PV_MAX_CHALLENGE_PARAMETERS)
        return malformed("too many parameters", err);
    parser->pos++;
    (void)take_while(parser, is_blank);
    enum provar_result result = read_value(parser, &value, err);
    char **place = result == PROVAR_OK ? find_place(parser, name) : NULL;
    if (place && *place)
        return malformed("a parameter twice", err);
    if (place)
        *place = PV_TAKE(value);
    return result;
}

/* What stands behind a scheme and a blank: nothing, a token68, or the first parameter. */
static enum provar_result read_first(struct parser *parser, struct provar_error *err) {
    size_t start = parser->pos;
    struct pv_str token = take_while(parser, is_token68_char);
    while (token.len > 0 && peek(parser) == '=')
        parser->pos++;
    (void)take_while(parser, is_blank);
    if (at_end_of_element(parser)) {
        parser->takes_params = token.len == 0;
        return PROVAR_OK;
    }
    parser->pos = start;
    return read_param(parser, take_while(parser, is_token_char), err);
}

/* What stands between two commas. */
static enum provar_result read_element(struct parser *parser, struct provar_error *err) {
    struct pv_str name = take_while(parser, is_token_char);
    size_t end = parser->pos;
    (void)take_while(parser, is_blank);
    if (name.len == 0 || peek(parser) == '=')
        return read_param(parser, name, err);
    if (parser->pos == end && !at_end_of_element(parser))
        return malformed("neither a scheme nor a parameter", err);
    begin_challenge(parser, name);
    return read_first(parser, err);
}

static enum provar_result read_header(struct parser *parser, struct provar_error *err) {
    enum provar_result result = PROVAR_OK;
    parser->pos = 0;
    for (;;) {
        (void)take_while(parser, is_blank);
        if (!at_end_of_element(parser))
            result = read_element(parser, err);
        if (result != PROVAR_OK)
            return result;
        (void)take_while(parser, is_blank);
        if (!at_end_of_element(parser))
            return malformed("no comma between two of its parts", err);
        if (parser->pos == parser->text.len)
            break;
        parser->pos++;
    }
    finish_challenge(parser);
    return PROVAR_OK;
}

enum provar_result pv_challenge_parse(struct pv_str headers, struct pv_challenge *challenge, struct provar_error *err) {
    struct parser parser = {0};
    enum provar_result result = PROVAR_OK;
    if (headers.len > PV_MAX_CHALLENGES)
        return malformed("too long", err);
    while (headers.len > 0 && result == PROVAR_OK) {
        const char *end = memchr(headers.text, '\n', headers.len);
        size_t len = end ? (size_t)(end - headers.text) : headers.len;
        parser.text = pv_str(headers.text, len);
        result = read_header(&parser, err);
        headers = pv_str(headers.text + len + (end ? 1 : 0), headers.len - len - (end ? 1 : 0));
    }
    pv_challenge_release(&parser.now);
    if (result == PROVAR_OK)
        *challenge = parser.best;
    else
        pv_challenge_release(&parser.best);
    return result;
}
