/* provider.h: what every provider's driver can do, as one table of functions.  A driver turns
 * calls into the provider's own API and answers into the classes of domain/operation.h; nothing
 * outside provider/ sees a status code.  Drivers decide nothing and remember nothing. */
#ifndef INVENTIV_PROVIDER_PROVIDER_H
#define INVENTIV_PROVIDER_PROVIDER_H

#include "base/config.h"
#include "base/http_client.h"
#include "domain/operation.h"

/* One call: zero-initialise, set kind and zone and what the kind needs, run, read the answer.
 * Everything is borrowed; answers live in the arena given to provider_run(). */
struct provider_call {
    enum call_kind kind;
    const char *zone;

    /* What it is about, where the kind has an object: GET, DELETE, POWER*, TAGS, USER_DATA_PUT,
     * RESIZE; for SECURITY_GROUP_ATTACH the server. */
    const char *ref;
    /* SERVER_CREATE, SECURITY_GROUP_CREATE: the new thing's name. */
    const char *name;
    /* SERVER_CREATE, SERVER_TAGS, VOLUME_RESIZE, SECURITY_GROUP_CREATE: tags to have (all of them);
     * SERVER_LIST, VOLUME_LIST, ADDRESS_LIST, SECURITY_GROUP_LIST: only things that carry all of
     * these. */
    const char *const *tags;
    size_t tag_count;
    /* SERVER_CREATE */
    const char *instance_type;
    const char *image; /* NULL: the driver's own for that type */
    bool diskless;     /* the type boots from network storage alone: no volumes named */
    /* USER_DATA_PUT: the text.  VOLUME_RESIZE: the new size, 0 to change tags alone, and the
     * volume's type, which says where the provider keeps it. */
    const char *user_data;
    int64_t size_bytes;
    const char *volume_type; /* also for VOLUME_GET and VOLUME_DELETE; "" when not known */
    /* SECURITY_GROUP_RULES: TCP ports to let in.  SECURITY_GROUP_ATTACH: the group. */
    const int *ports;
    size_t port_count;
    const char *security_group_ref;
    /* For people and traces: sent along as headers where the provider allows. */
    const char *correlation_id;
    /* Called once when the request is on the wire; may be NULL.  Only for mutating kinds. */
    void (*on_sent)(void *argument);
    void *on_sent_argument;
    /* Called after each page of a list but the last; may be NULL. */
    void (*on_page)(void *argument);
    void *on_page_argument;

    /* The answer. */
    enum answer_class class;
    const char *message;    /* for people, without secrets; "" when OK */
    int64_t retry_after_ms; /* -1: not told */
    int64_t duration_ms;
    const char *new_ref; /* SERVER_CREATE, SECURITY_GROUP_CREATE when OK; else "" */
    /* SERVER_CREATE, SERVER_GET: one; SERVER_LIST: all pages, or the call did not succeed. */
    const struct server_view *servers;
    size_t server_count;
    const struct volume_view *volumes; /* VOLUME_GET: one; VOLUME_LIST: both APIs together */
    size_t volume_count;
    const struct address_view *addresses;
    size_t address_count;
    const struct security_group_view *security_groups;
    size_t security_group_count;
    const struct type_view *types; /* TYPE_LIST */
    size_t type_count;
};

/* One provider row with its credentials; made from the row and the environment. */
struct provider;

struct provider_options {
    const char *code;   /* the row's code */
    const char *driver; /* "scaleway" */
    const char *api_url;
    const char *secret_key;
    const char *project_id;
    int64_t call_timeout_ms;
    int64_t connect_timeout_ms;
    size_t calls_at_once;
    size_t reply_max;
    size_t page_rows;
    size_t pages_max;
};

struct provider_ops {
    const char *driver;
    /* ERR_CONFIG when an option is missing or has the wrong form. */
    struct error (*open)(struct provider *provider, struct arena *arena,
                         const struct provider_options *options);
    void (*close)(struct provider *provider);
    /* Runs all calls at once and returns when each has its answer.  Never fails as a whole. */
    void (*run)(struct provider *provider, struct arena *arena, struct provider_call **calls,
                size_t count);
};

struct provider {
    const struct provider_ops *ops;
    char *code;
    void *driver; /* the driver's own */
};

/* Finds the driver and opens it; ERR_CONFIG names what is missing.  The caller frees *out with
 * provider_free(), which accepts NULL.  A provider belongs to one thread at a time. */
MUST_CHECK struct error
provider_new(struct arena *arena, const struct provider_options *options, struct provider **out);
void provider_free(struct provider *provider);
void provider_run(struct provider *provider, struct arena *arena, struct provider_call **calls,
                  size_t count);

/* Options from settings and the environment: PREFIX_API_URL (else the row's own), PREFIX_SECRET_KEY,
 * PREFIX_PROJECT_ID. */
struct provider_options
provider_options_load(struct arena *arena, const struct config *config, const char *code,
                      const char *driver, const char *api_url, const char *prefix);

/* Adds a driver to the registry (tests use it for the provider in memory). */
void provider_register(const struct provider_ops *ops);

#endif
