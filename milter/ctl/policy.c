/* policy: `policy test`: what policyd would answer to a request of Postfix. */
#include "milter/ctl/nouns.h"
#include "milter/ctl/print.h"

int policy_test_run(struct ctl *ctl, const struct arguments *arguments)
{
    struct control_sink sink = {print_row, NULL, ctl};
    struct ctl_question question = {.command = "policy.test", .role = ROLE_READ, .sink = &sink};
    json_t *attributes = json_object();
    const char *pair;
    size_t at = 0;

    while ((pair = arguments_next(arguments, "ATTR=VALUE", &at))) {
        struct span value = span_of(pair), name;

        span_cut(&value, '=', &name);
        json_object_setn_new(attributes, name.ptr, name.len, control_text(value));
    }
    question.args = json_pack("{s:o}", "attributes", attributes);
    return ctl_ask(ctl, &question, NULL);
}
