#include "api/agent_binary.h"

#include <strings.h>
#include <sys/stat.h>

#include "base/mem.h"

struct agent_binary {
    char *path;
    char hash[DIGEST_HEX_SIZE]; /* "": not readable */
    struct timespec changed_at;
    off_t size;
};

static void
agent_binary_look(struct agent_binary *agent)
{
    struct stat about;

    if (stat(agent->path, &about) != 0) {
        agent->hash[0] = '\0';
        return;
    }
    if (agent->hash[0] != '\0' && about.st_size == agent->size &&
        about.st_mtim.tv_sec == agent->changed_at.tv_sec &&
        about.st_mtim.tv_nsec == agent->changed_at.tv_nsec) {
        return;
    }
    agent->changed_at = about.st_mtim;
    agent->size = about.st_size;
    if (!digest_file_sha256_hex(agent->path, agent->hash)) {
        agent->hash[0] = '\0';
    }
}

struct agent_binary *
agent_binary_new(const char *path)
{
    struct agent_binary *agent = mem_zalloc(sizeof *agent);

    agent->path = mem_strdup(path);
    agent_binary_look(agent);
    return agent;
}

void
agent_binary_free(struct agent_binary *agent)
{
    if (agent != NULL) {
        mem_free(agent->path);
        mem_free(agent);
    }
}

void
agent_binary_serve(struct api *api, struct http_request *request, const char *hash)
{
    struct agent_binary *agent = api->agent;

    agent_binary_look(agent);
    if (agent->hash[0] == '\0' || strcasecmp(agent->hash, hash) != 0) {
        http_request_reply_error(request, 404, "not_found", "no agent with this hash");
        return;
    }
    http_request_reply_file(request, agent->path, "application/octet-stream");
}
