/* alert.h: the alerts that jobs open, touch and resolve (table alerts).  Adding one is adding a line
 * here and its page in docs/runbooks/. */
#ifndef INVENTIV_DOMAIN_ALERT_H
#define INVENTIV_DOMAIN_ALERT_H

#include <stdbool.h>

/* X(id, name, severity) */
#define ALERT_NAMES(X)                                                                             \
    X(MASS_VANISH, "MassVanish", "critical")                                                       \
    X(ORPHANS_FOUND, "OrphansFound", "warning")                                                    \
    X(PROVIDER_QUOTA, "ProviderQuota", "warning")                                                  \
    X(PROVIDER_CREDENTIALS_REFUSED, "ProviderCredentialsRefused", "critical")

enum alert_name {
#define X(id, name, severity) ALERT_##id,
    ALERT_NAMES(X)
#undef X
        ALERT_NAME_COUNT_
};

const char *alert_name_text(enum alert_name name);
bool alert_name_parse(const char *text, enum alert_name *out);
const char *alert_severity(enum alert_name name); /* "info", "warning", "critical" */

#endif
