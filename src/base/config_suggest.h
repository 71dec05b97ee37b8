/* config_suggest.h: finds environment variables that look like settings and are none. */
#ifndef INVENTIV_BASE_CONFIG_SUGGEST_H
#define INVENTIV_BASE_CONFIG_SUGGEST_H

/* Calls warn(name, nearest known name) for each variable that is unknown and begins with a prefix
 * of the table ("RECOVERY_", "JOB_", ...). */
void
config_warn_unknown(char *const *environment, void (*warn)(const char *name, const char *nearest));

#endif
