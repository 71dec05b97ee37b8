/* operation.h: the vocabulary of calls to a provider and of their answers.  Shared by what
 * decides (domain), what calls (provider) and what records (store). */
#ifndef INVENTIV_DOMAIN_OPERATION_H
#define INVENTIV_DOMAIN_OPERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Mutating calls.  Every one has a row in provider_operations before it is made. */
#define OPERATION_KINDS(X)                                                                         \
    X(SERVER_CREATE, "server_create")                                                              \
    X(SERVER_DELETE, "server_delete")                                                              \
    X(SERVER_POWERON, "server_poweron")                                                            \
    X(SERVER_POWEROFF, "server_poweroff")                                                          \
    X(SERVER_REBOOT, "server_reboot")                                                              \
    X(SERVER_TAGS, "server_tags")                                                                  \
    X(USER_DATA_PUT, "user_data_put")                                                              \
    X(VOLUME_RESIZE, "volume_resize")                                                              \
    X(VOLUME_DELETE, "volume_delete")                                                              \
    X(ADDRESS_DELETE, "address_delete")                                                            \
    X(SECURITY_GROUP_CREATE, "security_group_create")                                              \
    X(SECURITY_GROUP_RULES, "security_group_rules")                                                \
    X(SECURITY_GROUP_ATTACH, "security_group_attach")                                              \
    X(SECURITY_GROUP_DELETE, "security_group_delete")

/* Reading calls. */
#define LOOK_KINDS(X)                                                                              \
    X(SERVER_GET, "server_get")                                                                    \
    X(SERVER_LIST, "server_list")                                                                  \
    X(VOLUME_GET, "volume_get")                                                                    \
    X(VOLUME_LIST, "volume_list")                                                                  \
    X(ADDRESS_GET, "address_get")                                                                  \
    X(ADDRESS_LIST, "address_list")                                                                \
    X(SECURITY_GROUP_LIST, "security_group_list")                                                  \
    X(TYPE_LIST, "type_list")

enum call_kind {
#define X(id, name) CALL_##id,
    OPERATION_KINDS(X) LOOK_KINDS(X)
#undef X
        CALL_KIND_COUNT_
};

/* The tag of a machine that tells which create made it, before the operation's id. */
#define OPERATION_TAG "inventiv-op="
/* The same of the instance that a thing was rented for, before its id. */
#define INSTANCE_TAG "inventiv-instance="

/* What a provider said, classified once, in the driver. */
#define ANSWER_CLASSES(X)                                                                          \
    X(OK, "ok")                                                                                    \
    X(NOT_FOUND, "not_found") /* 404 of that very thing */                                         \
    X(TRANSIENT, "transient") /* surely not done: refused, 429, a failed read */                   \
    X(UNKNOWN, "unknown")     /* a mutating call with 5xx, timeout or cut reply */                 \
    X(OUT_OF_STOCK, "out_of_stock")                                                                \
    X(QUOTA, "quota")                                                                              \
    X(DENIED, "denied") /* 401, 403 */                                                             \
    X(INVALID, "invalid")

enum answer_class {
#define X(id, name) ANSWER_##id,
    ANSWER_CLASSES(X)
#undef X
        ANSWER_CLASS_COUNT_
};

const char *call_kind_name(enum call_kind kind);
bool call_kind_parse(const char *name, enum call_kind *out);
bool call_is_mutating(enum call_kind kind);
const char *answer_class_name(enum answer_class class);
bool answer_class_parse(const char *name, enum answer_class *out);
/* The error code on record for such an answer ("PROVIDER_QUOTA"); "" for OK. */
const char *answer_class_error_code(enum answer_class class);

/* --- what a provider shows; texts are borrowed from an arena, never NULL but where said --- */

#define SERVER_STATES(X)                                                                           \
    X(STOPPED, "stopped")                                                                          \
    X(STARTING, "starting")                                                                        \
    X(RUNNING, "running")                                                                          \
    X(STOPPING, "stopping")                                                                        \
    X(STOPPED_IN_PLACE, "stopped in place")                                                        \
    X(LOCKED, "locked")                                                                            \
    X(OTHER, "other")

enum server_state {
#define X(id, name) SERVER_##id,
    SERVER_STATES(X)
#undef X
};

bool server_state_is_stopped(enum server_state state); /* in place or not */
const char *server_state_name(enum server_state state);
enum server_state server_state_parse(const char *name); /* SERVER_OTHER when unknown */

struct volume_view {
    const char *ref;
    const char *name;
    const char *volume_type; /* "sbs_volume", "l_ssd" */
    int64_t size_bytes;      /* 0: not told */
    bool is_boot;
    const char *server_ref; /* the machine it is attached to; "" when none or not told */
    const char *status;
    const char *const *tags;
    size_t tag_count;
};

struct address_view {
    const char *ref;
    const char *address;    /* "" when not told */
    const char *server_ref; /* "" when attached to nothing */
    const char *const *tags;
    size_t tag_count;
};

struct server_view {
    const char *ref;
    const char *name;
    enum server_state state;
    const char *address;            /* public; "" while there is none */
    const char *security_group_ref; /* "" when none */
    int64_t created_ms;             /* wall, by the provider's clock; 0: not told */
    const char *const *tags;
    size_t tag_count;
    const struct volume_view *volumes;
    size_t volume_count;
    const struct address_view *addresses;
    size_t address_count;
};

struct security_group_view {
    const char *ref;
    const char *name;
    const char *const *tags;
    size_t tag_count;
};

struct type_view {
    const char *code;
    int64_t gpu_count;
    int64_t vram_per_gpu_bytes; /* 0: not told */
    int64_t cpu_count;
    int64_t ram_bytes;
    int64_t bandwidth_bps;
    double cost_per_hour_eur;
    const char *stock; /* "available", "scarce", "shortage", "" when not told */
};

#endif
