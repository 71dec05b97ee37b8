/* fake_engine.h: an engine that speaks as vLLM does and thinks not at all: it serves whatever
 * model it was started for, once it has "loaded" it. */
#ifndef INVENTIV_MOCKCLOUD_FAKE_ENGINE_H
#define INVENTIV_MOCKCLOUD_FAKE_ENGINE_H

#include "base/config.h"

/* The program `--fake-engine [words] --host H --port P --model M [--served-model-name N]`; other
 * options of vLLM are accepted and ignored.  Ends at SIGTERM, or with 1 when it cannot listen. */
int fake_engine_main(const struct config *config, int argc, char **argv);

#endif
