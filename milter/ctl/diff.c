/* diff: common lines at both ends taken off, longest common subsequence of the rest, hunks with three lines around. */
#include "milter/ctl/diff.h"
#include "base/xalloc.h"

#define AROUND 3

struct lines {
    struct span *line;
    size_t count;
};

struct change { /* an edit script: lines of both, in order */
    char kind;  /* ' ', '-', '+' */
    struct span line;
};

struct script {
    struct change *change;
    size_t count;
};

static struct lines split(struct span text)
{
    struct lines lines = {NULL, 0};
    size_t room = 1;

    for (size_t i = 0; i < text.len; i++)
        room += text.ptr[i] == '\n';
    lines.line = xcalloc(room, sizeof(*lines.line));
    if (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    else if (text.len == 0)
        return lines;
    while (span_cut(&text, '\n', &lines.line[lines.count]))
        lines.count++;
    return lines;
}

static void add(struct script *script, char kind, struct span line)
{
    script->change[script->count++] = (struct change){kind, line};
}

/* length[i * (m + 1) + k]: of the longest common subsequence of a[i..] and b[k..]. */
static uint32_t *common_lengths(const struct span *a, size_t n, const struct span *b, size_t m)
{
    uint32_t *length = xcalloc((n + 1) * (m + 1), sizeof(*length));

    for (size_t i = n; i-- > 0;)
        for (size_t k = m; k-- > 0;) {
            uint32_t down = length[(i + 1) * (m + 1) + k], right = length[i * (m + 1) + k + 1];

            if (span_equal(a[i], b[k]))
                length[i * (m + 1) + k] = length[(i + 1) * (m + 1) + k + 1] + 1;
            else
                length[i * (m + 1) + k] = down > right ? down : right;
        }
    return length;
}

static void add_differing(struct script *script, const struct span *a, size_t n,
                          const struct span *b, size_t m)
{
    bool is_small = (n + 1) <= DIFF_MAX_CELLS / (m + 1);
    uint32_t *length = is_small ? common_lengths(a, n, b, m) : NULL;
    size_t i = 0, k = 0;

    while (length && i < n && k < m) {
        if (span_equal(a[i], b[k])) {
            add(script, ' ', a[i++]);
            k++;
        } else if (length[(i + 1) * (m + 1) + k] >= length[i * (m + 1) + k + 1]) {
            add(script, '-', a[i++]);
        } else {
            add(script, '+', b[k++]);
        }
    }
    while (i < n)
        add(script, '-', a[i++]);
    while (k < m)
        add(script, '+', b[k++]);
    xfree(&length);
}

static struct script make_script(const struct lines *a, const struct lines *b)
{
    struct script script = {xcalloc(a->count + b->count + 1, sizeof(struct change)), 0};
    size_t head = 0, tail = 0, least = a->count < b->count ? a->count : b->count;

    while (head < least && span_equal(a->line[head], b->line[head]))
        head++;
    while (tail < least - head &&
           span_equal(a->line[a->count - 1 - tail], b->line[b->count - 1 - tail]))
        tail++;
    for (size_t i = 0; i < head; i++)
        add(&script, ' ', a->line[i]);
    add_differing(&script, a->line + head, a->count - head - tail, b->line + head,
                  b->count - head - tail);
    for (size_t i = a->count - tail; i < a->count; i++)
        add(&script, ' ', a->line[i]);
    return script;
}

/* The next change at or behind at; script->count when there is none. */
static size_t next_change(const struct script *script, size_t at)
{
    while (at < script->count && script->change[at].kind == ' ')
        at++;
    return at;
}

/* Where the hunk that has a change at `at` ends: behind the lines around its last change. */
static size_t hunk_end(const struct script *script, size_t at)
{
    size_t next = at;

    while (next < script->count && next - at <= 2 * AROUND) {
        at = next;
        while (at < script->count && script->change[at].kind != ' ')
            at++;
        next = next_change(script, at);
    }
    return at + AROUND < script->count ? at + AROUND : script->count;
}

static void print_hunk(struct str *out, const struct script *script, size_t begin, size_t end,
                       size_t numbers[2])
{
    size_t counts[2] = {0, 0};

    for (size_t i = begin; i < end; i++) {
        counts[0] += script->change[i].kind != '+';
        counts[1] += script->change[i].kind != '-';
    }
    str_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", numbers[0] + (counts[0] > 0), counts[0],
               numbers[1] + (counts[1] > 0), counts[1]);
    for (size_t i = begin; i < end; i++) {
        str_addc(out, script->change[i].kind);
        str_add(out, script->change[i].line);
        str_addc(out, '\n');
    }
    numbers[0] += counts[0];
    numbers[1] += counts[1];
}

static void print_script(struct str *out, const struct script *script)
{
    size_t numbers[2] = {0, 0}, at = 0, change, end;

    while ((change = next_change(script, at)) < script->count) {
        size_t begin = change - at > AROUND ? change - AROUND : at;

        numbers[0] += begin - at;
        numbers[1] += begin - at;
        end = hunk_end(script, change);
        print_hunk(out, script, begin, end, numbers);
        at = end;
    }
}

bool diff_print(struct str *out, struct span from, struct span to, const char *from_name,
                const char *to_name)
{
    struct lines a = split(from), b = split(to);
    struct script script = make_script(&a, &b);
    bool differs = next_change(&script, 0) < script.count;

    if (differs) {
        str_printf(out, "--- %s\n+++ %s\n", from_name, to_name);
        print_script(out, &script);
    }
    xfree(&script.change);
    xfree(&a.line);
    xfree(&b.line);
    return differs;
}
