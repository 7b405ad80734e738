/* landlock.c - a Landlock domain without any right in it (Linux Documentation/userspace-api/landlock.rst). */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "milter/inspect/landlock.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif

#define ASK_VERSION 1u

/* The kernel's struct landlock_ruleset_attr; each version reads as much as it knows. */
struct ruleset {
    uint64_t files;
    uint64_t net;
    uint64_t scoped;
};

/* What each version can take away, and how many bytes of the struct it knows. */
static const struct version {
    int first;
    unsigned file_rights;
    uint64_t net, scoped;
    size_t size;
} versions[] = {
    {1, 13, 0, 0, 8},  {2, 14, 0, 0, 8},  {3, 15, 0, 0, 8},
    {4, 15, 3, 0, 16}, {5, 16, 3, 0, 16}, {6, 16, 3, 3, 24},
};

static const struct version *version_for(int abi)
{
    const struct version *found = &versions[0];

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (versions[i].first <= abi)
            found = &versions[i];
    return found;
}

int landlock_enter(struct err *err)
{
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION), fd;
    const struct version *version;
    struct ruleset ruleset;

    if (abi < 1)
        return err_set(
            err,
            "this kernel has no Landlock (%s): Linux 5.13 or later, with landlock among "
            "its security modules (lsm=landlock,...), is needed",
            strerror(errno));
    version = version_for(abi);
    ruleset = (struct ruleset){.files = ((uint64_t)1 << version->file_rights) - 1,
                               .net = version->net,
                               .scoped = version->scoped};
    fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, version->size, 0);
    if (fd < 0)
        return err_set(err, "no Landlock rule set could be made: %s", strerror(errno));
    if (syscall(SYS_landlock_restrict_self, fd, 0) != 0) {
        close(fd);
        return err_set(err, "Landlock could not be put in force: %s", strerror(errno));
    }
    close(fd);
    return 0;
}
