/* text_distance.h: how far apart two names are, for saying what somebody may have meant. */
#ifndef INVENTIV_BASE_TEXT_DISTANCE_H
#define INVENTIV_BASE_TEXT_DISTANCE_H

/* Levenshtein's distance, of the first 96 bytes of each. */
unsigned text_distance(const char *a, const char *b);

#endif
