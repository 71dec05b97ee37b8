/* scaleway_step.h: inside the Scaleway driver.  A call is a small state machine: prepare the next
 * request, take its reply, until nothing more is wanted.  scaleway.c turns the rounds; the files
 * beside it know the requests and replies of one kind of thing each. */
#ifndef INVENTIV_PROVIDER_SCALEWAY_STEP_H
#define INVENTIV_PROVIDER_SCALEWAY_STEP_H

#include "base/json.h"
#include "provider/provider.h"

/* An open driver. */
struct scaleway_driver {
    struct http_client *http;
    char *api_url; /* without a slash at its end */
    char *secret_key;
    char *token_header;
    char *agent_header;
    char *project_id;
    int64_t call_timeout_ms;
    int64_t connect_timeout_ms;
    size_t reply_max;
    size_t page_rows;
    size_t pages_max;
};

enum scaleway_verdict {
    SCALEWAY_DONE,
    SCALEWAY_MORE,    /* prepare another request */
    SCALEWAY_GARBAGE, /* cannot be understood, or contradicts itself; step->note says how */
};

/* Volumes live in two APIs, and types have their stock beside them. */
enum scaleway_stage { SCALEWAY_FIRST, SCALEWAY_SECOND };

struct scaleway_step {
    const struct scaleway_driver *driver;
    struct arena *arena;
    struct provider_call *call;
    enum scaleway_stage stage;
    bool ended;
    bool asked; /* at least one request was made */
    const char *note;
    struct http_call http;

    /* A list being read: the page asked for, distinct rows of this stage so far, and who was seen
     * (id -> stage). */
    size_t page;
    size_t seen_count;
    json_t *seen;
    /* Rows kept, of the type that the call's kind shows. */
    void *rows;
    size_t row_count;
    size_t row_capacity;
};

/* One kind of call. */
struct scaleway_kind {
    bool needs_ref;
    /* Fills step->http; false when no such request can be written (the call is INVALID). */
    bool (*prepare)(struct scaleway_step *step);
    /* Reads the body of a 2xx.  NULL: an empty body or any JSON object will do. */
    enum scaleway_verdict (*take)(struct scaleway_step *step, const json_t *body);
};

extern const struct scaleway_kind scaleway_kinds[CALL_KIND_COUNT_];

/* --- requests (scaleway_request.c) --- */

/* Percent-encodes one segment of a path or one value of a query. */
const char *scaleway_encode(struct arena *arena, const char *text);
/* The URL of the call's zone in one of the APIs: api is "instance" or "block", rest starts with a
 * slash. */
const char *scaleway_url(struct scaleway_step *step, const char *api, const char *rest);
/* The rest of a path that ends with the call's ref: "/servers/" -> "/servers/<ref>". */
const char *scaleway_by_ref(struct scaleway_step *step, const char *folder, const char *tail);
bool scaleway_ask(struct scaleway_step *step, const char *method, const char *url);
/* Takes the body over; false when it is NULL (text that is no UTF-8). */
bool scaleway_send(struct scaleway_step *step, const char *method, const char *url, json_t *body);
bool scaleway_send_text(struct scaleway_step *step, const char *method, const char *url,
                        const char *text);
json_t *scaleway_tags_json(const struct provider_call *call);

/* --- lists (scaleway_list.c) --- */

/* A GET of step->page of a list in the instance API, or in the block API; filtered by project
 * and tags where the list allows it. */
bool scaleway_list_ask(struct scaleway_step *step, const char *rest, bool filtered);
bool scaleway_list_ask_block(struct scaleway_step *step, const char *rest);
/* Takes one page.  rows: an array of objects with ids, or an object of rows by name.  keep is
 * called once for each distinct row; false from it makes the page garbage. */
enum scaleway_verdict
scaleway_list_take(struct scaleway_step *step, const json_t *body, const char *member,
                   bool (*keep)(struct scaleway_step *step, const char *id, const json_t *row));
/* Begins the second list of a call. */
void scaleway_list_next_stage(struct scaleway_step *step);
/* A further row of row_size bytes, zeroed. */
void *scaleway_list_add(struct scaleway_step *step, size_t row_size);

/* --- bodies (scaleway_json.c); views are copied into the arena; false: no id --- */

bool scaleway_read_server(struct arena *arena, const json_t *server, struct server_view *out);
bool scaleway_read_volume(struct arena *arena, const json_t *volume, struct volume_view *out);
bool scaleway_read_block_volume(struct arena *arena, const json_t *volume, struct volume_view *out);
bool scaleway_read_address(struct arena *arena, const json_t *ip, struct address_view *out);
bool scaleway_read_group(struct arena *arena, const json_t *group, struct security_group_view *out);
/* The thing's tags hold all those that the call asks for. */
bool scaleway_has_tags(const struct provider_call *call, const json_t *thing);
/* body[member] is an object with the call's ref as its id. */
bool scaleway_is_about_ref(const struct scaleway_step *step, const json_t *thing);

/* --- kinds --- */

bool scaleway_server_create_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_server_create_take(struct scaleway_step *step, const json_t *body);
bool scaleway_server_delete_prepare(struct scaleway_step *step);
bool scaleway_server_action_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_server_action_take(struct scaleway_step *step, const json_t *body);
bool scaleway_server_tags_prepare(struct scaleway_step *step);
/* The reply to a PATCH of a server. */
enum scaleway_verdict scaleway_server_patch_take(struct scaleway_step *step, const json_t *body);
bool scaleway_user_data_prepare(struct scaleway_step *step);
bool scaleway_server_get_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_server_get_take(struct scaleway_step *step, const json_t *body);
bool scaleway_server_list_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_server_list_take(struct scaleway_step *step, const json_t *body);

bool scaleway_volume_get_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_volume_get_take(struct scaleway_step *step, const json_t *body);
bool scaleway_volume_resize_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_volume_resize_take(struct scaleway_step *step, const json_t *body);
bool scaleway_volume_delete_prepare(struct scaleway_step *step);
bool scaleway_volume_list_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_volume_list_take(struct scaleway_step *step, const json_t *body);
/* After a not_found: true, and the step moved on, when the block API must be asked, too. */
bool scaleway_volume_try_block(struct scaleway_step *step);

bool scaleway_address_get_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_address_get_take(struct scaleway_step *step, const json_t *body);
bool scaleway_address_delete_prepare(struct scaleway_step *step);
bool scaleway_address_list_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_address_list_take(struct scaleway_step *step, const json_t *body);

bool scaleway_group_create_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_group_create_take(struct scaleway_step *step, const json_t *body);
bool scaleway_group_rules_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_group_rules_take(struct scaleway_step *step, const json_t *body);
bool scaleway_group_attach_prepare(struct scaleway_step *step);
bool scaleway_group_delete_prepare(struct scaleway_step *step);
bool scaleway_group_list_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_group_list_take(struct scaleway_step *step, const json_t *body);

bool scaleway_type_list_prepare(struct scaleway_step *step);
enum scaleway_verdict scaleway_type_list_take(struct scaleway_step *step, const json_t *body);

#endif
