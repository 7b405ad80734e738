/* evil_sender.c - a sender worker that has been taken over: stands in for milter/inspect/spf.c, signatures.c and sender_answer.c and does what the
 * HELO name of the question says. "ask TYPE NAME ..." lacks these names until it has them, then says in its reason what it was told. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/names.h"
#include "facts/fact_words.h"
#include "milter/inspect/sender_answer.h"
#include "milter/inspect/signatures.h"
#include "milter/inspect/spf.h"

#define FORBIDDEN "secret.internal"

static const char *trick; /* how the answer is sent; NULL: honestly */

static void lack(struct sender_result *result, enum dns_type type, struct span name)
{
    if (result->lack_count < SENDER_NAMES_MAX)
        result->lacks[result->lack_count++] = (struct sender_lack){type, name};
}

static const struct dns_answer *answer_for(const struct sender_request *request,
                                           enum dns_type type, struct span name)
{
    for (size_t i = 0; i < request->answer_count; i++)
        if (request->answers[i].type == type && span_equal(request->answers[i].name, name))
            return &request->answers[i];
    return NULL;
}

static const struct name_value type_words[] = {
    {"A", DNS_A},     {"PTR", DNS_PTR},   {"MX", DNS_MX},
    {"TXT", DNS_TXT}, {"AAAA", DNS_AAAA}, {NULL, 0},
};
static const struct name_value status_words[] = {
    {"found", DNS_FOUND},     {"none", DNS_NONE},       {"failed", DNS_FAILED},
    {"timeout", DNS_TIMEOUT}, {"limited", DNS_LIMITED}, {NULL, 0},
};

/* "TXT a.example found x y; ..." */
static void say_answers(const struct sender_request *request, struct arena *arena,
                        struct sender_result *result)
{
    struct str said = STR_EMPTY;

    for (size_t i = 0; i < request->answer_count; i++) {
        const struct dns_answer *a = &request->answers[i];
        str_printf(&said, "%s%s %.*s %s", i > 0 ? "; " : "", dns_type_text(a->type),
                   SPAN_ARG(a->name), names_name(status_words, (int)a->status));
        for (size_t j = 0; j < a->count; j++)
            str_printf(&said, " %.*s", SPAN_ARG(a->records[j]));
    }
    result->spf_reason = arena_span(arena, str_span(&said));
    str_clear(&said);
}

static void do_ask(const struct sender_request *request, struct sender_result *result)
{
    struct span rest = request->helo, word, name;

    span_cut(&rest, ' ', &word);
    while (span_cut(&rest, ' ', &word) && span_cut(&rest, ' ', &name)) {
        int type = 0;
        names_value(type_words, word, &type);
        if (!request->is_last && answer_for(request, (enum dns_type)type, name) == NULL)
            lack(result, (enum dns_type)type, name);
    }
}

static void do_forbidden(const struct sender_request *request, struct sender_result *result)
{
    if (answer_for(request, DNS_A, SPAN(FORBIDDEN)) == NULL) {
        lack(result, DNS_A, SPAN(FORBIDDEN));
        lack(result, DNS_TXT, SPAN("deep.below." FORBIDDEN));
    }
}

static void do_again(const struct sender_request *request, struct sender_result *result)
{
    (void)request;
    lack(result, DNS_TXT, SPAN("a.example"));
}

/* Another name each round; "endless-deaf" even in the last one. */
static void name_next(const struct sender_request *request, struct sender_result *result)
{
    static char name[40];

    snprintf(name, sizeof name, "n%zu.example", request->answer_count);
    lack(result, DNS_TXT, span_of(name));
}

static void do_endless(const struct sender_request *request, struct sender_result *result)
{
    if (!request->is_last)
        name_next(request, result);
}

/* As many as one result may hold, in each round. */
static void do_many(const struct sender_request *request, struct sender_result *result)
{
    static char names[SENDER_NAMES_MAX][40];

    for (size_t i = 0; i < SENDER_NAMES_MAX - 10 && !request->is_last; i++) {
        snprintf(names[i], sizeof names[i], "n%zu.%zu.example", i, request->answer_count);
        lack(result, DNS_A, span_of(names[i]));
    }
}

static void do_spin(const struct sender_request *request, struct sender_result *result)
{
    (void)request;
    (void)result;
    for (volatile unsigned i = 0;; i++)
        ;
}

static void do_abort(const struct sender_request *request, struct sender_result *result)
{
    (void)request;
    (void)result;
    abort();
}

static void do_exit(const struct sender_request *request, struct sender_result *result)
{
    (void)request;
    (void)result;
    _exit(0);
}

static void do_crash(const struct sender_request *request, struct sender_result *result)
{
    static char *volatile nowhere = NULL;

    (void)request;
    (void)result;
    *nowhere = 1;
}

