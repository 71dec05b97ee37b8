/* scripted_server.h: an HTTP server that answers with exactly the bytes it is told, cut, held back
 * or wrong, on a thread of its own.  Serves one connection after the other, one request each. */
#ifndef INVENTIV_TESTS_SCRIPTED_SERVER_H
#define INVENTIV_TESTS_SCRIPTED_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum scripted_end {
    SCRIPTED_CLOSE, /* after the bytes */
    SCRIPTED_HOLD,  /* keeps the connection open and says nothing more */
    SCRIPTED_RESET, /* a TCP reset after the bytes */
};

/* The first rule whose text stands in the request's first line, and that has turns left, answers;
 * no such rule: the connection is closed without a word. */
struct scripted_rule {
    const char *when; /* "" = every request */
    int turns;        /* 0 = for ever */
    const char *bytes;
    size_t repeat; /* the bytes follow this often again, for bodies without end */
    enum scripted_end end;
};

struct scripted_server;

/* Listens on a free port of 127.0.0.1; the rules are copied, their texts are not. */
struct scripted_server *scripted_server_start(const struct scripted_rule *rules, size_t count);
void scripted_server_stop(struct scripted_server *server);
int scripted_server_port(const struct scripted_server *server);

/* Requests read so far, and one of them whole (first line, headers, body); NULL past the end. */
size_t scripted_server_count(struct scripted_server *server);
const char *scripted_server_request(struct scripted_server *server, struct arena *arena, size_t at);

/* A whole reply; headers are further lines, each with its CR LF. */
const char *scripted_reply(struct arena *arena, const char *status, const char *content_type,
                           const char *headers, const char *body);
/* 200 OK with JSON. */
const char *scripted_json(struct arena *arena, const char *body);

#endif
