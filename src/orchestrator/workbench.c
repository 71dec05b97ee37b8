#include "orchestrator/workbench.h"

#include <string.h>

#include "base/mem.h"

struct workbench_place {
    char *code;
    char *api_url;
    struct provider *provider;
    struct workbench_place *next;
};

struct workbench {
    const struct config *config;
    struct db *db;
    struct http_client *http;
    struct publisher *publisher;
    struct workbench_place *places;
};

struct workbench *
workbench_new(const struct config *config)
{
    struct workbench *workbench = mem_zalloc(sizeof *workbench);

    workbench->config = config;
    workbench->db = db_new(config, "inventiv-orchestrator");
    workbench->publisher = publisher_new(config);
    workbench->http =
        http_client_new((size_t)config_count(config, SETTING_HEALTH_CHECK_PROBES_AT_ONCE));
    return workbench;
}

static void
workbench_drop_place(struct workbench_place *place)
{
    provider_free(place->provider);
    mem_free(place->code);
    mem_free(place->api_url);
    mem_free(place);
}

void
workbench_free(struct workbench *workbench)
{
    if (workbench == NULL) {
        return;
    }
    while (workbench->places != NULL) {
        struct workbench_place *next = workbench->places->next;
        workbench_drop_place(workbench->places);
        workbench->places = next;
    }
    publisher_free(workbench->publisher);
    http_client_free(workbench->http);
    db_free(workbench->db);
    mem_free(workbench);
}

struct db *
workbench_db(struct workbench *workbench)
{
    return workbench->db;
}

struct http_client *
workbench_http(struct workbench *workbench)
{
    return workbench->http;
}

struct publisher *
workbench_publisher(struct workbench *workbench)
{
    return workbench->publisher;
}

struct error
workbench_provider(struct workbench *workbench, struct arena *arena, const char *code,
                   const char *driver, const char *api_url, const char *prefix,
                   struct provider **out)
{
    struct provider_options options =
        provider_options_load(arena, workbench->config, code, driver, api_url, prefix);
    struct workbench_place **place = &workbench->places;

    while (*place != NULL && strcmp((*place)->code, code) != 0) {
        place = &(*place)->next;
    }
    if (*place != NULL && strcmp((*place)->api_url, options.api_url) != 0) {
        struct workbench_place *moved = *place; /* The row's URL has changed. */
        *place = moved->next;
        workbench_drop_place(moved);
        return workbench_provider(workbench, arena, code, driver, api_url, prefix, out);
    }
    if (*place == NULL) {
        struct provider *provider = NULL;
        TRY(provider_new(arena, &options, &provider));
        struct workbench_place *added = mem_zalloc(sizeof *added);
        *added = (struct workbench_place){ mem_strdup(code), mem_strdup(options.api_url), provider,
                                           workbench->places };
        workbench->places = added;
        *out = provider;
        return NO_ERROR;
    }
    *out = (*place)->provider;
    return NO_ERROR;
}
