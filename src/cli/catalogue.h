/* catalogue.h: models, instance types and zones as the API lists them: finding one by what a person
 * calls it, and what fits where. */
#ifndef INVENTIV_CLI_CATALOGUE_H
#define INVENTIV_CLI_CATALOGUE_H

#include <jansson.h>

#include "cli/cli.h"

/* The catalogue id of the model with that id, engine name or name; ERR_INPUT says what there is. */
MUST_CHECK struct error
catalogue_find_model(struct cli *cli, const char *given, const char **out_id);
/* The code of the one provider with a zone of that name; ERR_INPUT where none or several have. */
MUST_CHECK struct error
catalogue_provider_of_zone(struct cli *cli, const char *zone, const char **out_code);

/* The catalogue id of the zone with that code; provider: its code, NULL where only one has such a zone.
 * ERR_INPUT says what there is. */
MUST_CHECK struct error
catalogue_find_zone(struct cli *cli, const char *zone, const char *provider, const char **out_id);

/* NULL: not in the list. */
const json_t *catalogue_model_in(const json_t *models, const char *given);
bool catalogue_is_active(const json_t *row);
/* The codes of the zones where it can be had now; "" for none. */
const char *catalogue_zones_of(struct arena *arena, const json_t *type);
/* "24 GB"; "-" for none. */
const char *catalogue_gb(struct arena *arena, int64_t gb);
int64_t catalogue_vram_gb(const json_t *type);
bool catalogue_fits(const json_t *model, const json_t *type);
/* The active types, those on which the model (NULL: any) fits, the cheapest first. */
const json_t **
catalogue_by_price(struct arena *arena, const json_t *types, const json_t *model, size_t *count);
/* The cheapest type that can be had somewhere and on which the model fits, those of unknown price
 * last; NULL: none. */
const json_t *catalogue_cheapest(const json_t *types, const json_t *model);

#endif