static void do_open(const struct sender_request *request, struct sender_result *result)
{
    (void)request;
    (void)result;
    (void)!open("/etc/resolv.conf", O_RDONLY);
}

static void do_socket(const struct sender_request *request, struct sender_result *result)
{
    (void)request;
    (void)result;
    (void)socket(AF_INET, SOCK_DGRAM, 0);
}

static void do_taken(const struct sender_request *request, struct sender_result *result)
{
    (void)request;
    result->taken = (struct sender_taken){.is_there = true, .id = SPAN("mx.example"), .spf = 3};
}

static void do_nothing(const struct sender_request *request, struct sender_result *result)
{
    (void)request;
    (void)result;
}

static const struct {
    const char *word;
    void (*act)(const struct sender_request *request, struct sender_result *result);
} words[] = {
    {"ask", do_ask},           {"forbidden", do_forbidden}, {"again", do_again},
    {"endless", do_endless},   {"endless-deaf", name_next}, {"many", do_many},
    {"spin", do_spin},         {"abort", do_abort},         {"exit", do_exit},
    {"crash", do_crash},       {"open", do_open},           {"socket", do_socket},
    {"wrong-id", do_nothing},  {"thousand", do_nothing},    {"oversized", do_nothing},
    {"rubbish", do_nothing},   {"half", do_nothing},        {"two", do_nothing},
    {"pass-fd", do_nothing},   {"begin-only", do_nothing},  {"empty", do_nothing},
    {"end-first", do_nothing}, {"taken", do_taken},
};

static void obey(const struct sender_request *request, struct arena *arena,
                 struct sender_result *result)
{
    struct span rest = request->helo, word = SPAN("");

    trick = NULL;
    span_cut(&rest, ' ', &word);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_is(word, words[i].word)) {
            words[i].act(request, result);
            trick = words[i].act == do_nothing ? words[i].word : NULL;
        }
    say_answers(request, arena, result);
}

void spf_prepare(void)
{
}

void signatures_prepare(void)
{
}

void spf_check(const struct sender_request *request, struct arena *arena,
               struct sender_result *result_r)
{
    names_value(spf_names, SPAN("pass"), &result_r->spf);
    result_r->spf_domain = SPAN("evil.example");
    obey(request, arena, result_r);
}

void signatures_check(const struct sender_request *request, struct span message,
                      struct arena *arena, struct sender_result *result_r)
{
    obey(request, arena, result_r);
    result_r->spf_explanation =
        span_of(arena_printf(arena, "a message of %zu bytes", message.len));
}

/* --- the answer --- */

static bool is_trick(const char *word)
{
    return trick != NULL && strcmp(trick, word) == 0;
}

static void send_with(int socket_fd, const struct wire_answer *head, struct span block,
                      int pass_fd)
{
    struct iovec pieces[2] = {{(void *)(uintptr_t)head, sizeof *head},
                              {(void *)(uintptr_t)block.ptr, block.len}};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};

    if (pass_fd >= 0) {
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &pass_fd, sizeof pass_fd);
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
    }
    (void)sendmsg(socket_fd, &message, MSG_NOSIGNAL);
}

/* A thousand names, written by hand: the honest writer stops at what may be. */
static void write_thousand(struct str *block)
{
    str_reset(block);
    str_addc(block, (char)255);
    for (int i = 0; i < 1000; i++) {
        char name[24];
        int len = snprintf(name, sizeof name, "n%d.example", i);
        str_addc(block, DNS_TXT);
        str_addc(block, (char)len);
        str_addc(block, 0);
        str_adds(block, name);
    }
}

static void spoil(struct str *block)
{
    if (is_trick("thousand"))
        write_thousand(block);
    if (is_trick("rubbish"))
        memset(block->ptr, 'x', block->len);
    if (is_trick("empty"))
        str_reset(block);
    if (is_trick("half"))
        str_truncate(block, block->len / 2);
    while (is_trick("oversized") && block->len <= SENDER_RESULT_BYTES)
        str_addc(block, 'x');
}

void sender_answer_send(int socket_fd, const uint8_t id[WIRE_ID_BYTES],
                        const struct sender_result *result)
{
    struct wire_answer head = {.kind = WIRE_WHOLE};
    struct str block = STR_EMPTY;

    sender_result_write(&block, result);
    spoil(&block);
    memcpy(head.id, id, sizeof head.id);
    head.id[0] ^= is_trick("wrong-id");
    head.total = (uint32_t)block.len;
    if (is_trick("begin-only") || is_trick("end-first"))
        head.kind = is_trick("begin-only") ? WIRE_BEGIN : WIRE_END;
    send_with(socket_fd, &head, str_span(&block), is_trick("pass-fd") ? STDERR_FILENO : -1);
    if (is_trick("two"))
        send_with(socket_fd, &head, str_span(&block), -1);
    str_clear(&block);
}
