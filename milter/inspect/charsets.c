/* charsets.c - the table of character sets, opened early; and the only door to iconv_open, for us and for the libraries. */
#include <dlfcn.h>
#include <errno.h>
#include <iconv.h>
#include <locale.h>
#include <stdlib.h>
#include "milter/inspect/charsets.h"
#include "base/log.h"
#include "base/sinks.h"

/* The labels of the Encoding Standard (WHATWG) that glibc knows under some name, with that name; and UTF-7. */
static const struct charset {
    const char *label, *name; /* name NULL: the same */
} charsets[] = {
    {"utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"x-unicode20utf8", "UTF-8"},
    {"utf-7", NULL},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"unicode-2-0-utf-7", "UTF-7"},
    {"x-unicode-2-0-utf-7", "UTF-7"},
    {"csutf7", "UTF-7"},
    {"utf7", "UTF-7"},
    {"utf-16", NULL},
    {"utf-16le", NULL},
    {"utf-16be", NULL},
    {"ucs-2", NULL},
    {"unicode", "UTF-16"},
    {"unicodefffe", "UTF-16BE"},
    {"unicodefeff", "UTF-16LE"},
    {"iso-10646-ucs-2", NULL},
    {"csunicode", "UTF-16"},
    {"utf-32", NULL},
    {"utf-32le", NULL},
    {"utf-32be", NULL},
    {"us-ascii", NULL},
    {"ascii", NULL},
    {"ansi_x3.4-1968", NULL},
    {"iso646-us", NULL},
    {"iso-8859-1", NULL},
    {"iso8859-1", NULL},
    {"iso88591", NULL},
    {"iso_8859-1", NULL},
    {"iso_8859-1:1987", NULL},
    {"latin1", NULL},
    {"l1", NULL},
    {"cp819", NULL},
    {"ibm819", NULL},
    {"iso-ir-100", NULL},
    {"csisolatin1", NULL},
    {"iso-8859-2", NULL},
    {"iso8859-2", NULL},
    {"latin2", NULL},
    {"l2", NULL},
    {"iso-8859-3", NULL},
    {"iso8859-3", NULL},
    {"latin3", NULL},
    {"iso-8859-4", NULL},
    {"iso8859-4", NULL},
    {"latin4", NULL},
    {"iso-8859-5", NULL},
    {"iso8859-5", NULL},
    {"cyrillic", NULL},
    {"iso-8859-6", NULL},
    {"iso8859-6", NULL},
    {"arabic", NULL},
    {"asmo-708", NULL},
    {"ecma-114", NULL},
    {"iso-8859-6-e", "ISO-8859-6"},
    {"iso-8859-6-i", "ISO-8859-6"},
    {"iso-8859-7", NULL},
    {"iso8859-7", NULL},
    {"greek", NULL},
    {"ecma-118", NULL},
    {"elot_928", NULL},
    {"iso-8859-8", NULL},
    {"iso8859-8", NULL},
    {"hebrew", NULL},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"logical", "ISO-8859-8"},
    {"visual", "ISO-8859-8"},
    {"iso-8859-9", NULL},
    {"iso8859-9", NULL},
    {"latin5", NULL},
    {"iso-8859-10", NULL},
    {"iso8859-10", NULL},
    {"latin6", NULL},
    {"iso-8859-11", NULL},
    {"iso8859-11", NULL},
    {"iso-8859-13", NULL},
    {"iso8859-13", NULL},
    {"iso-8859-14", NULL},
    {"iso8859-14", NULL},
    {"iso-8859-15", NULL},
    {"iso8859-15", NULL},
    {"latin-9", NULL},
    {"latin9", "ISO-8859-15"},
    {"l9", "ISO-8859-15"},
    {"csisolatin9", "ISO-8859-15"},
    {"iso-8859-16", NULL},
    {"iso8859-16", NULL},
    {"windows-874", "CP874"},
    {"cp874", NULL},
    {"dos-874", "CP874"},
    {"tis-620", NULL},
    {"windows-1250", NULL},
    {"cp1250", NULL},
    {"x-cp1250", "CP1250"},
    {"windows-1251", NULL},
    {"cp1251", NULL},
    {"x-cp1251", "CP1251"},
    {"windows-1252", NULL},
    {"cp1252", NULL},
    {"x-cp1252", "CP1252"},
    {"ansi", "CP1252"},
    {"windows-1253", NULL},
    {"cp1253", NULL},
    {"windows-1254", NULL},
    {"cp1254", NULL},
    {"windows-1255", NULL},
    {"cp1255", NULL},
    {"windows-1256", NULL},
    {"cp1256", NULL},
    {"windows-1257", NULL},
    {"cp1257", NULL},
    {"windows-1258", NULL},
    {"cp1258", NULL},
    {"koi8-r", NULL},
    {"koi8", "KOI8-R"},
    {"koi", "KOI8-R"},
    {"koi8_r", "KOI8-R"},
    {"cskoi8r", "KOI8-R"},
    {"koi8-u", NULL},
    {"koi8-ru", "KOI8-U"},
    {"macintosh", NULL},
    {"mac", NULL},
    {"x-mac-roman", "MACINTOSH"},
    {"x-mac-cyrillic", "MAC-CYRILLIC"},
    {"x-mac-ukrainian", "MAC-CYRILLIC"},
    {"ibm866", NULL},
    {"cp866", NULL},
    {"866", NULL},
    {"ibm850", NULL},
    {"cp850", NULL},
    {"ibm852", NULL},
    {"cp852", NULL},
    {"cp437", NULL},
    {"ibm437", NULL},
    {"gb2312", "GBK"},
    {"gb_2312", "GBK"},
    {"gb_2312-80", "GBK"},
    {"chinese", "GBK"},
    {"csgb2312", "GBK"},
    {"euc-cn", NULL},
    {"gbk", NULL},
    {"x-gbk", "GBK"},
    {"cp936", NULL},
    {"gb18030", NULL},
    {"hz-gb-2312", "GBK"},
    {"big5", NULL},
    {"big5-hkscs", NULL},
    {"cn-big5", "BIG5"},
    {"csbig5", "BIG5"},
    {"x-x-big5", "BIG5"},
    {"cp950", NULL},
    {"euc-jp", NULL},
    {"x-euc-jp", "EUC-JP"},
    {"iso-2022-jp", NULL},
    {"csiso2022jp", NULL},
    {"iso-2022-jp-1", NULL},
    {"iso-2022-jp-2", NULL},
    {"shift_jis", NULL},
    {"shift-jis", NULL},
    {"sjis", NULL},
    {"x-sjis", "SJIS"},
    {"ms_kanji", NULL},
    {"windows-31j", NULL},
    {"cp932", NULL},
    {"ms932", NULL},
    {"euc-kr", NULL},
    {"korean", "EUC-KR"},
    {"ks_c_5601-1987", "CP949"},
    {"ksc5601", "CP949"},
    {"ksc_5601", "CP949"},
    {"ks_c_5601-1989", "CP949"},
    {"windows-949", "CP949"},
    {"cp949", NULL},
    {"uhc", NULL},
    {"iso-2022-kr", NULL},
    {"iso-2022-cn", NULL},
    {"euc-tw", NULL},
};
#define COUNT (sizeof charsets / sizeof *charsets)

