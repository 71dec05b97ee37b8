/* User data: what a server's machine is told at its first boot, and may read at every boot. */
#include <string.h>

#include "base/json.h"
#include "mockcloud/apis.h"
#include "mockcloud/servers.h"

void
api_user_data_list(struct call *call)
{
    const json_t *server = servers_find(call);
    const char *key;
    json_t *value;

    if (server == NULL) {
        return;
    }
    json_t *keys = json_array();
    json_object_foreach(json_object_get(server, "user_data"), key, value)
    {
        json_array_append_new(keys, json_string(key));
    }
    call_reply_named(call, 200, "user_data", keys);
}

void
api_user_data_get(struct call *call)
{
    const json_t *server = servers_find(call);

    if (server == NULL) {
        return;
    }
    const char *text = json_get_string(json_object_get(server, "user_data"), call->key, NULL);
    if (text == NULL) {
        call_not_found(call, "instance_user_data", call->key);
        return;
    }
    call_reply_text(call, 200, text);
}

void
api_user_data_put(struct call *call)
{
    const json_t *server = servers_find(call);
    size_t length;
    const char *text = http_request_body(call->request, &length);

    if (server == NULL) {
        return;
    }
    json_t *value = json_stringn(text, length);
    if (value == NULL || memchr(text, '\0', length) != NULL) {
        json_decref(value);
        call_invalid(call, "content", "format", "must be UTF-8 text");
        return;
    }
    world_set_json(call->world, json_object_get(server, "user_data"), call->key, value);
    call_reply(call, 204, NULL);
}

void
api_user_data_patch(struct call *call)
{
    api_user_data_put(call);
}

void
api_user_data_delete(struct call *call)
{
    const json_t *server = servers_find(call);

    if (server == NULL) {
        return;
    }
    json_t *user_data = json_object_get(server, "user_data");
    if (json_object_get(user_data, call->key) == NULL) {
        call_not_found(call, "instance_user_data", call->key);
        return;
    }
    world_remove(call->world, user_data, call->key);
    call_reply(call, 204, NULL);
}
