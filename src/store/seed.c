/* seed.c: checks a catalogue file and hands it, whole, to one statement (migrate.h). */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/migrate.h"

enum seed_kind {
    SEED_TEXT,
    SEED_CODE,   /* a-z 0-9 - */
    SEED_PREFIX, /* of variables: A-Z 0-9 _ */
    SEED_URL,
    SEED_NUMBER,
    SEED_LIST, /* of objects, which somebody else checks */
};

/* What the tables demand (migration 0003), told before the database would. */
struct seed_field {
    const char *name;
    enum seed_kind kind;
    bool required;
    int64_t min; /* of a number; the least length of a text */
    int64_t max;
};

enum { SEED_TEXT_MAX = 4000, SEED_CODE_MAX = 40, SEED_PORT_MAX = 65535, SEED_NUMBER_MAX = 1 << 30 };

static const struct seed_field seed_file_fields[] = {
    { "providers", SEED_LIST, false, 0, 0 },
    { "models", SEED_LIST, false, 0, 0 },
};
static const struct seed_field seed_provider_fields[] = {
    { "code", SEED_CODE, true, 1, SEED_CODE_MAX },
    { "name", SEED_TEXT, true, 1, SEED_TEXT_MAX },
    { "description", SEED_TEXT, false, 0, SEED_TEXT_MAX },
    { "driver", SEED_CODE, true, 1, SEED_CODE_MAX },
    { "api_url", SEED_URL, true, 1, SEED_TEXT_MAX },
    { "credentials_prefix", SEED_PREFIX, true, 1, SEED_CODE_MAX },
    { "ssh_port", SEED_NUMBER, true, 1, SEED_PORT_MAX },
    { "worker_port", SEED_NUMBER, true, 1, SEED_PORT_MAX },
    { "engine_port", SEED_NUMBER, true, 1, SEED_PORT_MAX },
    { "install_profile", SEED_CODE, true, 1, SEED_CODE_MAX },
    { "engine_command", SEED_TEXT, false, 0, SEED_TEXT_MAX },
    { "heartbeat_seconds", SEED_NUMBER, false, 1, 3600 },
    { "regions", SEED_LIST, true, 0, 0 },
};
static const struct seed_field seed_region_fields[] = {
    { "code", SEED_CODE, true, 1, SEED_CODE_MAX },
    { "name", SEED_TEXT, true, 1, SEED_TEXT_MAX },
    { "zones", SEED_LIST, true, 0, 0 },
};
static const struct seed_field seed_zone_fields[] = {
    { "code", SEED_CODE, true, 1, SEED_CODE_MAX },
    { "name", SEED_TEXT, true, 1, SEED_TEXT_MAX },
};
static const struct seed_field seed_model_fields[] = {
    { "model_id", SEED_TEXT, true, 1, SEED_TEXT_MAX },
    { "name", SEED_TEXT, true, 1, SEED_TEXT_MAX },
    { "required_vram_gb", SEED_NUMBER, true, 0, SEED_NUMBER_MAX },
    { "context_length", SEED_NUMBER, true, 1, SEED_NUMBER_MAX },
    { "data_volume_gb", SEED_NUMBER, false, 1, SEED_NUMBER_MAX },
};

/* One level of the file: a list of objects, each with a key of its own. */
struct seed_level {
    const char *list;  /* the member that holds the list */
    const char *thing; /* what an entry is called in messages */
    const char *key;   /* tells the entries apart */
    const struct seed_field *fields;
    size_t field_count;
    const struct seed_level *below; /* NULL: nothing inside an entry */
};

#define SEED_FIELDS(array) (array), ARRAY_LENGTH(array)
static const struct seed_level seed_zones = { "zones", "zone", "code",
                                              SEED_FIELDS(seed_zone_fields), NULL };
static const struct seed_level seed_regions = { "regions", "region", "code",
                                                SEED_FIELDS(seed_region_fields), &seed_zones };
static const struct seed_level seed_providers = { "providers", "provider", "code",
                                                  SEED_FIELDS(seed_provider_fields),
                                                  &seed_regions };
static const struct seed_level seed_models = { "models", "model", "model_id",
                                               SEED_FIELDS(seed_model_fields), NULL };

static bool
seed_consists_of(const char *text, const char *first, const char *others)
{
    return text[0] != '\0' && strchr(first, text[0]) != NULL &&
           strspn(text, others) == strlen(text);
}

