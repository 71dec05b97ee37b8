#include "domain/alert.h"

#include <string.h>

const char *
alert_name_text(enum alert_name name)
{
    static const char *const names[] = {
#define X(id, name, severity) name,
        ALERT_NAMES(X)
#undef X
    };

    return names[name];
}

bool
alert_name_parse(const char *text, enum alert_name *out)
{
    for (int name = 0; name < ALERT_NAME_COUNT_; name++) {
        if (strcmp(alert_name_text((enum alert_name)name), text) == 0) {
            *out = (enum alert_name)name;
            return true;
        }
    }
    return false;
}

const char *
alert_severity(enum alert_name name)
{
    static const char *const severities[] = {
#define X(id, name, severity) severity,
        ALERT_NAMES(X)
#undef X
    };

    return severities[name];
}
