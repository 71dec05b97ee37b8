/* print_states.c: prints docs/states.md. */
#include "states_page.h"

int
main(void)
{
    states_page_print(stdout);
    return ferror(stdout) != 0 || fflush(stdout) != 0;
}
