/* host_text.h: reads the texts of /proc.  Pure; host_sample.h fetches them. */
#ifndef INVENTIV_WORKER_HOST_TEXT_H
#define INVENTIV_WORKER_HOST_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* All are false, the outputs unset, where the text does not have what is asked for. */
bool host_text_load(const char *loadavg, double out[3]);
bool host_text_memory(const char *meminfo, int64_t *total_bytes, int64_t *available_bytes);
/* Ticks of all CPUs since boot: busy, and busy plus idle (idle includes waiting for disks). */
bool host_text_cpu(const char *stat, int64_t *busy, int64_t *all);
/* Bytes since boot over all interfaces but loopback. */
bool host_text_network(const char *net_dev, int64_t *received, int64_t *sent);
/* From /proc/PID/stat: the process group, session, start time (ticks since boot) and state
 * letter.  Names in it may hold any byte. */
bool host_text_process(const char *stat, int64_t *group, int64_t *session, int64_t *start_time,
                       char *state);

#endif
