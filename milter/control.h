/* The milter's side of the control protocol. */
#ifndef MILTER_CONTROL_H
#define MILTER_CONTROL_H
#include "control/server.h"
#include "milter/gate.h"

/* One table; each group of commands stands in a file of its own. gate is set by control_start for all of them. */
struct control_server *milter_control_start(struct gate *gate, struct err *err);
struct gate *milter_control_gate(void);

enum control_exit control_quarantine_list(struct control_call *call, struct err *err);
enum control_exit control_quarantine_show(struct control_call *call, struct err *err);
enum control_exit control_quarantine_release(struct control_call *call, struct err *err);
enum control_exit control_quarantine_delete(struct control_call *call, struct err *err);
enum control_exit control_quarantine_reindex(struct control_call *call, struct err *err);
enum control_exit control_quarantine_store(struct control_call *call, struct err *err);
enum control_exit control_quarantine_drop(struct control_call *call, struct err *err);
enum control_exit control_message_test(struct control_call *call, struct err *err);
enum control_exit control_signing_add(struct control_call *call, struct err *err);
enum control_exit control_signing_list(struct control_call *call, struct err *err);
enum control_exit control_signing_remove(struct control_call *call, struct err *err);
enum control_exit control_dmarc_report(struct control_call *call, struct err *err);
enum control_exit control_doctor(struct control_call *call, struct err *err);
/* A text argument, or the empty span. */
struct span control_argument(const struct control_call *call, const char *name);
#endif
