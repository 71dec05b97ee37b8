#include "cli/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

struct error
session_url(struct arena *arena, const char *given, const char **out)
{
    size_t length = strlen(given);
    bool fits = strncmp(given, "http://", 7) == 0 || strncmp(given, "https://", 8) == 0;

    while (length > 0 && given[length - 1] == '/') {
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)given[i];
        fits = fits && byte > ' ' && byte < 0x7f && strchr("@?#\\\"<>", byte) == NULL;
    }
    if (!fits || given[length - 1] == ':') {
        return error_make(arena, ERR_INPUT,
                          "'%s' is no address of an API; it looks like http://127.0.0.1:8003",
                          given);
    }
    *out = arena_strndup(arena, given, length);
    return NO_ERROR;
}

static const char *
session_folder(struct arena *arena, const struct config *config)
{
    const char *chosen = config_text(config, SETTING_INVENTIV_CONFIG_DIR);
    const char *home = getenv("HOME");

    if (chosen[0] != '\0') {
        return chosen;
    }
    return arena_printf(arena, "%s/.config/inventiv", home == NULL ? "" : home);
}

static const char *
session_path(struct arena *arena, const struct config *config)
{
    return arena_printf(arena, "%s/session.json", session_folder(arena, config));
}

/* {"current": URL, "sessions": {URL: {"login", "token", "expires_at"}}}; a new reference. */
static json_t *
session_read_all(struct arena *arena, const struct config *config)
{
    json_t *all = NULL;
    struct error error = json_parse_file(arena, session_path(arena, config), &all);

    if (error_is(error) || !json_is_object(json_object_get(all, "sessions"))) {
        json_decref(all);
        return json_pack("{s:s, s:{}}", "current", "", "sessions");
    }
    return all;
}

struct session
session_read(struct arena *arena, const struct config *config, const char *url)
{
    CLEANUP_JSON json_t *all = session_read_all(arena, config);
    const char *wanted = url == NULL ? json_get_string(all, "current", "") : url;
    const json_t *kept = json_object_get(json_object_get(all, "sessions"), wanted);
    int64_t expires_at_ms = json_get_i64(kept, "expires_at", 0);
    bool lives = expires_at_ms > clock_wall_ms();

    return (struct session){
        .url = wanted[0] == '\0' ? NULL : arena_strdup(arena, wanted),
        .login = arena_strdup(arena, json_get_string(kept, "login", "")),
        .token = lives ? arena_strdup(arena, json_get_string(kept, "token", NULL)) : NULL,
        .expires_at_ms = expires_at_ms,
    };
}

/* Every missing folder of the path. */
static struct error
session_make_folder(struct arena *arena, const char *folder)
{
    char *path = arena_strdup(arena, folder);

    for (char *slash = path + 1; *path != '\0'; slash++) {
        if (*slash != '/' && *slash != '\0') {
            continue;
        }
        bool last = *slash == '\0';
        *slash = '\0';
        if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST) {
            return error_make(arena, ERR_IO, "cannot make the folder %s: %s (INVENTIV_CONFIG_DIR)",
                              path, strerror(errno));
        }
        if (last) {
            break;
        }
        *slash = '/';
    }
    return NO_ERROR;
}

static bool
session_write_file(int descriptor, const char *text)
{
    size_t length = strlen(text);
    bool written = write(descriptor, text, length) == (ssize_t)length && fsync(descriptor) == 0;

    return close(descriptor) == 0 && written;
}

/* A reader sees the old file or the new one, whole; nobody else sees either. */
static struct error
session_write_all(struct arena *arena, const struct config *config, const json_t *all)
{
    const char *path = session_path(arena, config);
    char *made = arena_printf(arena, "%s.XXXXXX", path);

    TRY(session_make_folder(arena, session_folder(arena, config)));
    int descriptor = mkostemp(made, O_CLOEXEC);
    if (descriptor < 0) {
        return error_make(arena, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    }
    if (!session_write_file(descriptor, json_text(arena, all)) || rename(made, path) != 0) {
        int reason = errno;
        unlink(made);
        return error_make(arena, ERR_IO, "cannot write %s: %s", path, strerror(reason));
    }
    return NO_ERROR;
}

struct error
session_write(struct arena *arena, const struct config *config, const struct session *session,
              bool current)
{
    CLEANUP_JSON json_t *all = session_read_all(arena, config);
    json_t *kept = json_pack("{s:s, s:s, s:I}", "login", session->login, "token", session->token,
                             "expires_at", (json_int_t)session->expires_at_ms);

    json_object_set_new(json_object_get(all, "sessions"), session->url, kept);
    if (current || json_get_string(all, "current", "")[0] == '\0') {
        json_object_set_new(all, "current", json_string(session->url));
    }
    return session_write_all(arena, config, all);
}

struct error
session_remove(struct arena *arena, const struct config *config, const char *url)
{
    CLEANUP_JSON json_t *all = session_read_all(arena, config);

    json_object_del(json_object_get(all, "sessions"), url);
    return session_write_all(arena, config, all);
}