static iconv_t opened[COUNT];
static iconv_t (*real_open)(const char *to, const char *from);

static const char *name_of(const struct charset *charset)
{
    return charset->name != NULL ? charset->name : charset->label;
}

void charsets_prepare(void)
{
    *(void **)&real_open = dlsym(RTLD_NEXT, "iconv_open");
    /* Else GLib converts to the charset of the C locale, and libraries give no names but ASCII. GLib reads the environment too. */
    if (setenv("LC_ALL", "C.UTF-8", 1) != 0 || setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        log_warn("there is no locale C.UTF-8: names that are not ASCII may be lost");
    if (real_open == NULL)
        log_fatal("the C library has no iconv_open");
    for (size_t i = 0; i < COUNT; i++)
        opened[i] = real_open("UTF-8", name_of(&charsets[i]));
}

static bool is_opened(size_t i)
{
    return opened[i] != (iconv_t)-1 && opened[i] != NULL;
}

/* The first letters settle most: one message may ask for thousands. */
static bool is_named(struct span name, const char *label)
{
    return name.len > 0 && ((*name.ptr ^ *label) & ~0x20) == 0 &&
           span_iequal(name, span_of(label));
}

/* The index under a label or under the name glibc has for it; COUNT when there is none. */
static size_t find(struct span name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (is_opened(i) &&
            (is_named(name, charsets[i].label) || is_named(name, name_of(&charsets[i]))))
            return i;
    return COUNT;
}

bool charsets_knows(struct span name)
{
    return find(name) < COUNT;
}

iconv_t iconv_open(const char *to, const char *from);

/* Takes the place of the C library's for GLib and GMime too. Of a pair that was not opened before, its modules would have to be
 * loaded, which ends a sandboxed process. */
iconv_t iconv_open(const char *to, const char *from)
{
    size_t i = to != NULL && from != NULL && span_iequal(span_of(to), SPAN("UTF-8"))
                   ? find(span_of(from))
                   : COUNT;

    if (i == COUNT || real_open == NULL) {
        errno = EINVAL;
        return (iconv_t)-1;
    }
    return real_open("UTF-8", name_of(&charsets[i]));
}

/* One step; a byte that does not fit is replaced, so that each step goes forward. */
static bool convert_some(struct str *out, iconv_t conversion, char **in, size_t *left)
{
    char buf[1024], *to = buf;
    size_t room = sizeof buf;
    size_t result = iconv(conversion, in, left, &to, &room);

    str_add(out, span_from(buf, (size_t)(to - buf)));
    if (result == (size_t)-1 && errno != E2BIG) {
        str_adds(out, "\xef\xbf\xbd");
        if (*left == 0)
            return false;
        (*in)++;
        (*left)--;
    }
    return *left > 0;
}

bool charsets_to_utf8(struct str *out, struct span charset, struct span text)
{
    size_t i = find(charset), left = text.len;
    struct str copy = STR_EMPTY, made = STR_EMPTY;
    char *in;

    if (i == COUNT)
        return false;
    str_add(&copy, text);
    in = copy.ptr;
    iconv(opened[i], NULL, NULL, NULL, NULL);
    while (left > 0 && convert_some(&made, opened[i], &in, &left))
        ;
    sink_utf8(out, str_span(&made));
    str_clear(&made);
    str_clear(&copy);
    return true;
}
