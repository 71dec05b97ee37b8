/* registry.c: which drivers there are, and the opening of one of them. */
#include "provider/provider.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "provider/scaleway.h"

/* Slots for drivers; registering is a test's business and happens before threads start. */
enum { REGISTRY_SLOTS = 8 };

static const struct provider_ops *registry_drivers[REGISTRY_SLOTS] = { &scaleway };

void
provider_register(const struct provider_ops *ops)
{
    for (size_t i = 0; i < REGISTRY_SLOTS; i++) {
        if (registry_drivers[i] == NULL || registry_drivers[i] == ops) {
            registry_drivers[i] = ops;
            return;
        }
    }
    assert(false && "more drivers than slots");
}

static const struct provider_ops *
registry_find(const char *driver)
{
    for (size_t i = 0; i < REGISTRY_SLOTS && registry_drivers[i] != NULL; i++) {
        if (strcmp(registry_drivers[i]->driver, driver) == 0) {
            return registry_drivers[i];
        }
    }
    return NULL;
}

struct error
provider_new(struct arena *arena, const struct provider_options *options, struct provider **out)
{
    const struct provider_ops *ops = registry_find(options->driver);
    if (ops == NULL) {
        return error_make(arena, ERR_CONFIG, "provider %s: there is no driver '%s'", options->code,
                          options->driver);
    }
    struct provider *provider = mem_zalloc(sizeof(*provider));
    provider->ops = ops;
    provider->code = mem_strdup(options->code);
    struct error error = ops->open(provider, arena, options);
    if (error_is(error)) {
        mem_free(provider->code);
        mem_free(provider);
        return error;
    }
    *out = provider;
    return NO_ERROR;
}

void
provider_free(struct provider *provider)
{
    if (provider != NULL) {
        provider->ops->close(provider);
        mem_free(provider->code);
        mem_free(provider);
    }
}

/* A call may be run again: nothing of an earlier answer must survive. */
static void
registry_clear_answer(struct provider_call *call)
{
    call->class = ANSWER_TRANSIENT;
    call->message = "";
    call->retry_after_ms = -1;
    call->duration_ms = 0;
    call->new_ref = "";
    call->servers = NULL;
    call->server_count = 0;
    call->volumes = NULL;
    call->volume_count = 0;
    call->addresses = NULL;
    call->address_count = 0;
    call->security_groups = NULL;
    call->security_group_count = 0;
    call->types = NULL;
    call->type_count = 0;
}

void
provider_run(struct provider *provider, struct arena *arena, struct provider_call **calls,
             size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert((int)calls[i]->kind >= 0 && calls[i]->kind < CALL_KIND_COUNT_);
        registry_clear_answer(calls[i]);
    }
    if (count > 0) {
        provider->ops->run(provider, arena, calls, count);
    }
}

struct provider_options
provider_options_load(struct arena *arena, const struct config *config, const char *code,
                      const char *driver, const char *api_url, const char *prefix)
{
    const char *other_url = config_prefixed(arena, prefix, "_API_URL");
    return (struct provider_options){
        .code = code,
        .driver = driver,
        .api_url = other_url != NULL ? other_url : api_url,
        .secret_key = config_prefixed(arena, prefix, "_SECRET_KEY"),
        .project_id = config_prefixed(arena, prefix, "_PROJECT_ID"),
        .call_timeout_ms = config_ms(config, SETTING_PROVIDER_CALL_TIMEOUT_SECONDS),
        .connect_timeout_ms = config_ms(config, SETTING_PROVIDER_CONNECT_TIMEOUT_SECONDS),
        .calls_at_once = (size_t)config_count(config, SETTING_PROVIDER_CALLS_AT_ONCE),
        .reply_max = (size_t)config_count(config, SETTING_PROVIDER_REPLY_MAX_BYTES),
        .page_rows = (size_t)config_count(config, SETTING_PROVIDER_PAGE_ROWS),
        .pages_max = (size_t)config_count(config, SETTING_PROVIDER_PAGES_MAX),
    };
}
