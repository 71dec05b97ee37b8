/* server_fixture.h: an HTTP server on a loop in a thread of its own, for tests that are its
 * clients.  Handlers run in that thread. */
#ifndef INVENTIV_TESTS_SERVER_FIXTURE_H
#define INVENTIV_TESTS_SERVER_FIXTURE_H

#include "base/http_server.h"

struct server_fixture;

/* Zero members get values that suit a test. */
struct server_fixture *server_fixture_new(struct http_server_options options);
struct loop *server_fixture_loop(struct server_fixture *fixture);
struct http_server *server_fixture_server(struct server_fixture *fixture);
int server_fixture_port(const struct server_fixture *fixture);

/* Runs fn on the loop's thread and waits for it. */
void server_fixture_call(struct server_fixture *fixture, loop_fn fn, void *argument);
void server_fixture_start_drain(struct server_fixture *fixture, int64_t limit_ms);
bool server_fixture_is_drained(struct server_fixture *fixture);
bool server_fixture_await_drained(struct server_fixture *fixture); /* false: not in time */
/* Stops the loop, frees the server; what was posted still runs. */
void server_fixture_free(struct server_fixture *fixture);

#endif
