/* vanish.h: the guard against concluding that much of a zone is gone when it is the provider that
 * errs. */
#ifndef INVENTIV_DOMAIN_VANISH_H
#define INVENTIV_DOMAIN_VANISH_H

#include "domain/policy.h"

/* So much of a zone vanishes at once that none of it is concluded to be gone; the counts are those
 * of zone_vanish() in sql/migrations/0013_vanish.sql. */
bool vanish_is_mass(int64_t machines, int64_t vanishing, const struct policy *policy);

#endif
