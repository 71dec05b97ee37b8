/* plane_address.h: the address under which the plane sees this machine, as well as it can be told
 * from here. */
#ifndef INVENTIV_WORKER_PLANE_ADDRESS_H
#define INVENTIV_WORKER_PLANE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Splits "http://host:port/path" (also "[::1]"); the port is 80 or 443 where not told.  False when
 * it has no host, or more of it than fits. */
bool
plane_address_split(const char *url, char *host, size_t host_size, char *port, size_t port_size);

/* Writes the source address towards the plane, else one of the host's own name, else "".  Never a
 * loopback address that every machine has.  May block on name resolution. */
void plane_address_find(const char *plane_url, char *out, size_t size);

#endif
