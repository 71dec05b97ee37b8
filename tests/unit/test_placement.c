/* What can be placed: each thing that may be wrong, and their order. */
#include <stddef.h>

#include "check.h"
#include "domain/placement.h"

/* Everything named, known, and the model just fits. */
static const struct placement placement_good = {
    .names_zone = true,
    .names_type = true,
    .names_model = true,
    .has_provider = true,
    .has_zone = true,
    .has_type = true,
    .has_model = true,
    .gpu_count = 2,
    .vram_per_gpu_gb = 80,
    .required_vram_gb = 160,
};

struct placement_case {
    const char *name;
    size_t flaw; /* offset of the flag that is false; SIZE_MAX: none */
    enum placement_verdict wanted;
    const char *code;
    const char *field;
};

#define FLAW(flag) offsetof(struct placement, flag)

static const struct placement_case placement_cases[] = {
    { "all is well", SIZE_MAX, PLACEMENT_FITS, "", "" },
    { "no zone", FLAW(names_zone), PLACEMENT_NO_ZONE, "MISSING_PARAMS", "zone" },
    { "no type", FLAW(names_type), PLACEMENT_NO_TYPE, "MISSING_PARAMS", "instance_type" },
    { "no model", FLAW(names_model), PLACEMENT_NO_MODEL, "MISSING_MODEL", "model_id" },
    { "provider", FLAW(has_provider), PLACEMENT_BAD_PROVIDER, "INVALID_PROVIDER", "provider_code" },
    { "zone", FLAW(has_zone), PLACEMENT_BAD_ZONE, "INVALID_ZONE", "zone" },
    { "type", FLAW(has_type), PLACEMENT_BAD_TYPE, "INVALID_INSTANCE_TYPE", "instance_type" },
    { "model", FLAW(has_model), PLACEMENT_BAD_MODEL, "INVALID_MODEL", "model_id" },
};

static void
test_flaws(void)
{
    for (size_t i = 0; i < sizeof placement_cases / sizeof placement_cases[0]; i++) {
        const struct placement_case *each = &placement_cases[i];
        struct placement placement = placement_good;
        if (each->flaw != SIZE_MAX) {
            *(bool *)((char *)&placement + each->flaw) = false;
        }
        enum placement_verdict verdict = placement_judge(&placement);
        CHECK_CASE(verdict == each->wanted, each->name);
        CHECK_STR(placement_code(verdict), each->code);
        CHECK_STR(placement_field(verdict), each->field);
        CHECK_CASE((placement_message(verdict)[0] == '\0') == (verdict == PLACEMENT_FITS),
                   each->name);
    }
}

static void
test_first_flaw(void)
{
    struct placement nothing = { .required_vram_gb = 1 };

    CHECK(placement_judge(&nothing) == PLACEMENT_NO_ZONE);
    nothing.names_zone = nothing.names_type = nothing.names_model = true;
    CHECK(placement_judge(&nothing) == PLACEMENT_BAD_PROVIDER);
}

static void
test_memory(void)
{
    static const struct {
        int64_t gpus;
        int64_t each_gb;
        int64_t needed_gb;
        bool fits;
    } cases[] = {
        { 0, 0, 0, true },    { 0, 0, 1, false },    { 1, 24, 24, true }, { 1, 24, 25, false },
        { 8, 80, 640, true }, { 8, 80, 641, false }, { 1, 0, 0, true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct placement placement = placement_good;
        placement.gpu_count = cases[i].gpus;
        placement.vram_per_gpu_gb = cases[i].each_gb;
        placement.required_vram_gb = cases[i].needed_gb;
        CHECK_I64(placement_judge(&placement),
                  cases[i].fits ? PLACEMENT_FITS : PLACEMENT_TOO_SMALL);
    }
}

int
main(void)
{
    check_run("each thing that is wrong with a request has its code and field", test_flaws);
    check_run("the first thing that is wrong is the one that is told", test_first_flaw);
    check_run("a model fits when all the GPUs together have its memory", test_memory);
    return check_end();
}
