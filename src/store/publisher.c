#include "store/publisher.h"

#include "base/mem.h"
#include "store/redis_link.h"

struct publisher {
    struct redis_link *link; /* NULL: no Redis is configured */
};

struct publisher *
publisher_new(const struct config *config)
{
    struct publisher *publisher = mem_zalloc(sizeof *publisher);

    if (config_text(config, SETTING_REDIS_URL)[0] != '\0') {
        publisher->link = redis_link_new(config, "relay");
    }
    return publisher;
}

void
publisher_free(struct publisher *publisher)
{
    if (publisher == NULL) {
        return;
    }
    redis_link_free(publisher->link);
    mem_free(publisher);
}

struct error
publisher_open(struct publisher *publisher, struct arena *arena)
{
    if (publisher->link == NULL || redis_link_open(publisher->link)) {
        return NO_ERROR;
    }
    return error_make(arena, ERR_UNAVAILABLE, "Redis does not answer: %s",
                      publisher_fault(publisher));
}

size_t
publisher_send(struct publisher *publisher, struct arena *arena,
               const struct publication *publications, size_t count)
{
    const char *(*commands)[3] = arena_alloc(arena, sizeof *commands * (count + 1));

    if (publisher->link == NULL) {
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        commands[i][0] = "PUBLISH";
        commands[i][1] = publications[i].channel;
        commands[i][2] = publications[i].message;
    }
    return redis_link_ask_all(publisher->link, count, (const char *const(*)[3])commands);
}

const char *
publisher_fault(const struct publisher *publisher)
{
    return publisher->link == NULL ? "" : redis_link_fault(publisher->link);
}
