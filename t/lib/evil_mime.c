/* evil_mime.c - a worker that has been taken over: stands in for milter/inspect/mime.c and answer.c and does what the header
 * "X-Evil: WORD" says. Any other message it finds clean. */
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/hash.h"
#include "facts/block.h"
#include "milter/inspect/answer.h"
#include "milter/inspect/charsets.h"
#include "milter/inspect/mime.h"

#define SOCKET    WIRE_CONTROL_FD
#define EVIL_LOG  "postgate-milter[1] info: all is well\n"
#define MEMORY_MB 700 /* more than a test's worker may have */

enum answer_trick {
    HONEST = 0,
    WRONG_ID,
    HALF,
    TWO,
    PASS_FD,
    AFTERWARDS,
    FORGED,
    RUBBISH,
    NAMES
};
static enum answer_trick trick;

static void do_open(struct span message)
{
    (void)message;
    (void)!open("/etc/passwd", O_RDONLY);
}

static void do_socket(struct span message)
{
    (void)message;
    (void)socket(AF_INET, SOCK_STREAM, 0);
}

static void do_exec(struct span message)
{
    char *argv[] = {(char *)(uintptr_t) "sh", NULL};

    (void)message;
    execv("/bin/sh", argv);
}

static void do_fork(struct span message)
{
    (void)message;
    (void)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void do_spin(struct span message)
{
    (void)message;
    for (volatile int i = 0;; i++)
        ;
}

/* Through the memory it has, then through any descriptor it may find. */
static void do_write(struct span message)
{
    int one = 1;

    for (int fd = SOCKET + 1; fd < 8; fd++)
        (void)sendmsg(
            fd, &(struct msghdr){.msg_iov = &(struct iovec){&one, 1}, .msg_iovlen = 1}, 0);
    *(volatile char *)(uintptr_t)message.ptr = '!';
}

static void do_mprotect(struct span message)
{
    (void)message;
    (void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
               0);
}

static void do_ptrace(struct span message)
{
    (void)message;
    ptrace(PTRACE_ATTACH, getppid(), 0, 0);
}

static void do_kill_parent(struct span message)
{
    (void)message;
    syscall(SYS_kill, syscall(SYS_getppid), SIGKILL);
}

static void do_crash(struct span message)
{
    static char *volatile nowhere = NULL;

    (void)message;
    *nowhere = 1;
}

static void do_log(struct span message)
{
    (void)message;
    (void)!write(STDERR_FILENO, EVIL_LOG, sizeof EVIL_LOG - 1);
}

/* Each is compared with each by whoever believes them. */
static void add_names(struct facts *facts)
{
    static struct value values[FACTS_MAX_SET];
    static char texts[FACTS_MAX_SET][12];
    struct fact names = {.state = FACT_VALUE, .count = FACTS_MAX_SET, .values = values};
    int index = facts_record_add(facts, RECORD_ATTACHMENT);

    for (size_t i = 0; i < FACTS_MAX_SET; i++) {
        snprintf(texts[i], sizeof texts[i], "a.%zu", i);
        values[i].text = span_of(texts[i]);
    }
    facts_record_set(facts, RECORD_ATTACHMENT, (size_t)index, FACT_ATTACHMENT_NAME, &names);
}

static void do_memory(struct span message)
{
    (void)message;
    for (size_t i = 0; i < MEMORY_MB; i++) {
        char *piece = malloc(1 << 20);
        if (piece == NULL)
            abort();
        memset(piece, 1, 1 << 20);
    }
    abort();
}

static const struct {
    const char *word;
    void (*act)(struct span message);
    enum answer_trick trick;
} words[] = {
    {"open", do_open, HONEST},
    {"socket", do_socket, HONEST},
    {"exec", do_exec, HONEST},
    {"fork", do_fork, HONEST},
    {"spin", do_spin, HONEST},
    {"write-message", do_write, HONEST},
    {"mprotect", do_mprotect, HONEST},
    {"ptrace", do_ptrace, HONEST},
    {"crash", do_crash, HONEST},
    {"kill-parent", do_kill_parent, HONEST},
    {"memory", do_memory, HONEST},
    {"wrong-id", NULL, WRONG_ID},
    {"half", NULL, HALF},
    {"two", NULL, TWO},
    {"pass-fd", NULL, PASS_FD},
    {"afterwards", NULL, AFTERWARDS},
    {"forged", NULL, FORGED},
    {"rubbish", NULL, RUBBISH},
    {"names", NULL, NAMES},
    {"log", do_log, HONEST},
};

/* The sandbox has no sleep; waiting for a word that nobody changes is one. */
static void sleep_seconds(uint64_t seconds)
{
    int64_t until = clock_mono_ms() + (int64_t)seconds * 1000, left;
    int word = 0;

    while ((left = until - clock_mono_ms()) > 0) {
        struct timespec time = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        (void)syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0);
    }
}

