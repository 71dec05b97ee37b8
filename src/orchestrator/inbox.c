#include "orchestrator/inbox.h"

#include <pthread.h>
#include <stdio.h>

#include "base/digest.h"
#include "base/mem.h"

struct inbox {
    pthread_mutex_t lock; /* holds what follows */
    size_t room;
    char (*ids)[UUID_TEXT_SIZE];
    struct inbox_content content; /* without the ids */
};

struct inbox *
inbox_new(const struct config *config)
{
    struct inbox *inbox = mem_zalloc(sizeof *inbox);

    pthread_mutex_init(&inbox->lock, NULL);
    inbox->room = (size_t)config_count(config, SETTING_COMMANDS_WAITING_MAX);
    inbox->ids = mem_zalloc(sizeof *inbox->ids * inbox->room);
    return inbox;
}

void
inbox_free(struct inbox *inbox)
{
    if (inbox == NULL) {
        return;
    }
    pthread_mutex_destroy(&inbox->lock);
    mem_free(inbox->ids);
    mem_free(inbox);
}

void
inbox_add_instance(struct inbox *inbox, const char *instance_id, const struct job *job)
{
    pthread_mutex_lock(&inbox->lock);
    struct inbox_content *content = &inbox->content;
    if (content->instance_count < inbox->room) {
        char *place = inbox->ids[content->instance_count++];
        snprintf(place, UUID_TEXT_SIZE, "%s", instance_id);
    }
    content->woken[job_index(job)] = true;
    pthread_mutex_unlock(&inbox->lock);
}

void
inbox_add_request(struct inbox *inbox, const struct job *job)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->content.requested[job_index(job)] = true;
    pthread_mutex_unlock(&inbox->lock);
}

struct inbox_content
inbox_take(struct inbox *inbox, struct arena *arena)
{
    pthread_mutex_lock(&inbox->lock);
    struct inbox_content content = inbox->content;
    const char **ids = arena_array(arena, const char *, content.instance_count + 1);
    for (size_t i = 0; i < content.instance_count; i++) {
        ids[i] = arena_strdup(arena, inbox->ids[i]);
    }
    inbox->content = (struct inbox_content){ 0 };
    pthread_mutex_unlock(&inbox->lock);
    content.instance_ids = ids;
    return content;
}
