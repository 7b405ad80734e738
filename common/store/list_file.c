/* Image files of lists: written under a temporary name and renamed, mapped read-only. */
#include "store/list_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/xalloc.h"

struct list_file {
    void *bytes;
    size_t size;
    struct list_image *image;
};

int list_file_write(const char *path, enum list_type type, const struct span *items,
                    size_t count, uint64_t *bytes_r, struct err *err)
{
    struct str image = STR_EMPTY;
    int result = list_image_build(&image, type, items, count, err);

    if (result == 0)
        result = file_replace(path, str_span(&image), 0640, err);
    if (bytes_r != NULL)
        *bytes_r = image.len;
    str_clear(&image);
    return result;
}

static int map(struct list_file *file, const char *path, int fd, uint64_t bytes,
               struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_set(err, "%s: %m", path);
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != bytes || bytes == 0)
        return err_set(err, "%s: has %lld bytes, the manifest says %llu; publish again", path,
                       (long long)st.st_size, (unsigned long long)bytes);
    file->size = (size_t)bytes;
    file->bytes = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (file->bytes == MAP_FAILED) {
        file->bytes = NULL;
        return err_set(err, "%s: cannot be mapped: %m", path);
    }
    file->image = list_image_open(span_from(file->bytes, file->size), err);
    return file->image == NULL ? err_prefix(err, "%s", path) : 0;
}

struct list_file *list_file_map(const char *path, uint64_t bytes, struct err *err)
{
    struct list_file *file = xcalloc(1, sizeof(*file));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int result = fd < 0 ? err_set(err, "%s: cannot be opened: %m", path)
                        : map(file, path, fd, bytes, err);

    if (fd >= 0)
        close(fd);
    if (result < 0)
        list_file_unmap(&file);
    return file;
}

void list_file_unmap(struct list_file **file)
{
    if (*file == NULL)
        return;
    list_image_close(&(*file)->image);
    if ((*file)->bytes != NULL)
        munmap((*file)->bytes, (*file)->size);
    xfree(file);
}

const struct list_image *list_file_image(const struct list_file *file)
{
    return file->image;
}
