/* cli.h: what every command works with: its arguments, the settings, the API it talks to, and where
 * its answer goes.  Made by main.c; one a process, one thread. */
#ifndef INVENTIV_CLI_CLI_H
#define INVENTIV_CLI_CLI_H

#include "base/arena.h"
#include "base/config.h"
#include "base/http_client.h"
#include "cli/arguments.h"
#include "cli/session.h"
#include "cli/terminal.h"

struct cli {
    struct arena *arena; /* lives as long as the process */
    struct config *config;
    struct http_client *http;
    struct arguments arguments;
    bool json; /* one JSON document on standard output, nothing else */
    struct terminal out;
    struct terminal err;

    struct session session; /* whom we are to the API; see session.h */
    bool session_loaded;

    /* Kept for main.c. */
    bool answered;       /* the one JSON document has been written */
    const char *refusal; /* the API's own JSON about the last error; NULL: none */
};

#endif
