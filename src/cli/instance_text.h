/* instance_text.h: single facts of the API's Instance, as tables and sentences show them. */
#ifndef INVENTIV_CLI_INSTANCE_TEXT_H
#define INVENTIV_CLI_INSTANCE_TEXT_H

#include <jansson.h>

#include "base/arena.h"

/* Without the "/32" of the wire; "" when none. */
const char *instance_address(struct arena *arena, const json_t *instance);
/* Of its "zone" or "instance_type": what deploy takes, not the name. */
const char *instance_code(const json_t *instance, const char *what, const char *fallback);
const char *instance_model(const json_t *instance);
/* "0.4200"; "" when not known. */
const char *instance_money(struct arena *arena, const json_t *object, const char *key);
/* Age of the time under the key. */
const char *instance_age(struct arena *arena, const json_t *object, const char *key);
/* "CODE: message", either, or "". */
const char *instance_error(struct arena *arena, const json_t *instance);

#endif
