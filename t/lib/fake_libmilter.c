/* fake_libmilter.c - the part of libmilter's interface that we use, without protocol or threads of its own. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "t/lib/fake_libmilter.h"

struct smfiDesc fake_callbacks;

int smfi_register(struct smfiDesc description)
{
    fake_callbacks = description;
    return MI_SUCCESS;
}

size_t smfi_setmaxdatasize(size_t size)
{
    return size;
}

int smfi_setpriv(SMFICTX *ctx, void *priv)
{
    ctx->priv = priv;
    return MI_SUCCESS;
}

void *smfi_getpriv(SMFICTX *ctx)
{
    return ctx->priv;
}

int smfi_setsymlist(SMFICTX *ctx, int where, char *list)
{
    (void)where, (void)list;
    return ctx->fails ? MI_FAILURE : MI_SUCCESS;
}

char *smfi_getsymval(SMFICTX *ctx, char *name)
{
    for (int i = 0; i < FAKE_MACROS && ctx->macros[i].name != NULL; i++)
        if (strcmp(ctx->macros[i].name, name) == 0)
            return (char *)(uintptr_t)ctx->macros[i].value;
    return NULL;
}

/* As libmilter: one line, and no text that it cannot send. */
int smfi_setreply(SMFICTX *ctx, char *smtp, char *dsn, char *text)
{
    if (strpbrk(text, "\r\n") != NULL || strlen(text) > 980 || strchr("45", smtp[0]) == NULL)
        return MI_FAILURE;
    snprintf(ctx->reply, sizeof ctx->reply, "%s %s %s", smtp, dsn, text);
    return MI_SUCCESS;
}

static int change(SMFICTX *ctx, const char *what, int index, const char *name,
                  const char *value)
{
    if (ctx->fails || (ctx->fails_after > 0 && ctx->change_count >= ctx->fails_after))
        return MI_FAILURE;
    if (ctx->change_count < FAKE_CHANGES)
        snprintf(ctx->changes[ctx->change_count++], FAKE_TEXT, "%s %d %s:%s", what, index, name,
                 value != NULL ? value : "");
    return MI_SUCCESS;
}

int smfi_insheader(SMFICTX *ctx, int index, char *name, char *value)
{
    return change(ctx, "ins", index, name, value);
}

int smfi_chgheader(SMFICTX *ctx, char *name, int index, char *value)
{
    return change(ctx, value == NULL ? "del" : "chg", index, name, value);
}

int smfi_delrcpt(SMFICTX *ctx, char *recipient)
{
    return change(ctx, "rcpt-", 0, recipient, NULL);
}

int smfi_quarantine(SMFICTX *ctx, char *reason)
{
    return change(ctx, "hold", 0, reason, NULL);
}
