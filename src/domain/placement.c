#include "domain/placement.h"

enum placement_verdict
placement_judge(const struct placement *placement)
{
    const struct {
        bool holds;
        enum placement_verdict otherwise;
    } conditions[] = {
        { placement->names_zone, PLACEMENT_NO_ZONE },
        { placement->names_type, PLACEMENT_NO_TYPE },
        { placement->names_model, PLACEMENT_NO_MODEL },
        { placement->has_provider, PLACEMENT_BAD_PROVIDER },
        { placement->has_zone, PLACEMENT_BAD_ZONE },
        { placement->has_type, PLACEMENT_BAD_TYPE },
        { placement->has_model, PLACEMENT_BAD_MODEL },
        { placement->gpu_count * placement->vram_per_gpu_gb >= placement->required_vram_gb,
          PLACEMENT_TOO_SMALL },
    };

    for (unsigned i = 0; i < sizeof conditions / sizeof conditions[0]; i++) {
        if (!conditions[i].holds) {
            return conditions[i].otherwise;
        }
    }
    return PLACEMENT_FITS;
}

static const struct {
    const char *code;
    const char *field;
    const char *message;
} placement_texts[] = {
#define X(id, code, field, message) { code, field, message },
    PLACEMENT_VERDICTS(X)
#undef X
};

const char *
placement_code(enum placement_verdict verdict)
{
    return placement_texts[verdict].code;
}

const char *
placement_field(enum placement_verdict verdict)
{
    return placement_texts[verdict].field;
}

const char *
placement_message(enum placement_verdict verdict)
{
    return placement_texts[verdict].message;
}
