#include "worker/identity.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "worker/state_dir.h"

static const char *
identity_path(struct arena *arena, const struct identity *identity)
{
    return arena_printf(arena, "%s/identity.json", identity->options->state_dir);
}

static struct error
identity_keep(struct arena *arena, const struct identity *identity)
{
    CLEANUP_JSON json_t *kept =
        json_pack("{s:s, s:I, s:s, s:b}", "instance_id", identity->options->instance_id,
                  "generation", (json_int_t)identity->options->generation, "worker_secret",
                  identity->secret, "enrolled", identity->enrolled ? 1 : 0);

    if (kept == NULL) {
        return error_static(ERR_INPUT, "INSTANCE_ID is not valid UTF-8");
    }
    return state_file_write(arena, identity_path(arena, identity), json_text(arena, kept));
}

static bool
identity_is_secret(const char *text)
{
    return strlen(text) == 2 * (size_t)IDENTITY_SECRET_BYTES &&
           strspn(text, "0123456789abcdef") == strlen(text);
}

/* False when nothing usable is kept, or it is of another instance or generation. */
static bool
identity_recall(struct arena *arena, struct identity *out)
{
    CLEANUP_JSON json_t *kept = NULL;
    const char *text = state_file_read(arena, identity_path(arena, out));

    if (text == NULL || error_is(json_parse(arena, text, strlen(text), &kept))) {
        return false;
    }
    const char *secret = json_get_string(kept, "worker_secret", "");
    if (strcmp(json_get_string(kept, "instance_id", ""), out->options->instance_id) != 0 ||
        json_get_i64(kept, "generation", -1) != out->options->generation ||
        !identity_is_secret(secret)) {
        return false;
    }
    memcpy(out->secret, secret, sizeof out->secret);
    out->enrolled = json_get_bool(kept, "enrolled", false);
    return true;
}

/* The environment's token counts before the file's, as in the existing agent. */
static void
identity_load_token(struct arena *arena, struct identity *out)
{
    const struct worker_options *options = out->options;
    const char *token = options->auth_token;

    if (token[0] == '\0' && options->auth_token_file[0] != '\0') {
        token = state_file_read(arena, options->auth_token_file);
    }
    if (token != NULL) {
        snprintf(out->token, sizeof out->token, "%s", token);
        out->token[strcspn(out->token, " \t\r\n")] = '\0';
    }
}

struct error
identity_load(struct arena *arena, const struct worker_options *options, struct identity *out)
{
    *out = (struct identity){ .options = options };
    if (!identity_enrols(out)) {
        identity_load_token(arena, out);
        return NO_ERROR;
    }
    if (identity_recall(arena, out)) {
        return NO_ERROR;
    }
    digest_random_hex(out->secret, IDENTITY_SECRET_BYTES);
    return identity_keep(arena, out);
}

bool
identity_enrols(const struct identity *identity)
{
    return identity->options->enrolment_token[0] != '\0';
}

const char *
identity_register_bearer(const struct identity *identity)
{
    return identity_enrols(identity) ? identity->options->enrolment_token : identity->token;
}

const char *
identity_beat_bearer(const struct identity *identity)
{
    return identity_enrols(identity) ? identity->secret : identity->token;
}

struct error
identity_set_enrolled(struct arena *arena, struct identity *identity)
{
    if (identity->enrolled || !identity_enrols(identity)) {
        return NO_ERROR;
    }
    identity->enrolled = true;
    return identity_keep(arena, identity);
}

struct error
identity_adopt(struct arena *arena, struct identity *identity, const char *token)
{
    const char *path = identity->options->auth_token_file;

    if (identity_enrols(identity) || identity->token[0] != '\0') {
        return NO_ERROR;
    }
    snprintf(identity->token, sizeof identity->token, "%s", token);
    if (path[0] == '\0') {
        return NO_ERROR;
    }
    return state_file_write(arena, path, token);
}
