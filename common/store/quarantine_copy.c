/* Hashes and copies the bytes of a message from one descriptor to another. */
#include "store/quarantine_inside.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

#define PIECE     65536
#define BIG_PIECE (1 << 30)

/* Up to PIECE bytes; 0 at the end, -1 with err. */
static ssize_t read_piece(int fd, char *piece, uint64_t left, int64_t offset, struct err *err)
{
    ssize_t n;

    do
        n = pread(fd, piece, left < PIECE ? (size_t)left : PIECE, offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        err_set(err, "the message cannot be read: %m");
    else if (n == 0)
        return err_set(err, "the message is shorter than it should be");
    return n;
}

int quarantine_hash(int fd, int64_t offset, uint64_t bytes, char sha256_r[65], struct err *err)
{
    struct hash_sha256 *hash = hash_sha256_new();
    uint8_t digest[HASH_SHA256_SIZE];
    struct str hex = STR_EMPTY;
    char piece[PIECE];
    ssize_t n = 0;

    while (bytes > 0 && (n = read_piece(fd, piece, bytes, offset, err)) > 0) {
        hash_sha256_add(hash, span_from(piece, (size_t)n));
        offset += n;
        bytes -= (uint64_t)n;
    }
    hash_sha256_end(&hash, digest);
    hash_hex(&hex, digest, sizeof(digest));
    memcpy(sha256_r, hex.ptr, 65);
    str_clear(&hex);
    return bytes > 0 ? -1 : 0;
}

/* From offset on through our own memory: for file systems that cannot do it in the kernel. */
static int copy_by_hand(int from, int to, off_t offset, uint64_t bytes, struct err *err)
{
    char piece[PIECE];

    while (bytes > 0) {
        ssize_t n = read_piece(from, piece, bytes, offset, err);

        if (n < 0)
            return -1;
        if (file_write_all(to, span_from(piece, (size_t)n)) < 0)
            return err_set(err, "the message cannot be written: %m");
        offset += n;
        bytes -= (uint64_t)n;
    }
    return 0;
}

/* copy_file_range would refuse a memfd (another file system); sendfile takes it. */
int quarantine_copy(int from, int to, uint64_t bytes, struct err *err)
{
    off_t offset = 0;

    while (bytes > 0) {
        ssize_t n = sendfile(to, from, &offset, bytes < BIG_PIECE ? (size_t)bytes : BIG_PIECE);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EINVAL || errno == ENOSYS))
            return copy_by_hand(from, to, offset, bytes, err);
        if (n < 0)
            return err_set(err, "the message cannot be written: %m");
        if (n == 0)
            return err_set(err, "the message is shorter than it should be");
        bytes -= (uint64_t)n;
    }
    return 0;
}
