/* print_configuration: docs/configuration.md, from the settings table. */
#include "base/config.h"

int
main(void)
{
    config_markdown(stdout);
    return 0;
}
