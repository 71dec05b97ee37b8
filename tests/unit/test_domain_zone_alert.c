/* Refusals of a provider: which alert each opens, and what ends it. */
#include "check.h"
#include "domain/zone_alert.h"

enum { NOW = 1000000, REST = 60000 };

struct zone_alert_case {
    const char *name;
    struct zone_alert_facts facts;
    bool is_over;
};

#define DENIED ALERT_PROVIDER_CREDENTIALS_REFUSED
#define QUOTA ALERT_PROVIDER_QUOTA

/* Columns: alert; last refusal, last list, last machine made. */
static const struct zone_alert_case zone_alert_cases[] = {
    { "denied: no list was answered", { DENIED, NOW - 600000, 0, 0 }, false },
    { "denied: a list from before", { DENIED, NOW - 600000, NOW - 700000, 0 }, false },
    { "denied: a list while the zone rests", { DENIED, NOW - 10000, NOW, 0 }, false },
    { "denied: at the rest's very end", { DENIED, NOW - REST, NOW, 0 }, false },
    { "denied: a list right after the rest", { DENIED, NOW - REST - 1, NOW, 0 }, false },
    { "denied: twice the rest, not yet over", { DENIED, NOW - 2 * REST, NOW, 0 }, false },
    { "denied: a list after twice the rest", { DENIED, NOW - 2 * REST - 1, NOW, 0 }, true },
    { "denied: a machine that was made says nothing of lists",
      { DENIED, NOW - 600000, 0, NOW },
      false },
    { "quota: refused just now", { QUOTA, NOW, NOW, 0 }, false },
    { "quota: a list says nothing of it", { QUOTA, NOW - REST - 1, NOW, 0 }, false },
    { "quota: a machine from before", { QUOTA, NOW - 10000, NOW, NOW - 20000 }, false },
    { "quota: a machine since", { QUOTA, NOW - 10000, NOW, NOW - 9999 }, true },
    { "quota: twice the rest without a refusal, not yet over",
      { QUOTA, NOW - 2 * REST, NOW, 0 },
      false },
    { "quota: twice the rest without a refusal", { QUOTA, NOW - 2 * REST - 1, NOW, 0 }, true },
    { "another alert is not its matter", { ALERT_MASS_VANISH, NOW - 600000, NOW, NOW }, false },
};

static void
test_ends(void)
{
    for (size_t i = 0; i < sizeof zone_alert_cases / sizeof zone_alert_cases[0]; i++) {
        const struct zone_alert_case *each = &zone_alert_cases[i];
        CHECK_CASE(zone_alert_is_over(&each->facts, REST, NOW) == each->is_over, each->name);
    }
}

static void
test_answers(void)
{
    for (int answer = 0; answer < ANSWER_CLASS_COUNT_; answer++) {
        enum alert_name name = ALERT_NAME_COUNT_;
        bool is_refusal = answer == ANSWER_DENIED || answer == ANSWER_QUOTA;
        CHECK_CASE(zone_alert_of((enum answer_class)answer, &name) == is_refusal,
                   answer_class_name((enum answer_class)answer));
        CHECK_CASE((name == ALERT_NAME_COUNT_) == !is_refusal,
                   answer_class_name((enum answer_class)answer));
    }
}

int
main(void)
{
    check_run("what a refusal opened ends when the zone is seen to work again", test_ends);
    check_run("denied and quota are the account's matter, nothing else is", test_answers);
    return check_end();
}
