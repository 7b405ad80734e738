/* sender_worker.c - answers one question about who sent a message, or names the DNS answers still lacking. Keeps nothing for the next one. */
#include "base/xalloc.h"
#include "milter/inspect/sender_answer.h"
#include "milter/inspect/signatures.h"
#include "milter/inspect/spf.h"
#include "milter/inspect/worker.h"

static void check_spf(const struct sender_request *request, struct span message,
                      struct arena *arena, struct sender_result *result_r)
{
    (void)message;
    spf_check(request, arena, result_r);
}

static const struct job {
    bool needs_message;
    void (*check)(const struct sender_request *request, struct span message,
                  struct arena *arena, struct sender_result *result_r);
} jobs[] = {
    [SENDER_SPF] = {false, check_spf},
    [SENDER_SIGNATURES] = {true, signatures_check},
};

static void prepare(void)
{
    spf_prepare();
    signatures_prepare();
}

static bool serve(const struct worker_request *request)
{
    struct arena *arena = arena_new();
    struct sender_result *result = xcalloc(1, sizeof *result);
    struct sender_request question;
    bool is_fine = sender_request_read(request->body, arena, &question, NULL) == 0 &&
                   jobs[question.job].needs_message == request->has_message;

    if (is_fine) {
        jobs[question.job].check(&question, request->message, arena, result);
        sender_answer_send(request->socket_fd, request->head->id, result);
    }
    xfree(&result);
    arena_free(&arena);
    return is_fine;
}

const struct worker_kind worker_sender = {
    .name = WIRE_SENDER,
    .body_max = SENDER_REQUEST_BYTES,
    .prepare = prepare,
    .serve = serve,
};
