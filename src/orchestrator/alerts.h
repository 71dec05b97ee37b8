/* alerts.h: conditions that a cycle saw to hold, or to hold no more: rows for
 * sql/queries/alert_apply.sql.  Opening what is open touches it; resolving what is not open does
 * nothing. */
#ifndef INVENTIV_ORCHESTRATOR_ALERTS_H
#define INVENTIV_ORCHESTRATOR_ALERTS_H

#include "domain/alert.h"
#include "orchestrator/job.h"

/* What an alert is about; scope tells alerts of one name apart (a zone's id, an instance's id). The
 * others may be NULL. */
struct alert_about {
    const char *scope;
    const char *provider_id;
    const char *zone_id;
    const char *instance_id;
    const char *correlation_id;
};

/* opened, resolved: arrays that the caller made and frees.  summary: what is seen and what to do. */
void alert_open(json_t *opened, enum alert_name name, const struct alert_about *about,
                const char *summary);
void alert_resolve(json_t *resolved, enum alert_name name, const char *scope);
/* Either may be NULL.  One statement, none when both are empty; logs what began and what ended. */
MUST_CHECK struct error
alerts_apply(struct job_cycle *cycle, const json_t *opened, const json_t *resolved);

#endif
