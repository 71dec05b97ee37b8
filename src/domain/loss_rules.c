/* loss_rules.c: what takes an instance that serves out of traffic. */
#include "domain/decide_parts.h"

bool
server_is_stopped(const struct seen *seen)
{
    return seen->server_class == ANSWER_OK && seen->server != NULL &&
           (seen->server->state == SERVER_STOPPED ||
            seen->server->state == SERVER_STOPPED_IN_PLACE);
}

/* Looked at only where the watch-dog has noticed something about the machine. */
bool
loss_step(struct decide_context *c)
{
    if (c->seen->server_ref[0] == '\0') {
        return false;
    }
    if (c->seen->server_class != ANSWER_OK) {
        return decide_retry(c, "the provider does not answer; nothing is concluded");
    }
    if (server_is_stopped(c->seen)) {
        return decide_move(c, RULE_SERVER_STOPPED, "the provider shows the machine stopped");
    }
    return c->seen->server->state != SERVER_RUNNING &&
           decide_wait(c, c->policy->check_base_ms, "the machine is changing by itself");
}
