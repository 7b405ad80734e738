/* sandbox.c - the system calls that are left, the limits, and putting both in force. */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "milter/inspect/landlock.h"
#include "milter/inspect/sandbox.h"

/* The one place that knows of sanitizers: their runtime reserves terabytes of addresses and makes calls of its own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

#define ZYGOTE_FILES 16
#define WORKER_FILES 8

#define IN_WORKER    0x1u
#define IN_ZYGOTE    0x2u
#define IN_SANITIZER 0x4u
#define EVERYWHERE   (IN_WORKER | IN_ZYGOTE)

/* Everything else ends the process. Mapping and protecting memory: below. */
static const struct {
    const char *name;
    unsigned where;
} allowed[] = {
    {"recvmsg", EVERYWHERE},
    {"sendmsg", EVERYWHERE},
    {"close", EVERYWHERE},
    {"munmap", EVERYWHERE},
    {"mremap", EVERYWHERE},
    {"brk", EVERYWHERE},
    {"madvise", EVERYWHERE},
    {"futex", EVERYWHERE},
    {"clock_gettime", EVERYWHERE},
    {"getrandom", EVERYWHERE},
    {"sched_yield", EVERYWHERE},
    {"restart_syscall", EVERYWHERE},
    {"rt_sigreturn", EVERYWHERE},
    {"rt_sigprocmask", EVERYWHERE},
    {"getpid", EVERYWHERE},
    {"gettid", EVERYWHERE},
    {"exit", EVERYWHERE},
    {"exit_group", EVERYWHERE},
    {"poll", IN_ZYGOTE},
    {"ppoll", IN_ZYGOTE},
    {"read", IN_ZYGOTE},
    {"wait4", IN_ZYGOTE},
    {"kill", IN_ZYGOTE},
    {"tgkill", IN_ZYGOTE},
    {"dup2", IN_ZYGOTE},
    {"dup3", IN_ZYGOTE},
    {"prctl", IN_ZYGOTE},
    {"seccomp", IN_ZYGOTE},
    {"prlimit64", IN_ZYGOTE},
    {"setrlimit", IN_ZYGOTE},
    {"set_robust_list", IN_ZYGOTE},
    {"rseq", IN_ZYGOTE},
    {"getppid", IN_ZYGOTE},
    {"clone3", IN_SANITIZER},
    {"nanosleep", IN_SANITIZER},
    {"gettimeofday", IN_SANITIZER},
    {"clock_nanosleep", IN_SANITIZER},
    {"set_robust_list", IN_SANITIZER},
    {"rseq", IN_SANITIZER},
    {"sigaltstack", IN_SANITIZER},
    {"rt_sigaction", IN_SANITIZER},
    {"getrusage", IN_SANITIZER},
    {"newfstatat", IN_SANITIZER},
    {"sched_getaffinity", IN_SANITIZER},
    {"readlink", IN_SANITIZER},
    {"ioctl", IN_SANITIZER},
    {"tgkill", IN_SANITIZER},
};

/* fork is clone with a signal at its end; none of its flags that make name spaces. */
#define CLONE_NEW_ALL 0x7e020080u

struct conditional {
    const char *name;
    unsigned where;
    struct scmp_arg_cmp arg;
};

static int add_rule(scmp_filter_ctx filter, const char *name, unsigned count,
                    const struct scmp_arg_cmp *args)
{
    int number = seccomp_syscall_resolve_name(name);

    if (number == __NR_SCMP_ERROR)
        return 0; /* another architecture: it has the newer call of the table */
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, count, args);
}

/* Memory that can be executed cannot be had; texts go to the standard error and nowhere else, and a worker's to nobody. */
static int add_conditional(scmp_filter_ctx filter, unsigned where)
{
    const struct conditional rules[] = {
        {"mmap", EVERYWHERE, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {"mprotect", EVERYWHERE, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
        {"write", EVERYWHERE, SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO, 0)},
        {"clone", IN_ZYGOTE, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEW_ALL, 0)},
        {"tgkill", IN_WORKER, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)}, /* abort() */
    };
    int result = 0;

    for (size_t i = 0; i < sizeof rules / sizeof *rules && result == 0; i++)
        if ((rules[i].where & where) != 0)
            result = add_rule(filter, rules[i].name, 1, &rules[i].arg);
    return result;
}

static int filter_enter(unsigned where, struct err *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    unsigned with = where | (SANITIZED ? IN_SANITIZER : 0);
    int result = 0;

    if (filter == NULL)
        return err_set(err,
                       "this kernel or libseccomp cannot end a process by seccomp; Linux 4.14 "
                       "or later with CONFIG_SECCOMP_FILTER is needed");
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed && result == 0; i++)
        if ((allowed[i].where & with) != 0)
            result = add_rule(filter, allowed[i].name, 0, NULL);
    if (result == 0)
        result = add_conditional(filter, where);
    if (result == 0)
        result = seccomp_load(filter);
    seccomp_release(filter);
    return result == 0 ? 0
                       : err_set(err, "the seccomp filter could not be put in force: %s",
                                 strerror(-result));
}

static int limit(int resource, rlim_t most, struct err *err)
{
    struct rlimit value = {.rlim_cur = most, .rlim_max = most};

    if (setrlimit((__rlimit_resource_t)resource, &value) == 0)
        return 0;
    return err_set(err, "a resource limit could not be set: %s", strerror(errno));
}

int sandbox_enter(struct err *err)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return err_set(err, "prctl: %s", strerror(errno));
    if (limit(RLIMIT_CORE, 0, err) < 0 || limit(RLIMIT_FSIZE, 0, err) < 0 ||
        limit(RLIMIT_MEMLOCK, 0, err) < 0 || limit(RLIMIT_MSGQUEUE, 0, err) < 0 ||
        limit(RLIMIT_NOFILE, ZYGOTE_FILES, err) < 0)
        return -1;
    if (landlock_enter(err) < 0)
        return -1;
    return filter_enter(IN_ZYGOTE, err);
}

int sandbox_tighten(uint64_t memory, pid_t zygote, struct err *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
        return err_set(err, "prctl: %s", strerror(errno));
    if (getppid() != zygote)
        return err_set(err, "the zygote is gone");
    if (limit(RLIMIT_NPROC, 0, err) < 0 || limit(RLIMIT_NOFILE, WORKER_FILES, err) < 0)
        return -1;
    /* The standard error is the milter's log: a worker that was taken over could write there what it likes. */
    if (!SANITIZED && dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
        return err_set(err, "dup2: %s", strerror(errno));
    if (!SANITIZED && limit(RLIMIT_AS, (rlim_t)memory, err) < 0)
        return -1;
    return filter_enter(IN_WORKER, err);
}
