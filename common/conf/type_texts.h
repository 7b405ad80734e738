/* The checks of text settings, one a type: 0, or -1 with what is wrong and what would be right. text is not empty, printable. */
#ifndef CONF_TYPE_TEXTS_H
#define CONF_TYPE_TEXTS_H
#include "base/err.h"
#include "base/span.h"

int type_check_name(struct span text, struct err *err);
int type_check_token(struct span text, struct err *err);
int type_check_zone(struct span text, struct err *err);
int type_check_path(struct span text, struct err *err);
int type_check_socket(struct span text, struct err *err);
int type_check_sockets(struct span text, struct err *err);
int type_check_listener(struct span text, struct err *err);
int type_check_resolvers(struct span text, struct err *err);
int type_check_trusted(struct span text, struct err *err);
int type_check_redis(struct span text, struct err *err);
int type_check_domains(struct span text, struct err *err);
int type_check_address(struct span text, struct err *err);
int type_check_zones(struct span text, struct err *err);
#endif
