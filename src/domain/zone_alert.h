/* zone_alert.h: what it says of a zone that the provider refuses a call there, and when that is over.
 * A refusal opens or touches the alert and lets the zone rest, in one cycle: the rest ends a pause's
 * length after the alert was last touched.  Pure. */
#ifndef INVENTIV_DOMAIN_ZONE_ALERT_H
#define INVENTIV_DOMAIN_ZONE_ALERT_H

#include <stdint.h>

#include "domain/alert.h"
#include "domain/operation.h"

struct zone_alert_facts {
    enum alert_name name;
    int64_t touched_ms; /* the last refusal */
    int64_t listed_ms;  /* when a list was asked for that was answered; 0: none was */
    int64_t created_ms; /* when a machine was last made in the zone; 0: never */
};

/* False: the answer says nothing about the account, and the zone does not rest for it. */
bool zone_alert_of(enum answer_class answer, enum alert_name *out);
/* Credentials: a list was answered that was asked for as long a time after the rest as the rest takes,
 * without another refusal: a key may be good for lists alone, and who waited for the rest has asked by
 * then.  Quota: a machine was made since, or that time has passed: nobody asks any more. */
bool zone_alert_is_over(const struct zone_alert_facts *facts, int64_t rest_ms, int64_t now_ms);

#endif
