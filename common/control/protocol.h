/* The control protocol, version 1: frames over a unix stream socket, both ways the same.
 *   frame  = type byte ('J', 'D', 'E'), 4 bytes length big-endian, payload (at most CONTROL_MAX_FRAME; a row CONTROL_MAX_ROW)
 *   request  = J {"v":1,"id":N,"do":"rules.apply","args":{...},"user":NAME} , D* (raw bytes: a file, items one a line) , E {}
 *   response = ( J {"id":N,"row":{...}} | D raw bytes )* , E {"id":N,"exit":0,"message":"..."}    exit codes: enum control_exit
 * "user" may be missing: in whose name a daemon asks; shown together with who the connection belongs to, and no ground for anything.
 * One request at a time on a connection, any number one after the other. A frame that breaks this closes the connection with one log line. */
#ifndef CONTROL_PROTOCOL_H
#define CONTROL_PROTOCOL_H
#include <jansson.h>
#include "base/err.h"
#include "base/names.h"
#include "base/str.h"

#define CONTROL_VERSION   1
#define CONTROL_MAX_FRAME (256 * 1024)
#define CONTROL_MAX_ROW   (16 * 1024 * 1024)  /* of an answer: a decision with all its facts */
#define CONTROL_MAX_BODY  (512 * 1024 * 1024) /* of D frames of one request */

enum control_exit {
    EXIT_OK = 0,
    EXIT_DIFFERS = 1,
    EXIT_USAGE = 2,
    EXIT_INVALID = 3,
    EXIT_UNREACHABLE = 4,
    EXIT_PARTIAL = 5
};
enum control_role {
    ROLE_READ = 1,
    ROLE_OPERATE,
    ROLE_ADMIN
}; /* sockets PROGRAM.read, .operate, .admin; a higher role may do what a lower may */

struct control_frame {
    char type;
    struct span payload; /* in the reader's buffer until the next read */
};
struct control_reader; /* buffered, bounded */
struct control_reader *control_reader_new(int fd);
/* For whoever asks: rows may be as long as CONTROL_MAX_ROW. */
void control_reader_take_rows(struct control_reader *reader);
void control_reader_free(struct control_reader **reader);
/* 1 frame, 0 end of stream at a frame boundary, -1 error or deadline (ms, -1 none). */
int control_read(struct control_reader *reader, struct control_frame *frame_r, int timeout_ms,
                 struct err *err);
int control_write(int fd, char type, struct span payload, struct err *err);
int control_write_json(int fd, char type, const json_t *object,
                       struct err *err); /* compact, ASCII */
/* A J frame of an answer. -1 when the peer is gone, 1 when it would be longer than CONTROL_MAX_ROW: nothing is written then. */
int control_write_row(int fd, const json_t *object, struct err *err);
/* Any bytes as a JSON string: made valid UTF-8, without NUL. Never NULL. */
json_t *control_text(struct span bytes);
extern const struct name_value control_role_names[]; /* read, operate, admin */
/* What a request's J frame says; root owns the rest, json_decref it. */
struct control_request {
    json_t *root;
    uint64_t id;
    const char *command;
    const char *user; /* or NULL */
    json_t *args;     /* an object */
};
int control_request_parse(struct span payload, struct control_request *request_r,
                          struct err *err);
/* Parses one frame header + payload from bytes (fuzz target): 1 and *used_r, 0 more bytes needed, -1 malformed. */
int control_parse(struct span bytes, struct control_frame *frame_r, size_t *used_r,
                  struct err *err);
#endif
