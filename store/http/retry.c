/* When a request that failed is sent again: how often, after how long, and what a server asks for. */
/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/random.h>

#include "internal.h"

#include "store/http/retry.h"

enum { FIRST_MS = 250 };

static int64_t system_now(void *user) {
    (void)user;
    return (int64_t)time(NULL);
}

static void system_sleep(void *user, uint32_t milliseconds) {
    struct timespec left = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    (void)user;
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* Only spreads the clients of one server: without an answer none is spread. */
static uint32_t system_random(void *user) {
    uint32_t number = 0;
    (void)user;
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
        number = 0;
    return number;
}

const struct pv_retry_clock pv_retry_system_clock = {.now = system_now, .sleep = system_sleep, .random = system_random};

bool pv_retry_status(unsigned status) {
    return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

/* ---------------------------------------------------------------- Retry-After */

static bool two_digits(struct pv_str text, size_t at, unsigned max, unsigned *value) {
    char tens = text.text[at], ones = text.text[at + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9')
        return false;
    *value = (unsigned)(tens - '0') * 10 + (unsigned)(ones - '0');
    return *value <= max;
}

static bool find_name(struct pv_str text, size_t at, const char *names, unsigned count, unsigned *found) {
    for (*found = 0; *found < count; ++*found)
        if (pv_bytes_equal(text.text + at, names + *found * 3, 3))
            return true;
    return false;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar; March is the first month, so that leap days end years. */
static int64_t days_of(int64_t year, unsigned month, unsigned day) {
    int64_t y = month < 2 ? year - 1 : year;
    int64_t m = month < 2 ? month + 10 : month - 2;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool parse_date(struct pv_str text, int64_t *seconds) {
    unsigned weekday, day, month, century, year, hour, minute, second;
    if (text.len != 29 || !find_name(text, 0, "SunMonTueWedThuFriSat", 7, &weekday) ||
        !pv_bytes_equal(text.text + 3, ", ", 2) || !two_digits(text, 5, 31, &day) || day == 0 || text.text[7] != ' ' ||
        !find_name(text, 8, "JanFebMarAprMayJunJulAugSepOctNovDec", 12, &month) || text.text[11] != ' ' ||
        !two_digits(text, 12, 99, &century) || !two_digits(text, 14, 99, &year) || text.text[16] != ' ' ||
        !two_digits(text, 17, 23, &hour) || text.text[19] != ':' || !two_digits(text, 20, 59, &minute) ||
        text.text[22] != ':' || !two_digits(text, 23, 60, &second) || !pv_bytes_equal(text.text + 25, " GMT", 4))
        return false;
    *seconds = (days_of((int64_t)century * 100 + year, month, day) * 24 + hour) * 3600 + minute * 60 + second;
    return true;
}

bool pv_retry_after(struct pv_str text, int64_t now, uint64_t *seconds) {
    int64_t date;
    if (pv_parse_decimal(text, UINT64_MAX, seconds))
        return true;
    if (!parse_date(text, &date))
        return false;
    *seconds = date > now ? (uint64_t)(date - now) : 0;
    return true;
}

/* ---------------------------------------------------------------- waiting */

/* Doubled each time, a tenth more or less. */
static uint32_t usual_wait(const struct pv_retry *retry) {
    uint32_t wait = FIRST_MS << (retry->tries - 1);
    return wait - wait / 10 + retry->clock->random(retry->clock->user) % (wait / 5 + 1);
}

static bool plan(struct pv_retry *retry, struct pv_str after, uint32_t *milliseconds) {
    uint64_t seconds = 0;
    if (++retry->tries >= PV_MAX_TRIES)
        return false;
    bool asked = pv_retry_after(after, retry->clock->now(retry->clock->user), &seconds);
    if (asked && seconds > PV_MAX_RETRY_AFTER)
        return false;
    *milliseconds = asked && seconds > 0 ? (uint32_t)seconds * 1000 : usual_wait(retry);
    return true;
}

struct pv_retry_reason pv_retry_reason(const struct pv_url *url, unsigned status) {
    struct pv_retry_reason line;
    (void)snprintf(line.text, sizeof line.text, "'%s' answers status %u", pv_url_quote(url).text, status);
    return line;
}

static void warn(const struct pv_retry *retry, const char *why, uint32_t milliseconds) {
    char line[sizeof((struct provar_error *)0)->message + 64], when[32] = "";
    if (retry->warn == NULL)
        return;
    if (milliseconds >= 1000)
        (void)snprintf(when, sizeof when, " in %u s", (unsigned)(milliseconds / 1000));
    (void)snprintf(line, sizeof line, "%s; trying again%s", why, when);
    retry->warn(retry->warn_user, line);
}

void pv_retry_begin(struct pv_retry *retry) {
    retry->begun = retry->clock->now(retry->clock->user);
}

bool pv_retry_again(struct pv_retry *retry, struct pv_str after, const char *why) {
    bool was_slow = retry->clock->now(retry->clock->user) - retry->begun >= PV_RETRY_SILENCE;
    uint32_t milliseconds = 0;
    if (!plan(retry, after, &milliseconds))
        return false;
    if (was_slow || milliseconds >= PV_RETRY_SILENCE * 1000)
        warn(retry, why, milliseconds);
    retry->clock->sleep(retry->clock->user, milliseconds);
    return true;
}
