/* The links of a message as they are kept: once, in order, with their text; whether it deceives; what stands inside of them; every limit. */
#include "milter/inspect/links_inside.h"

#include "t/lib/suite.h"

static struct links *links;
static struct facts *facts;

static void begin(void)
{
    links = links_new();
    facts = facts_new();
}

static void end(void)
{
    links_free(&links);
    facts_free(&facts);
}

static void add(const char *target, const char *shown)
{
    links_add(links, span_of(target), span_of(shown));
}

static void put(struct str *out, size_t i, enum fact_id id)
{
    const struct fact *fact = facts_record_get(facts, RECORD_URL, i, id);

    if (fact->state == FACT_VALUE)
        str_add(out, fact->values[0].text);
    else
        str_addc(out, '-');
}

/* "host domain deceptive|text" of each, by line. */
static struct str given(void)
{
    struct str out = STR_EMPTY;

    facts_free(&facts);
    facts = facts_new();
    links_give(links, facts);
    for (size_t i = 0; i < facts_records(facts, RECORD_URL)->count; i++) {
        put(&out, i, FACT_URL_HOST);
        str_addc(&out, ' ');
        put(&out, i, FACT_URL_DOMAIN);
        str_adds(&out,
                 facts_record_get(facts, RECORD_URL, i, FACT_URL_DECEPTIVE)->values[0].number
                     ? " deceptive|"
                     : " |");
        put(&out, i, FACT_URL_TEXT);
        str_addc(&out, '\n');
    }
    return out;
}

static void wants(const char *wanted)
{
    struct str out = given();

    ck_assert_str_eq(str_cstr(&out), wanted);
    str_clear(&out);
}

static const struct record_list *list(void)
{
    struct str out = given();

    str_clear(&out);
    return facts_records(facts, RECORD_URL);
}

static void is_whole(void)
{
    ck_assert(list()->state == FACT_VALUE && !list()->is_incomplete);
    ck_assert(!links_are_full(links));
}

static void is_incomplete(const char *reason)
{
    ck_assert(list()->state == FACT_VALUE && list()->is_incomplete);
    ck_assert(span_is(list()->reason, reason));
}

START_TEST(test_order)
{
    begin();
    is_whole();
    wants("");
    add("http://www.b.com/x", "B");
    add("http://a.com/", "");
    add("HTTP://WWW.B.COM:8080/other", " B\n");
    add("https://www.b.com/x", "C");
    add("mailto:x@c.com", "C");
    add("//192.0.2.1/p", "");
    add("http://[2001:db8::1]", "");
    add("http://intranet/", "home");
    links_add_shown(links, SPAN("http://d.co.uk/p?q"), false);
    links_add_shown(links, SPAN("www.d.co.uk/p"), true);
    links_add_shown(links, SPAN("www.d.co.uk/p"), false);
    links_add_shown(links, SPAN("e.g."), true);
    add("http://a.com/y", "");
    wants("www.b.com b.com |B\n"
          "a.com a.com |-\n"
          "www.b.com b.com |C\n"
          "192.0.2.1 - |-\n"
          "2001:db8::1 - |-\n"
          "intranet intranet |home\n"
          "d.co.uk d.co.uk |http://d.co.uk/p?q\n"
          "www.d.co.uk d.co.uk |www.d.co.uk/p\n");
    is_whole();
    end();
}
END_TEST

