/* states_page.h: docs/states.md, from the tables in src/domain/. */
#ifndef INVENTIV_TOOLS_STATES_PAGE_H
#define INVENTIV_TOOLS_STATES_PAGE_H

#include <stdio.h>

void states_page_print(FILE *out);

#endif