static void obey(struct span message)
{
    struct span rest, word;
    uint64_t seconds;
    size_t at;

    trick = HONEST;
    if (!span_find(message, SPAN("X-Evil: "), &at))
        return;
    rest = span_from(message.ptr + at + 8, message.len - at - 8);
    span_cut(&rest, '\n', &word);
    word = span_trim(word);
    if (span_starts(word, SPAN("sleep=")) &&
        span_to_u64(span_from(word.ptr + 6, word.len - 6), 60, &seconds))
        sleep_seconds(seconds);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (span_is(word, words[i].word)) {
            trick = words[i].trick;
            if (words[i].act != NULL)
                words[i].act(message);
        }
}

void mime_prepare(void)
{
    charsets_prepare();
}

void mime_inspect(const struct mime_request *request, struct facts *facts)
{
    struct fact absent = {.state = FACT_ABSENT};

    facts_set_absent(facts, FACT_FROM);
    facts_set_absent(facts, FACT_REPLY_TO);
    facts_set_absent(facts, FACT_SUBJECT);
    facts_set_absent(facts, FACT_MESSAGE_ID);
    facts_set_number(facts, FACT_MIME_BROKEN, false);
    facts_set_number(facts, FACT_MIME_AMBIGUOUS, false);
    facts_records_learnt(facts, RECORD_ATTACHMENT, false, SPAN(""));
    for (size_t i = 0; i < request->want_count; i++)
        facts_set_keyed(facts, FACT_HEADER, request->wants[i], &absent);
    obey(request->message);
    if (trick == NAMES)
        add_names(facts);
    if (trick == FORGED)
        facts_set_text(facts, FACT_AUTH_USER, SPAN("admin"));
}

static void send_with(int socket_fd, const void *bytes, size_t len, int pass_fd)
{
    struct iovec piece = {(void *)(uintptr_t)bytes, len};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};

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

static void send_block(int socket_fd, const uint8_t *id, struct span block, bool has_end)
{
    struct wire_answer edge = {.kind = WIRE_BEGIN, .total = (uint32_t)block.len};

    memcpy(edge.id, id, sizeof edge.id);
    send_with(socket_fd, &edge, sizeof edge, trick == PASS_FD ? STDERR_FILENO : -1);
    send_with(socket_fd, block.ptr, block.len, -1);
    edge.kind = WIRE_END;
    if (has_end)
        send_with(socket_fd, &edge, sizeof edge, -1);
}

void answer_send(int socket_fd, const uint8_t id[WIRE_ID_BYTES], struct facts *facts)
{
    uint8_t used[WIRE_ID_BYTES];
    struct str block = STR_EMPTY;

    memcpy(used, id, sizeof used);
    if (trick == WRONG_ID)
        used[0] ^= 1;
    block_write(&block, facts, NULL);
    if (trick == HALF)
        str_truncate(&block, block.len / 2);
    if (trick == RUBBISH)
        memset(block.ptr, 'x', block.len);
    send_block(socket_fd, used, str_span(&block), trick != TWO);
    if (trick == TWO || trick == AFTERWARDS)
        send_block(socket_fd, used, str_span(&block), true);
    str_clear(&block);
}