START_TEST(test_deceptive)
{
    static const struct {
        const char *target, *shown;
        bool wanted;
    } cases[] = {
        {"http://evil.com/", "http://bank.com/", true},
        {"http://evil.com/", "bank.com", true},
        {"http://evil.com/", "www.bank.com/login", true},
        {"http://evil.com/", "Click http://bank.com now", true},
        {"http://evil.com/", "Click (bank.com).", true},
        {"http://evil.com/", "<https://bank.com>", true},
        {"http://evil.com/", "Visit:HTTPS://BANK.COM/x", true},
        {"http://evil.com/", "\u00a0\u3000bank.com\u00a0", true},
        {"http://evil.com/", "ba\u200bnk.com", true},
        {"http://evil.com/", "bank\uff0ecom", true},
        {"http://evil.com/", "ba\u200enk\u2061.com", true},
        {"http://evil.com/", "bank.com\u2013login", true},
        {"http://evil.com/", "\u00bbbank.com\u00ab", true},
        {"http://evil.com/", "login|bank.com|help", true},
        {"http://evil.com/", "Site:bank.com", true},
        {"http://evil.com/", "bank.com:8080", true},
        {"http://evil.com/", "http://bank.com,@evil.com", true},
        {"http://evil.com/", "http://[2001:db8::1]/", true},
        {"http://evil.com/", "http://intranet/", true},
        {"http://evil.com/", "http://192.0.2.1/", true},
        {"http://192.0.2.2/", "bank.com", true},
        {"http://192.0.2.2/", "http://192.0.2.1/", true},
        {"http://bank.com.evil.com/", "bank.com", true},
        {"http://bank.com@evil.com/", "bank.com", true},
        {"http://evil.com/", "evil.com https://bank.com/", true},
        {"http://evil.com/", "bank\u2024com", true},
        {"http://a.github.io/", "b.github.io", true},
        {"http://b\u00fccher.de/", "bucher.de", true},
        {"http://www.bank.com/", "bank.com", false},
        {"http://bank.com/", "login.bank.com/x?y", false},
        {"http://bank.com/", "http://BANK.com.", false},
        {"http://xn--bcher-kva.de/", "B\u00dcCHER.de", false},
        {"http://192.0.2.1/", "http://0xc0000201/", false},
        {"http://evil.com/", "a@bank.com", false},
        {"http://evil.com/", "mailto:a@bank.com", false},
        {"http://evil.com/", "Version 1.5, e.g. this one", false},
        {"http://evil.com/", "report.final.docx", false},
        {"http://evil.com/", "Click here", false},
        {"http://evil.com/", "", false},
        {"http://evil.com/?u=http://bank.com", "bank.com", true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct fact *fact;

        begin();
        add(cases[i].target, cases[i].shown);
        ck_assert_uint_ge(list()->count, 1);
        fact = facts_record_get(facts, RECORD_URL, 0, FACT_URL_DECEPTIVE);
        ck_assert_msg((fact->values[0].number != 0) == cases[i].wanted, "%s shown as %s",
                      cases[i].target, cases[i].shown);
        end();
    }
}
END_TEST

START_TEST(test_shown)
{
    struct str text = STR_EMPTY;

    begin();
    add("http://a.com/", " \r\n\t Click\n\n  here \u00a0\u2003 now\u3000");
    add("http://b.com/", "\u00a0 \n");
    wants("a.com a.com |Click here now\nb.com b.com |-\n");
    end();
    /* Cut between characters; the same beginning is the same link, and one that deceives behind the cut deceives. */
    begin();
    for (int i = 0; i < 100; i++)
        str_adds(&text, i == 0 ? "x" : "\u00fc\u00fc");
    add("http://a.com/", str_cstr(&text));
    str_adds(&text, " bank.com");
    add("http://a.com/", str_cstr(&text));
    ck_assert_uint_eq(list()->count, 1);
    ck_assert_uint_eq(facts_record_get(facts, RECORD_URL, 0, FACT_URL_TEXT)->values[0].text.len,
                      LINK_SHOWN_MAX - 1);
    ck_assert(facts_record_get(facts, RECORD_URL, 0, FACT_URL_DECEPTIVE)->values[0].number);
    end();
    str_clear(&text);
}
END_TEST

START_TEST(test_nested)
{
    begin();
    add("http://a.com/?u=http://b.com/&v=https:/c.com", "text");
    add("http://a.com/?u=https%3A%2F%2Fd.com%2F", "");
    add("http://a.com/?u=https%253A%252F%252Fe.com%252F", "");
    add("http://a.com/?u=https%25253A%25252F%25252Ffour.com%25252F", "");
    add("http://a.com/http://bad host/ftp://f.com/", "");
    add("http://a.com/#\"http://g.com)", "");
    add("http://a.com/?back=http://a.com/", "");
    add("http://http://a.com/", "");
    add("/redirect?u=http://h.com/", "x");
    add("javascript:location='http://i.com'", "x");
    links_add_shown(links, SPAN("www.j.com/?u=http://k.com,"), true);
    wants("a.com a.com |text\n"
          "b.com b.com |-\n"
          "c.com c.com |-\n"
          "a.com a.com |-\n"
          "d.com d.com |-\n"
          "e.com e.com |-\n"
          "bad bad |-\n"
          "f.com f.com |-\n"
          "g.com g.com |-\n"
          "http http |-\n"
          "h.com h.com |-\n"
          "i.com i.com |-\n"
          "www.j.com j.com |www.j.com/?u=http://k.com,\n"
          "k.com k.com |-\n");
    is_whole();
    add("http://l.com/?http://m.com&http://m.com&http://n.com&http://o.com", "");
    is_whole();
    add("http://l.com/?http://p.com&http://q.com&http://r.com&http%3A//s.com", "");
    is_incomplete("too many links inside of one link");
    ck_assert(!links_are_full(links));
    end();
}
END_TEST

static void add_many(int count, const char *before, const char *after)
{
    for (int i = 0; i < count; i++) {
        struct str text = STR_EMPTY;

        str_printf(&text, "%s%d%s", before, i, after);
        add(str_cstr(&text), "");
        str_clear(&text);
    }
}

START_TEST(test_count)
{
    begin();
    add_many(LINKS_MAX, "http://a", ".com/");
    add_many(LINKS_MAX, "https://a", ".com/x");
    is_whole();
    ck_assert_uint_eq(list()->count, LINKS_MAX);
    add("http://one.more.com/", "");
    ck_assert(links_are_full(links));
    is_incomplete("too many links");
    ck_assert_uint_eq(list()->count, LINKS_MAX);
    links_incomplete(links, "another");
    is_incomplete("too many links");
    end();
}
END_TEST

START_TEST(test_tries)
{
    begin();
    add_many(LINKS_TRIED_MAX, "mailto:a", "@b.com");
    is_whole();
    add("http://a.com/", "");
    ck_assert(links_are_full(links));
    is_incomplete("too many links");
    ck_assert_uint_eq(list()->count, 0);
    end();
    /* International hosts cost more. */
    begin();
    add_many(LINKS_TRIED_MAX / LINK_INTERNATIONAL_COST, "http://\U0001f4a9\u202e", ".ws/");
    is_whole();
    add("http://a.com/", "");
    ck_assert(links_are_full(links));
    end();
}
END_TEST

/* What few links can make us look up, or search again and again, counts as tries. */
START_TEST(test_cost)
{
    static const char *const ends[] = {"http:/x", "http:/\U0001f4a9\u202e.ws&"};

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct str link = STR_EMPTY;

        str_adds(&link, "http://a.com/?");
        while (link.len < URL_TEXT_MAX)
            str_adds(&link, link.len % 800 < 10 ? " " : ends[i]); /* short ones, too */
        begin();
        for (int k = 0; k < 1000; k++)
            add(str_cstr(&link), "");
        ck_assert(links_are_full(links));
        end();
        str_clear(&link);
    }
    begin();
    for (int k = 0; k < LINKS_TRIED_MAX / LINK_INTERNATIONAL_COST; k++)
        add("http://a.com/", "\U0001f4a9.ws");
    ck_assert(links_are_full(links));
    end();
    /* Links of newsletters that count clicks cost one try each, whatever their text says. */
    begin();
    for (int k = 0; k < LINKS_TRIED_MAX; k++)
        add("http://a.com/?u=https%3A%2F%2Fa.com%2F", "\u4eca\u5929\u3002\u8d2d\u4e70 a.com");
    ck_assert(!links_are_full(links));
    is_whole();
    end();
}
END_TEST

