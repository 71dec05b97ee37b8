#include "orchestrator/interface.h"

#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/thread_pool.h"

enum {
    INTERFACE_THREADS = 2,
    INTERFACE_WAITING_MAX = 64,
    INTERFACE_BODY_MAX = 4096,
    INTERFACE_CONNECTIONS_MAX = 256,
};

struct interface {
    struct loop *loop;
    const struct config *config;
    struct runner *runner;
    struct pulse *pulse;
    struct wake_listener *listener;
    struct http_server *server;
    struct thread_pool *pool;
    struct db *dbs[INTERFACE_THREADS];
};

/* A request that reads or writes the database, on the pool and back. */
struct interface_task {
    struct interface *interface;
    struct http_request *request;
    const struct job *job; /* to run; NULL: list them */
    int status;
    char *body;
};

static void
interface_reply(struct http_request *request, int status, json_t *body)
{
    const char *text = json_text(http_request_arena(request), body);

    http_request_reply(request, status, "application/json", text, strlen(text));
    json_decref(body);
}

static json_t *
interface_job_row(const struct interface *interface, const struct db_rows *rows, size_t row)
{
    const struct job *job = job_find(row_text(rows, row, "job"));

    return json_pack("{s:s, s:b, s:I, s:I, s:I, s:o, s:o}", "name", row_text(rows, row, "job"),
                     "enabled", job != NULL && runner_is_enabled(interface->runner, job),
                     "last_started_ms", (json_int_t)row_i64(rows, row, "last_started_ms", 0),
                     "last_success_ms", (json_int_t)row_i64(rows, row, "last_success_ms", 0),
                     "failures_in_row", (json_int_t)row_i64(rows, row, "failures_in_row", 0),
                     "error_code", json_string_or_null(row_text_or_null(rows, row, "error_code")),
                     "error_message",
                     json_string_or_null(row_text_or_null(rows, row, "error_message")));
}

static struct error
interface_task_query(struct interface_task *task, struct db *db, struct arena *arena, json_t **out)
{
    struct db_rows rows;

    if (task->job != NULL) {
        TRY(db_run(db, arena, Q_JOB_REQUEST_ADD, &rows, DB_PARAMS(task->job->name, "interface")));
        *out = json_pack("{s:s, s:s, s:I}", "status", "accepted", "job", task->job->name,
                         "request_id", (json_int_t)row_i64(&rows, 0, "id", 0));
        return NO_ERROR;
    }
    TRY(db_run0(db, arena, Q_JOB_LIST, &rows));
    *out = json_array();
    for (size_t i = 0; i < rows.count; i++) {
        json_array_append_new(*out, interface_job_row(task->interface, &rows, i));
    }
    return NO_ERROR;
}

static void
interface_task_reply(void *argument)
{
    struct interface_task *task = argument;

    http_request_reply(task->request, task->status, "application/json", task->body,
                       strlen(task->body));
    if (task->job != NULL && task->status == 202) {
        pulse_kick(task->interface->pulse); /* ... or another orchestrator takes it up */
    }
    mem_free(task->body);
    mem_free(task);
}

static void
interface_task_run(void *argument, size_t slot)
{
    struct interface_task *task = argument;
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *body = NULL;
    struct error error = interface_task_query(task, task->interface->dbs[slot], arena, &body);

    task->status = task->job == NULL ? 200 : 202;
    if (error_is(error)) {
        task->status = error.code == ERR_UNAVAILABLE ? 503 : 500;
        body =
            json_pack("{s:s, s:s}", "error", error_code_name(error.code), "message", error.message);
    }
    task->body = mem_strdup(json_text(arena, body));
    loop_post(task->interface->loop, interface_task_reply, task);
}

static void
interface_task_start(struct interface *interface, struct http_request *request,
                     const struct job *job)
{
    struct interface_task *task = mem_zalloc(sizeof *task);

    *task = (struct interface_task){ .interface = interface, .request = request, .job = job };
    if (!thread_pool_add(interface->pool, interface_task_run, task)) {
        mem_free(task);
        http_request_add_header(request, "Retry-After", "1");
        http_request_reply_error(request, 503, "overloaded", "too many requests wait");
    }
}

