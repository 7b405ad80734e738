/* SPF: records, macros, answers of DNS and what the client says. Lines: HELO, sender, then TYPE NAME DATA with TYPE one of T A 6 M P C F. */
#include <stdlib.h>

#include "milter/inspect/spf_state.h"
#include "t/lib/spf_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES_MAX 200

static const struct {
    char sign;
    int type;
} types[] = {{'T', DNS_TXT}, {'A', DNS_A},          {'6', DNS_AAAA}, {'M', DNS_MX},
             {'P', DNS_PTR}, {'C', SPF_ZONE_CNAME}, {'F', -1}};

static void demand(bool is_so)
{
    if (!is_so)
        abort();
}

/* What libspf2 is given: never a byte that a record chose, and never so much that it would leave something out. */
static void check_rewritten(const struct sender_request *request, struct span text,
                            struct arena *arena)
{
    struct spf_state *state = arena_alloc(arena, sizeof *state);
    struct spf_record *record = arena_alloc(arena, sizeof *record);
    struct str out = STR_EMPTY;

    state->request = request;
    state->arena = arena;
    if (spf_record_read(text, SPAN("example.com"), arena, record, NULL) == 0) {
        spf_rewrite(state, record, &out);
        demand(out.len < 2000);
        for (size_t i = 0; i < out.len; i++)
            demand(out.ptr[i] != '\0' &&
                   strchr("abcdefghijklmnopqrstuvwxyz0123456789 =+-~?:./", out.ptr[i]) != NULL);
    }
    str_clear(&out);
}

static void add(struct spf_zone *zone, const struct sender_request *request,
                struct arena *arena, struct span line)
{
    struct span type, name;

    if (!span_cut(&line, ' ', &type) || type.len != 1 || !span_cut(&line, ' ', &name) ||
        line.ptr == NULL)
        return;
    if (type.ptr[0] == 'T')
        check_rewritten(request, line, arena);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].sign == type.ptr[0] && types[i].type < 0)
            spf_zone_status(zone, name, DNS_FAILED);
        else if (types[i].sign == type.ptr[0] && (types[i].type != DNS_MX || line.len >= 2))
            spf_zone_add(zone, types[i].type, name, line);
}

static void check_text(struct span text)
{
    demand(text.len <= SENDER_TEXT_MAX);
    for (size_t i = 0; i < text.len; i++)
        demand(text.ptr[i] >= ' ' && text.ptr[i] <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spf_zone *zone = spf_zone_new();
    struct arena *arena = arena_new();
    struct sender_request request = {.job = SENDER_SPF, .receiver = SPAN("mx.example")};
    struct sender_result result;
    struct span rest = span_from(data, size), line;
    size_t at;

    (void)ip_parse(size % 2 ? SPAN("192.0.2.1") : SPAN("2001:db8::1"), &request.client);
    (void)(span_cut(&rest, '\n', &request.helo) && span_cut(&rest, '\n', &request.sender));
    for (int i = 0; i < LINES_MAX && span_cut(&rest, '\n', &line); i++)
        add(zone, &request, arena, line);
    demand(spf_rounds(zone, &request, arena, &result) >= 1);
    demand(result.spf >= SPF_NONE && result.spf <= SPF_PERMERROR);
    /* It compiled all that it was given, and knew all that it was answered. */
    demand(result.spf != SPF_TEMPERROR ||
           !span_find(result.spf_reason, SPAN("libspf2: "), &at));
    demand(result.spf_domain.len == 0 || dns_name_is_valid(result.spf_domain));
    check_text(result.spf_reason);
    check_text(result.spf_explanation);
    arena_free(&arena);
    spf_zone_free(&zone);
    return 0;
}
