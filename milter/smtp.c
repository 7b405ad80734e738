/* smtp.c - speaks just enough SMTP (RFC 5321) to hand a released message to Postfix. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "milter/smtp.h"

struct smtp {
    int fd;
    char buffer[SMTP_REPLY_MAX];
    size_t have;
    struct str out;
    char before[2]; /* the last two bytes of the message text */
};

static int smtp_wait(int fd, short events, int64_t deadline, struct err *err)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int64_t left = deadline - clock_mono_ms();
    int rc = poll(&poll_fd, 1, left > 0 ? (int)left : 0);

    if (rc == 0)
        return err_set(err, "no answer in time");
    if (rc < 0 && errno != EINTR)
        return err_set(err, "poll: %s", strerror(errno));
    return 0;
}

static int smtp_write(struct smtp *smtp, struct span bytes, struct err *err)
{
    int64_t deadline = clock_mono_ms() + SMTP_STEP_MS;

    while (bytes.len > 0) {
        ssize_t sent = send(smtp->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent > 0)
            bytes = span_from(bytes.ptr + sent, bytes.len - (size_t)sent);
        else if (errno != EAGAIN && errno != EINTR)
            return err_set(err, "write: %s", strerror(errno));
        else if (smtp_wait(smtp->fd, POLLOUT, deadline, err) != 0)
            return -1;
    }
    return 0;
}

/* One line without its end, in the buffer; -1 when the connection failed or the line is too long. */
static int smtp_line(struct smtp *smtp, int64_t deadline, struct str *line, struct err *err)
{
    for (;;) {
        char *end = memchr(smtp->buffer, '\n', smtp->have);
        if (end != NULL) {
            size_t used = (size_t)(end - smtp->buffer) + 1;
            str_reset(line);
            str_add(line, span_trim(span_from(smtp->buffer, used)));
            smtp->have -= used;
            memmove(smtp->buffer, smtp->buffer + used, smtp->have);
            return 0;
        }
        if (smtp->have == sizeof smtp->buffer)
            return err_set(err, "a reply line is longer than %d bytes", SMTP_REPLY_MAX);
        if (smtp_wait(smtp->fd, POLLIN, deadline, err) != 0)
            return -1;
        ssize_t got =
            recv(smtp->fd, smtp->buffer + smtp->have, sizeof smtp->buffer - smtp->have, 0);
        if (got > 0)
            smtp->have += (size_t)got;
        else if (got == 0 || (errno != EAGAIN && errno != EINTR))
            return err_set(err, "the connection was closed");
    }
}

/* RFC 5321 section 4.2: three digits, then a blank, '-' when more lines follow, or nothing. */
static int reply_code(struct span line, struct err *err)
{
    uint64_t code;

    if (line.len >= 3 && (line.len == 3 || line.ptr[3] == ' ') &&
        span_to_u64(span_from(line.ptr, 3), 599, &code) && code >= 200)
        return (int)code;
    return err_set(err, "not an SMTP reply");
}

/* The last line of a reply, the only one without '-'. */
static int last_line(struct smtp *smtp, int64_t deadline, struct str *line, struct err *err)
{
    for (int i = 0; i < SMTP_REPLY_LINES; i++) {
        if (smtp_line(smtp, deadline, line, err) != 0)
            return -1;
        if (line->len < 4 || line->ptr[3] != '-')
            return 0;
    }
    return err_set(err, "a reply has more than %d lines", SMTP_REPLY_LINES);
}

static int smtp_reply(struct smtp *smtp, int timeout_ms, struct str *text_r, struct err *err)
{
    int64_t deadline = clock_mono_ms() + timeout_ms;
    struct str line = STR_EMPTY;
    int code = -1;

    if (last_line(smtp, deadline, &line, err) == 0)
        code = reply_code(str_span(&line), err);
    if (text_r != NULL) {
        str_reset(text_r);
        str_add(text_r, str_span(&line));
    }
    str_clear(&line);
    return code;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof address.sun_path) {
        close(fd);
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int connect_to(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int connect_inet(const char *host, unsigned port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    char service[8];
    int fd = -1;

    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0) {
        errno = EADDRNOTAVAIL;
        return -1;
    }
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
        fd = connect_to(at);
    freeaddrinfo(found);
    return fd;
}

static int smtp_greet(struct smtp *smtp, const char *line, int wanted, struct err *err)
{
    struct str text = STR_EMPTY;
    int code = smtp_command(smtp, line, &text, err);

    if (code >= 0 && code != wanted)
        err_set(err, "it said %s", str_cstr(&text));
    str_clear(&text);
    return code == wanted ? 0 : err_prefix(err, "the listener did not greet");
}

struct smtp *smtp_open(const struct socket_address *address, struct err *err)
{
    struct smtp *smtp = xcalloc(1, sizeof *smtp);

    memcpy(smtp->before, "\r\n", 2);
    smtp->fd = address->is_unix ? connect_unix(address->path)
                                : connect_inet(address->host, address->port);
    if (smtp->fd < 0) {
        err_set(err, "cannot connect: %s", strerror(errno));
        smtp_close(&smtp);
        return NULL;
    }
    file_set_nonblock(smtp->fd);
    if (smtp_greet(smtp, NULL, 220, err) != 0 ||
        smtp_greet(smtp, "EHLO postgate-release", 250, err) != 0)
        smtp_close(&smtp);
    return smtp;
}

void smtp_close(struct smtp **smtp)
{
    if (*smtp == NULL)
        return;
    if ((*smtp)->fd >= 0)
        close((*smtp)->fd);
    str_clear(&(*smtp)->out);
    xfree(smtp);
}

int smtp_command(struct smtp *smtp, const char *line, struct str *text_r, struct err *err)
{
    if (line != NULL) {
        str_reset(&smtp->out);
        str_printf(&smtp->out, "%s\r\n", line);
        if (smtp_write(smtp, str_span(&smtp->out), err) != 0)
            return -1;
    }
    return smtp_reply(smtp, SMTP_STEP_MS, text_r, err);
}

/* Postfix takes LF alone for the end of a line too: a dot after it is doubled, else it could end the message. */
int smtp_data(struct smtp *smtp, struct span bytes, struct err *err)
{
    str_reset(&smtp->out);
    for (size_t i = 0; i < bytes.len; i++) {
        char c = bytes.ptr[i];
        if (smtp->before[1] == '\n' && c == '.')
            str_addc(&smtp->out, '.');
        str_addc(&smtp->out, c);
        smtp->before[0] = smtp->before[1];
        smtp->before[1] = c;
    }
    return smtp_write(smtp, str_span(&smtp->out), err);
}

int smtp_end_data(struct smtp *smtp, struct str *text_r, struct err *err)
{
    bool is_ended = memcmp(smtp->before, "\r\n", 2) == 0;
    struct span end = is_ended ? SPAN(".\r\n") : SPAN("\r\n.\r\n");

    if (smtp_write(smtp, end, err) != 0)
        return -1;
    return smtp_reply(smtp, SMTP_END_MS, text_r, err);
}
