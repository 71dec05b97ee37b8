/* classify.h: turns what came back from a provider of the Scaleway kind into one class of answer.
 * Pure: no I/O, no clock, no memory.  Rests on the error bodies of that API (type, message,
 * resource, resource_id, precondition, fields), as its public clients read them. */
#ifndef INVENTIV_PROVIDER_CLASSIFY_H
#define INVENTIV_PROVIDER_CLASSIFY_H

#include "base/http_client.h"
#include "domain/operation.h"

/* Texts are "" where the body has none, never NULL. */
struct answer_facts {
    enum call_kind kind;
    const char *ref; /* the thing that the path names; "" when it names none */
    enum http_outcome outcome;
    int status;
    bool has_body; /* the body is a JSON object: the API itself spoke */
    const char *type;
    const char *message;
    const char *resource;
    const char *resource_id;
    const char *precondition;
};

/* For 2xx the answer is OK as far as the status goes; whoever reads the body may find it garbage
 * and then takes classify_garbage(). */
enum answer_class classify_answer(const struct answer_facts *facts);

/* A reply that cannot be understood: a mutating call may have been done. */
enum answer_class classify_garbage(enum call_kind kind);

#endif
