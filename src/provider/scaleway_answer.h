/* scaleway_answer.h: takes the reply that lies in step->http: ends the step with its answer, or
 * leaves it open because a further request is wanted. */
#ifndef INVENTIV_PROVIDER_SCALEWAY_ANSWER_H
#define INVENTIV_PROVIDER_SCALEWAY_ANSWER_H

#include "provider/scaleway_step.h"

void scaleway_answer(struct scaleway_step *step);
void scaleway_answer_end(struct scaleway_step *step, enum answer_class class, const char *message);

#endif
