#include "cli/instance_text.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/time_text.h"

const char *
instance_address(struct arena *arena, const json_t *instance)
{
    const char *address = json_get_string(instance, "ip_address", "");

    return arena_strndup(arena, address, strcspn(address, "/"));
}

const char *
instance_code(const json_t *instance, const char *what, const char *fallback)
{
    bool zone = strcmp(what, "zone") == 0;
    const char *name = json_get_string(instance, what, fallback);

    return json_get_string(instance, zone ? "zone_code" : "instance_type_code", name);
}

const char *
instance_model(const json_t *instance)
{
    return json_get_string(instance, "model_code", json_get_string(instance, "model_name", ""));
}

const char *
instance_money(struct arena *arena, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? arena_printf(arena, "%.4f", json_number_value(value))
                                 : json_get_string(object, key, "");
}

const char *
instance_age(struct arena *arena, const json_t *object, const char *key)
{
    int64_t at_ms;

    return time_parse(json_get_string(object, key, NULL), &at_ms)
               ? time_age(arena, clock_wall_ms() - at_ms)
               : "";
}

const char *
instance_error(struct arena *arena, const json_t *instance)
{
    const char *code = json_get_string(instance, "error_code", "");
    const char *message = json_get_string(instance, "error_message", "");

    return arena_printf(arena, "%s%s%s", code, code[0] != '\0' && message[0] != '\0' ? ": " : "",
                        message);
}