static void
interface_ready(struct interface *interface, struct http_request *request)
{
    bool database = pulse_is_up(interface->pulse);
    bool redis = interface->listener == NULL || wake_listener_is_up(interface->listener);

    interface_reply(request, database && redis ? 200 : 503,
                    json_pack("{s:b, s:b, s:b}", "ready", database && redis, "database", database,
                              "redis", redis));
}

static bool
interface_is_allowed(const struct interface *interface, const struct http_request *request)
{
    const char *given = http_request_header(request, "Authorization");
    const char *wanted = config_text(interface->config, SETTING_ORCHESTRATOR_TOKEN);

    return given != NULL && strncmp(given, "Bearer ", 7) == 0 && digest_equal(given + 7, wanted);
}

/* The job of /jobs/{name}/run, or NULL. */
static const struct job *
interface_run_path(const char *path)
{
    for (size_t i = 0; i < job_count; i++) {
        size_t length = strlen(jobs[i]->name);
        if (strncmp(path, "/jobs/", 6) == 0 && strncmp(path + 6, jobs[i]->name, length) == 0 &&
            strcmp(path + 6 + length, "/run") == 0) {
            return jobs[i];
        }
    }
    return NULL;
}

static void
interface_handle(struct http_request *request, void *context)
{
    struct interface *interface = context;
    const char *path = http_request_path(request);
    bool get = strcmp(http_request_method(request), "GET") == 0;
    bool post = strcmp(http_request_method(request), "POST") == 0;

    if (get && strcmp(path, "/healthz") == 0) {
        http_request_reply(request, 200, "text/plain", "ok\n", 3);
    } else if (get && strcmp(path, "/readyz") == 0) {
        interface_ready(interface, request);
    } else if (!interface_is_allowed(interface, request)) {
        http_request_reply_error(request, 401, "unauthorized", "ORCHESTRATOR_TOKEN is needed");
    } else if (get && strcmp(path, "/jobs") == 0) {
        interface_task_start(interface, request, NULL);
    } else if (post && interface_run_path(path) != NULL) {
        interface_task_start(interface, request, interface_run_path(path));
    } else {
        http_request_reply_error(request, 404, "not_found", "no such path or job");
    }
}

struct error
interface_new(struct loop *loop, struct arena *arena, const struct config *config,
              struct runner *runner, struct pulse *pulse, struct wake_listener *listener,
              struct interface **out)
{
    struct interface *interface = mem_zalloc(sizeof *interface);
    struct http_server_options options = {
        .listen = config_text(config, SETTING_ORCHESTRATOR_LISTEN),
        .handler = interface_handle,
        .context = interface,
        .body_max = INTERFACE_BODY_MAX,
        .connections_max = INTERFACE_CONNECTIONS_MAX,
        .request_timeout_ms = config_ms(config, SETTING_DATABASE_STATEMENT_TIMEOUT_SECONDS),
    };

    *interface = (struct interface){
        .loop = loop, .config = config, .runner = runner, .pulse = pulse, .listener = listener
    };
    struct error error = http_server_new(loop, arena, &options, &interface->server);
    if (error_is(error)) {
        mem_free(interface);
        return error;
    }
    interface->pool = thread_pool_new("interface", INTERFACE_THREADS, INTERFACE_WAITING_MAX);
    for (size_t i = 0; i < INTERFACE_THREADS; i++) {
        interface->dbs[i] = db_new(config, "inventiv-orchestrator-interface");
    }
    *out = interface;
    return NO_ERROR;
}

void
interface_drain(struct interface *interface, int64_t limit_ms, loop_fn done, void *argument)
{
    http_server_drain(interface->server, limit_ms, done, argument);
}

void
interface_free(struct interface *interface)
{
    if (interface == NULL) {
        return;
    }
    thread_pool_free(interface->pool);
    http_server_free(interface->server);
    for (size_t i = 0; i < INTERFACE_THREADS; i++) {
        db_free(interface->dbs[i]);
    }
    mem_free(interface);
}
