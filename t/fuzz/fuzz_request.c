/* fuzz_request: any bytes as a request in our inbox, and, behind a good signature, as what it seals: nothing of it may be taken for what it is not. */
#include <stdio.h>
#include <stdlib.h>
#include "policyd/cluster/request_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct identity self, asker;

bool members_by_id(const char *id, struct member *member_r)
{
    *member_r = (struct member){.number = 1};
    memcpy(member_r->sign_public, asker.sign.public, SIGN_PUBLIC_SIZE);
    return strcmp(id, asker.id) == 0;
}

static void begin(void)
{
    snprintf(self.cluster, sizeof self.cluster, "house");
    snprintf(self.id, sizeof self.id, "bbbbbbbbbbbbbbbb");
    snprintf(asker.id, sizeof asker.id, "aaaaaaaaaaaaaaaa");
    sign_key_new(&self.sign);
    seal_key_new(&self.seal);
    sign_key_new(&asker.sign);
}

static void read_one(struct span text)
{
    struct request request;
    struct member who;
    struct err err;

    if (request_read(text, &self, &request, &who, &err) == 0 &&
        (!json_is_object(request.args) || !request.command[0] || request.role < ROLE_READ ||
         request.role > ROLE_ADMIN || !request_id_is_valid(span_of(request.about.request))))
        abort();
    request_clear(&request);
}

/* The same bytes signed, as the line; and sealed, as what stands in it. */
static void read_signed(struct span line)
{
    uint8_t signature[SIGN_SIZE];
    struct str text = STR_EMPTY;

    str_adds(&text, "postgate request 1\n");
    str_add(&text, line);
    sign_bytes(&asker.sign, str_span(&text), signature);
    str_reset(&text);
    str_add(&text, line);
    str_addc(&text, '\n');
    hash_hex(&text, signature, sizeof signature);
    read_one(str_span(&text));
    str_clear(&text);
}

static void read_sealed(struct span inner)
{
    static const char id[] = "0123456789abcdef0123456789abcdef";
    struct str context = STR_EMPTY, sealed = STR_EMPTY, line = STR_EMPTY;

    str_printf(&context, "postgate request 1 %s %s %s", id, asker.id, self.id);
    seal_to(&sealed, self.seal.public, str_span(&context), inner);
    str_printf(&line,
               "{\"v\":1,\"cluster\":\"house\",\"id\":\"%s\",\"from\":\"%s\",\"to\":\"%s\","
               "\"time\":1,\"deadline\":2,\"sealed\":\"",
               id, asker.id, self.id);
    hash_base64(&line, str_span(&sealed));
    str_adds(&line, "\"}");
    read_signed(str_span(&line));
    str_clear(&context);
    str_clear(&sealed);
    str_clear(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!self.id[0])
        begin();
    read_one(span_from(data, size));
    read_signed(span_from(data, size));
    read_sealed(span_from(data, size));
    return 0;
}
