/* Opening and closing what the sessions share. */
#ifndef MILTER_OPEN_H
#define MILTER_OPEN_H
#include "milter/gate.h"

/* Directories, key, stores, inspector, snapshot. NULL with a taught error. */
struct gate *gate_open(const struct settings *settings, struct err *err);
void gate_keep_house(struct gate *gate); /* hourly: expiry */
void gate_close(
    struct gate *
        gate); /* the stores write what they hold; gate and stores stay until the process ends */
#endif