START_TEST(test_spend)
{
    begin();
    ck_assert(links_spend(links, LINKS_TEXT_MAX - 1));
    ck_assert(links_spend(links, 1));
    ck_assert(links_spend(links, 0));
    is_whole();
    ck_assert(!links_spend(links, 1));
    is_incomplete("too much text");
    ck_assert(!links_spend(links, 1));
    end();
    begin();
    ck_assert(links_spend(links, 1));
    ck_assert(!links_spend(links, SIZE_MAX));
    ck_assert(!links_spend(links, 1));
    end();
}
END_TEST

/* Long texts and tails are looked at up to their limits, and no further than they go. */
START_TEST(test_long)
{
    struct str text = STR_EMPTY;

    begin();
    for (int i = 0; i < 100000; i++)
        str_adds(&text, i == 0 ? "http://a.com/" : "%2");
    str_adds(&text, "http://late.com");
    links_add(links, str_span(&text), str_span(&text));
    for (size_t i = 0; i < text.len; i++)
        text.ptr[i] = ':';
    links_add(links, str_span(&text), str_span(&text));
    ck_assert_uint_eq(list()->count, 1);
    is_whole();
    end();
    str_reset(&text);
    /* One host a thousand times is tried no further either. */
    begin();
    str_adds(&text, "http://a.com/");
    for (int i = 0; i < 1000; i++)
        str_adds(&text, "http:/");
    links_add(links, str_span(&text), SPAN(""));
    is_incomplete("too many links inside of one link");
    end();
    str_clear(&text);
}
END_TEST

SUITE_MAIN("inspect/links", test_order, test_deceptive, test_shown, test_nested, test_count,
           test_tries, test_cost, test_spend, test_long)
