/* agent_store.h: copies of every agent that was given out lately, each under the hash of its
 * content: a machine that was told of one may come for it when there is a newer one already.
 * Blocks; several processes may share the folder. */
#ifndef INVENTIV_API_AGENT_STORE_H
#define INVENTIV_API_AGENT_STORE_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"

/* 64 hex digits, either case. */
bool agent_store_is_hash(const char *text);

/* Copies the file into the folder, which it makes where it is missing, and removes all but the
 * `keep` newest copies.  The hash is that of the copy. */
MUST_CHECK struct error agent_store_add(struct arena *arena, const char *folder, const char *path,
                                        size_t keep, char hash[DIGEST_HEX_SIZE]);

/* The path of the copy with this hash, in the arena; NULL: there is none. */
const char *agent_store_find(struct arena *arena, const char *folder, const char *hash);

#endif
