#include "domain/alert.h"

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
