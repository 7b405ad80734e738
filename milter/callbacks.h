/* The milter callbacks: thin; the only code that libmilter calls. */
#ifndef MILTER_CALLBACKS_H
#define MILTER_CALLBACKS_H
#include "milter/gate.h"

/* Registers with libmilter. gate must live as long as the process. */
int callbacks_register(struct gate *gate, struct err *err);
#endif
