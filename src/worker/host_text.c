#include "worker/host_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
host_text_load(const char *loadavg, double out[3])
{
    double seen[3];

    if (sscanf(loadavg, "%lf %lf %lf", &seen[0], &seen[1], &seen[2]) != 3) {
        return false;
    }
    memcpy(out, seen, sizeof seen);
    return true;
}

/* The bytes of "NAME:   123 kB", which begins a line of the text. */
static bool
host_text_kilobytes(const char *text, const char *name, int64_t *out)
{
    size_t length = strlen(name);

    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (strncmp(line, name, length) == 0) {
            int64_t kilobytes = strtoll(line + length, NULL, 10);
            *out = kilobytes < 0 || kilobytes > INT64_MAX / 1024 ? 0 : kilobytes * 1024;
            return true;
        }
    }
    return false;
}

bool
host_text_memory(const char *meminfo, int64_t *total_bytes, int64_t *available_bytes)
{
    int64_t total, available;

    if (!host_text_kilobytes(meminfo, "MemTotal:", &total) ||
        !host_text_kilobytes(meminfo, "MemAvailable:", &available) || total <= 0) {
        return false;
    }
    *total_bytes = total;
    *available_bytes = available < total ? available : total;
    return true;
}

bool
host_text_cpu(const char *stat, int64_t *busy, int64_t *all)
{
    int64_t user, nice, kernel, idle, disk, irq = 0, soft = 0, steal = 0;

    /* Guest time stands in user and nice already. */
    int count = sscanf(stat,
                       "cpu %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
                       " %" SCNd64 " %" SCNd64,
                       &user, &nice, &kernel, &idle, &disk, &irq, &soft, &steal);
    if (strncmp(stat, "cpu ", 4) != 0 || count < 5) {
        return false;
    }
    *busy = user + nice + kernel + irq + soft + steal;
    *all = *busy + idle + disk;
    return true;
}

/* One line of /proc/net/dev; false for its head and for loopback. */
static bool
host_text_interface(const char *line, int64_t *received, int64_t *sent)
{
    char name[64];
    int behind = 0;

    if (sscanf(line, " %63[^: \n]:%n", name, &behind) != 1 || behind == 0 ||
        strcmp(name, "lo") == 0) {
        return false;
    }
    return sscanf(line + behind, "%" SCNd64 " %*d %*d %*d %*d %*d %*d %*d %" SCNd64, received,
                  sent) == 2;
}

bool
host_text_network(const char *net_dev, int64_t *received, int64_t *sent)
{
    int64_t rx, tx;
    bool head = strchr(net_dev, '|') != NULL;

    if (!head) {
        return false;
    }
    *received = 0;
    *sent = 0;
    for (const char *line = net_dev; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        if (host_text_interface(line, &rx, &tx)) {
            *received += rx;
            *sent += tx;
        }
    }
    return true;
}

bool
host_text_process(const char *stat, int64_t *group, int64_t *session, int64_t *start_time,
                  char *state)
{
    const char *behind = strrchr(stat, ')');

    /* Fields 3 to 22 of proc(5): state ppid pgrp session ... starttime. */
    return behind != NULL &&
           sscanf(behind + 1,
                  " %c %*d %" SCNd64 " %" SCNd64
                  " %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %" SCNd64,
                  state, group, session, start_time) == 4;
}
