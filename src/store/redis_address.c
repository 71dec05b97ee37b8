#include "store/redis_address.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { REDIS_PORT_DEFAULT = 6379, REDIS_PORT_MAX = 65535 };

static int
redis_address_hex(char digit)
{
    return isdigit((unsigned char)digit) ? digit - '0' : tolower((unsigned char)digit) - 'a' + 10;
}

/* length bytes of text, percent-decoded; NULL when empty. */
static const char *
redis_address_part(struct arena *arena, const char *text, size_t length)
{
    char *out = arena_alloc(arena, length + 1);
    size_t used = 0;

    for (size_t i = 0; i < length; i++) {
        bool encoded = text[i] == '%' && i + 2 < length && isxdigit((unsigned char)text[i + 1]) &&
                       isxdigit((unsigned char)text[i + 2]);
        if (encoded) {
            out[used++] =
                (char)(redis_address_hex(text[i + 1]) * 16 + redis_address_hex(text[i + 2]));
            i += 2;
        } else {
            out[used++] = text[i];
        }
    }
    return length == 0 ? NULL : out;
}

static struct error
redis_address_database(struct arena *arena, const char *text, size_t length,
                       struct redis_address *out)
{
    const char *number = redis_address_part(arena, text, length);

    if (number != NULL && strspn(number, "0123456789") != strlen(number)) {
        return error_make(arena, ERR_CONFIG, "REDIS_URL: the database '%s' is not a number",
                          number);
    }
    out->database = number;
    return NO_ERROR;
}

static struct error
redis_address_options(struct arena *arena, const char *text, struct redis_address *out)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "&");
        if (length > 9 && strncmp(text, "password=", 9) == 0) {
            out->password = redis_address_part(arena, text + 9, length - 9);
        } else if (length > 3 && strncmp(text, "db=", 3) == 0) {
            TRY(redis_address_database(arena, text + 3, length - 3, out));
        } else {
            return error_static(ERR_CONFIG,
                                "REDIS_URL: only password= and db= may follow the socket's path");
        }
        text += length + (text[length] == '&');
    }
    return NO_ERROR;
}

static struct error
redis_address_unix(struct arena *arena, const char *rest, struct redis_address *out)
{
    size_t length = strcspn(rest, "?");

    if (rest[0] != '/') {
        return error_static(ERR_CONFIG, "REDIS_URL: unix:// needs an absolute path");
    }
    out->path = redis_address_part(arena, rest, length);
    return redis_address_options(arena, rest + length + (rest[length] == '?'), out);
}

/* [user]:password, or a password alone (as older clients wrote it). */
static void
redis_address_credentials(struct arena *arena, const char *text, size_t length,
                          struct redis_address *out)
{
    const char *colon = memchr(text, ':', length);

    if (colon == NULL) {
        out->password = redis_address_part(arena, text, length);
        return;
    }
    size_t user_length = (size_t)(colon - text);
    out->user = redis_address_part(arena, text, user_length);
    out->password = redis_address_part(arena, colon + 1, length - user_length - 1);
}

static struct error
redis_address_port(const char *text, const char *end, struct redis_address *out)
{
    char *stop = NULL;
    long port = text == end ? REDIS_PORT_DEFAULT : strtol(text + 1, &stop, 10);

    if (port < 1 || port > REDIS_PORT_MAX || (text != end && (*text != ':' || stop != end))) {
        return error_static(ERR_CONFIG, "REDIS_URL: the port is a number from 1 to 65535");
    }
    out->port = (int)port;
    return NO_ERROR;
}

/* host[:port], where an IPv6 host stands in brackets. */
static struct error
redis_address_host(struct arena *arena, const char *text, size_t length, struct redis_address *out)
{
    const char *end = text + length;
    const char *close = text[0] == '[' ? memchr(text, ']', length) : NULL;
    const char *host_end = close != NULL ? close : text + strcspn(text, ":/");

    if (host_end > end) {
        host_end = end;
    }
    text += close != NULL;
    out->host = redis_address_part(arena, text, (size_t)(host_end - text));
    if (out->host == NULL) {
        return error_static(ERR_CONFIG, "REDIS_URL: no host");
    }
    return redis_address_port(host_end + (close != NULL), end, out);
}

static struct error
redis_address_tcp(struct arena *arena, const char *rest, struct redis_address *out)
{
    size_t length = strcspn(rest, "/");
    const char *at = memrchr(rest, '@', length);

    if (rest[length] == '/') {
        const char *database = rest + length + 1;
        TRY(redis_address_database(arena, database, strlen(database), out));
    }
    if (at != NULL) {
        redis_address_credentials(arena, rest, (size_t)(at - rest), out);
        length -= (size_t)(at + 1 - rest);
        rest = at + 1;
    }
    return redis_address_host(arena, rest, length, out);
}

struct error
redis_address_parse(struct arena *arena, const char *url, struct redis_address *out)
{
    struct redis_address address = { 0 };
    struct error error =
        error_static(ERR_CONFIG, "REDIS_URL: redis://[:password@]host:port or unix:///path");

    if (strncmp(url, "redis://", 8) == 0) {
        error = redis_address_tcp(arena, url + 8, &address);
    } else if (strncmp(url, "unix://", 7) == 0) {
        error = redis_address_unix(arena, url + 7, &address);
    }
    if (!error_is(error)) {
        *out = address;
    }
    return error;
}
