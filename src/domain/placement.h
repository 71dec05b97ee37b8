/* placement.h: whether what somebody asks for can be placed: everything named and known, and the
 * model fits the machine's GPUs.  Pure. */
#ifndef INVENTIV_DOMAIN_PLACEMENT_H
#define INVENTIV_DOMAIN_PLACEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* X(id, code on the wire, field of the request, message for people) */
#define PLACEMENT_VERDICTS(X)                                                                      \
    X(FITS, "", "", "")                                                                            \
    X(NO_ZONE, "MISSING_PARAMS", "zone", "say in which zone: \"zone\" is missing")                 \
    X(NO_TYPE, "MISSING_PARAMS", "instance_type",                                                  \
      "say on which kind of machine: \"instance_type\" is missing")                                \
    X(NO_MODEL, "MISSING_MODEL", "model_id", "say which model: \"model_id\" is missing")           \
    X(BAD_PROVIDER, "INVALID_PROVIDER", "provider_code", "no such active provider")                \
    X(BAD_ZONE, "INVALID_ZONE", "zone", "no such active zone of this provider")                    \
    X(BAD_TYPE, "INVALID_INSTANCE_TYPE", "instance_type",                                          \
      "no such instance type of this provider, or it is not available in this zone")               \
    X(BAD_MODEL, "INVALID_MODEL", "model_id", "no such active model")                              \
    X(TOO_SMALL, "INCOMPATIBLE_MODEL_INSTANCE", "model_id",                                        \
      "the model needs more GPU memory than this instance type has")

enum placement_verdict {
#define X(id, code, field, message) PLACEMENT_##id,
    PLACEMENT_VERDICTS(X)
#undef X
};

struct placement {
    bool names_zone; /* the request names one */
    bool names_type;
    bool names_model;
    bool has_provider; /* it is known and active */
    bool has_zone;
    bool has_type; /* and available in the zone */
    bool has_model;
    int64_t gpu_count;
    int64_t vram_per_gpu_gb;
    int64_t required_vram_gb;
};

/* The first thing that is wrong, in the order of the list above. */
enum placement_verdict placement_judge(const struct placement *placement);

const char *placement_code(enum placement_verdict verdict);
const char *placement_field(enum placement_verdict verdict);
const char *placement_message(enum placement_verdict verdict);

#endif
