/* control_explain.c - explain: why a message was treated so; both daemons are asked. */
#include "control/decision_row.h"
#include "policyd/control.h"
#include "policyd/milter_link.h"

#define MILTER_TIMEOUT_MS 3000

/* A code or queue id of either daemon: both are asked. */
enum control_exit control_explain(struct control_call *call, struct err *err)
{
    struct err own, other;
    enum control_exit found = EXIT_INVALID, of_milter;

    err_reset(&own);
    err_reset(&other);
    if (control_shared.decisions != NULL)
        found = (enum control_exit)decision_explain(control_shared.decisions, "policyd",
                                                    control_argument(call, "what"), call, &own);
    of_milter = milter_link_ask("explain", call, MILTER_TIMEOUT_MS, &other);
    if (found == EXIT_OK || of_milter == EXIT_OK)
        return EXIT_OK;
    if (of_milter == EXIT_UNREACHABLE)
        err_set(err, "%s%s%s", own.text, own.text[0] != '\0' ? "; " : "", other.text);
    else
        err_set(err, "%s", other.text[0] == '\0' ? own.text : other.text);
    return EXIT_INVALID;
}
