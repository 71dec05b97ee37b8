/* fault_latency.h: calls that arrive late.  A call that waits has done nothing yet; it is done in
 * the end even if its client has given up, as with a slow network. */
#ifndef INVENTIV_MOCKCLOUD_FAULT_LATENCY_H
#define INVENTIV_MOCKCLOUD_FAULT_LATENCY_H

#include "mockcloud/call.h"

/* True: go_on(call) comes later, from the loop. */
bool fault_latency_delays(struct call *call, void (*go_on)(struct call *call));

/* At the end: answers 503 to what still waits. */
void fault_latency_stop(struct cloud *cloud);

#endif
