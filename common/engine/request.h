/* What a check is told when it is started: copies, since it may answer after the transaction is gone. */
#ifndef ENGINE_REQUEST_H
#define ENGINE_REQUEST_H
#include "engine/decide.h"

/* For the caller to unpin. */
struct check_request *request_new(struct deciding *d, size_t index);
#endif
