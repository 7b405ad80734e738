/* pattern_refusal.c - what cannot be matched in linear time, or takes too long to prepare, seen by how it is written. */
#include "rules/pattern_refusal.h"

/* Of \p in one pattern: each is a large machine, and with a count it takes minutes to build. */
#define CLASSES_MAX 4
/* Of what stands in braces, together: le.{1,100}x takes a tenth of a second to build, le.{1,500}x half a minute. */
#define COUNT_MAX 100

/* What a linear-time engine cannot do, by how it is written. */
static const struct {
    const char *mark;
    const char *teach;
} impossible[] = {
    {"(?=",
     "lookahead (?=...) is not possible in linear time; write two conditions joined with and"},
    {"(?!",
     "lookahead (?!...) is not possible in linear time; write a second condition with not"},
    {"(?<=", "lookbehind (?<=...) is not possible in linear time; write what stands before as "
             "part of the pattern"},
    {"(?<!",
     "lookbehind (?<!...) is not possible in linear time; write a second condition with not"},
    {"(?>", "atomic groups (?>...) are not needed in linear time; write (...)"},
    {"(?P=", "backreferences are not possible in linear time; write the alternatives out"},
    {"\\k", "backreferences are not possible in linear time; write the alternatives out"},
    {"\\g", "backreferences are not possible in linear time; write the alternatives out"},
    {"(?R)", "recursion is not possible in linear time"},
    {"(*", "settings like (*UCP) are not possible; a letter i after the pattern ignores upper "
           "and lower case"},
    {"++", "possessive ++ is not needed in linear time; write +"},
    {"*+", "possessive *+ is not needed in linear time; write *"},
    {"?+", "possessive ?+ is not needed in linear time; write ?"},
};

static const char *impossible_at(struct span rest)
{
    if (rest.len > 1 && rest.ptr[0] == '\\' && rest.ptr[1] >= '1' && rest.ptr[1] <= '9')
        return "backreferences are not possible in linear time; write the alternatives out";
    for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
        if (span_starts(rest, span_of(impossible[i].mark)))
            return impossible[i].teach;
    return NULL;
}

/* Looks at the text as written, outside [...]; what follows a backslash is one character. */
static const char *find_impossible(struct span text)
{
    bool in_class = false;

    for (size_t i = 0; i < text.len; i++) {
        const char *teach = in_class ? NULL : impossible_at(span_skip(text, i));

        if (teach != NULL)
            return teach;
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '[')
            in_class = true;
        else if (text.ptr[i] == ']')
            in_class = false;
    }
    return NULL;
}

static bool is_count(struct span rest)
{
    return rest.len > 1 && rest.ptr[0] == '{' && rest.ptr[1] >= '0' && rest.ptr[1] <= '9';
}

/* The largest number in {n,m} or {n}; COUNT_MAX + 1 for all above it. */
static unsigned count_of(struct span rest)
{
    unsigned largest = 0, number = 0;

    for (size_t i = 1; i < rest.len && rest.ptr[i] != '}'; i++) {
        bool is_digit = rest.ptr[i] >= '0' && rest.ptr[i] <= '9';

        number = is_digit ? number * 10 + (unsigned)(rest.ptr[i] - '0') : 0;
        number = number > COUNT_MAX ? COUNT_MAX + 1 : number;
        largest = number > largest ? number : largest;
    }
    return largest;
}

/* Classes of all alphabets (\p{L}) are costly to prepare: few of them, and none where something is counted. */
static const char *find_costly(struct span text)
{
    size_t classes = 0, counts = 0, repeats = 0;

    for (size_t i = 0; i < text.len; i++) {
        struct span rest = span_skip(text, i);

        counts += is_count(rest);
        repeats += is_count(rest) ? count_of(rest) : 0;
        classes += span_istarts(rest, SPAN("\\p"));
        i += text.ptr[i] == '\\';
    }
    if (repeats > COUNT_MAX)
        return "counts like {1,9} of more than 100 together take too long to prepare; write + "
               "or *";
    if (classes > 0 && counts > 0)
        return "\\p and a count like {1,9} take too long to prepare together; write + or list "
               "the letters: [a-z]{1,9}";
    return classes > CLASSES_MAX ? "more than 4 times \\p take too long to prepare; write "
                                   "\\p{L}+ for several letters"
                                 : NULL;
}

const char *pattern_refusal(struct span text)
{
    const char *teach = find_impossible(text);

    return teach != NULL ? teach : find_costly(text);
}