/* NULL when the value is what the field wants; else what it must be. */
static const char *
seed_text_fault(struct arena *arena, const struct seed_field *field, const char *text)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    static const char capital[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char variable[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    int64_t length = (int64_t)strlen(text);

    if (length < field->min || length > field->max) {
        return arena_printf(arena, "a text of %lld to %lld bytes", (long long)field->min,
                            (long long)field->max);
    }
    if (field->kind == SEED_CODE && !seed_consists_of(text, small, small)) {
        return "made of a-z, 0-9 and -";
    }
    if (field->kind == SEED_PREFIX && !seed_consists_of(text, capital, variable)) {
        return "made of A-Z, 0-9 and _, a letter first";
    }
    if (field->kind == SEED_URL && strncmp(text, "http://", 7) != 0 &&
        strncmp(text, "https://", 8) != 0) {
        return "an http:// or https:// address";
    }
    return NULL;
}

static const char *
seed_fault(struct arena *arena, const struct seed_field *field, const json_t *value)
{
    switch (field->kind) {
    case SEED_TEXT:
    case SEED_CODE:
    case SEED_PREFIX:
    case SEED_URL:
        return json_is_string(value) ? seed_text_fault(arena, field, json_string_value(value))
                                     : "a text";
    case SEED_NUMBER:
        if (json_is_integer(value) && json_integer_value(value) >= field->min &&
            json_integer_value(value) <= field->max) {
            return NULL;
        }
        return arena_printf(arena, "a whole number from %lld to %lld", (long long)field->min,
                            (long long)field->max);
    case SEED_LIST:
        return json_is_array(value) ? NULL : "a list";
    }
    return NULL;
}

static const struct seed_field *
seed_field_find(const struct seed_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

/* what: the object, for messages ("provider 'scaleway'"). */
static struct error
seed_check_object(struct arena *arena, const char *what, json_t *object,
                  const struct seed_field *fields, size_t count)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object)) {
        return error_make(arena, ERR_INPUT, "%s is not an object", what);
    }
    json_object_foreach(object, name, value)
    {
        const struct seed_field *field = seed_field_find(fields, count, name);
        if (field == NULL) {
            return error_make(arena, ERR_INPUT, "%s has an unknown field '%s'", what, name);
        }
        const char *wanted =
            json_is_null(value) && !field->required ? NULL : seed_fault(arena, field, value);
        if (wanted != NULL) {
            return error_make(arena, ERR_INPUT, "%s: '%s' must be %s, and is %.60s", what, name,
                              wanted, json_text(arena, value));
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].required && json_object_get(object, fields[i].name) == NULL) {
            return error_make(arena, ERR_INPUT, "%s lacks '%s'", what, fields[i].name);
        }
    }
    return NO_ERROR;
}

/* An entry by its key where it has one, else by its number. */
static const char *
seed_name_entry(struct arena *arena, const char *outside, const struct seed_level *level,
                const json_t *entry, size_t index)
{
    const char *key = json_get_string(entry, level->key, NULL);

    return key != NULL ? arena_printf(arena, "%s%s '%s'", outside, level->thing, key)
                       : arena_printf(arena, "%s%s number %zu", outside, level->thing, index + 1);
}

static bool
seed_is_double(const json_t *list, size_t index, const char *key)
{
    const char *own = json_get_string(json_array_get(list, index), key, "");

    for (size_t i = 0; i < index; i++) {
        if (strcmp(json_get_string(json_array_get(list, i), key, ""), own) == 0) {
            return true;
        }
    }
    return false;
}

/* outside: where the list stands ("provider 'scaleway', "). */
static struct error
seed_check_level(struct arena *arena, const char *outside, const struct seed_level *level,
                 const json_t *holder)
{
    const json_t *list = json_object_get(holder, level->list);

    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        const char *what = seed_name_entry(arena, outside, level, entry, i);
        TRY(seed_check_object(arena, what, entry, level->fields, level->field_count));
        if (seed_is_double(list, i, level->key)) {
            return error_make(arena, ERR_INPUT, "%s stands twice in the file", what);
        }
        if (level->below != NULL) {
            TRY(seed_check_level(arena, arena_printf(arena, "%s, ", what), level->below, entry));
        }
    }
    return NO_ERROR;
}

/* A zone's code is unique in its provider, across regions. */
static struct error
seed_check_zones(struct arena *arena, const json_t *provider)
{
    json_t *seen CLEANUP_JSON = json_object();
    size_t region_index;
    size_t zone_index;
    json_t *region;
    json_t *zone;

    json_array_foreach(json_object_get(provider, "regions"), region_index, region)
    {
        json_array_foreach(json_object_get(region, "zones"), zone_index, zone)
        {
            const char *code = json_get_string(zone, "code", "");
            if (json_object_get(seen, code) != NULL) {
                return error_make(arena, ERR_INPUT, "provider '%s': zone '%s' is in two regions",
                                  json_get_string(provider, "code", ""), code);
            }
            json_object_set_new(seen, code, json_true());
        }
    }
    return NO_ERROR;
}

static struct error
seed_check(struct arena *arena, json_t *catalogue)
{
    size_t index;
    json_t *provider;

    TRY(seed_check_object(arena, "the catalogue", catalogue, SEED_FIELDS(seed_file_fields)));
    if (json_object_size(catalogue) == 0) {
        return error_static(ERR_INPUT, "the catalogue has neither 'providers' nor 'models'");
    }
    TRY(seed_check_level(arena, "", &seed_providers, catalogue));
    TRY(seed_check_level(arena, "", &seed_models, catalogue));
    json_array_foreach(json_object_get(catalogue, "providers"), index, provider)
    {
        TRY(seed_check_zones(arena, provider));
    }
    return NO_ERROR;
}

static struct error
seed_apply(struct arena *arena, const struct config *config, const json_t *catalogue)
{
    struct db *db = db_new(config, "inventiv-seed");
    struct db_rows rows;
    struct error error =
        db_run(db, arena, Q_SEED_CATALOGUE, &rows, DB_PARAMS(db_json(arena, catalogue)));

    db_free(db);
    return error;
}

struct error
migrate_seed(struct arena *arena, const struct config *config, const char *path)
{
    json_t *catalogue CLEANUP_JSON = NULL;

    TRY(json_parse_file(arena, path, &catalogue));
    struct error error = seed_check(arena, catalogue);
    if (error_is(error)) {
        return error_make(arena, error.code, "%s: %s", path, error.message);
    }
    return seed_apply(arena, config, catalogue);
}
