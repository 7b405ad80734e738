/* dmarc_report_mail.c - the message that carries a report (RFC 7489 section 7.2.1.1). From nobody, and marked so that no program answers it. */
#include <stdio.h>
#include <zlib.h>
#include "base/clock.h"
#include "base/hash.h"
#include "milter/dmarc_report.h"

#define GZIP_BITS (15 + 16) /* deflateInit2: a gzip header around it */
#define LINE      76        /* of base64 */
#define NONCE     12

int report_gzip(struct str *out, struct span bytes, struct err *err)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes.ptr, .avail_in = (uInt)bytes.len};
    unsigned char buffer[16384];
    int rc = bytes.len < UINT32_MAX ? deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED,
                                                   GZIP_BITS, 9, Z_DEFAULT_STRATEGY)
                                    : Z_DATA_ERROR;

    if (rc != Z_OK)
        return err_set(err, "the report cannot be compressed");
    while (rc == Z_OK) { /* each round takes input or gives output */
        stream.next_out = buffer;
        stream.avail_out = sizeof buffer;
        rc = deflate(&stream, Z_FINISH);
        str_add(out, span_from(buffer, sizeof buffer - stream.avail_out));
    }
    deflateEnd(&stream);
    return rc == Z_STREAM_END ? 0 : err_set(err, "the report cannot be compressed");
}

static void date(struct str *out, int64_t now)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(now / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    str_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", days[tm.tm_wday],
               tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
               tm.tm_sec);
}

static void random_text(struct str *out)
{
    uint8_t nonce[NONCE];

    hash_random(nonce, sizeof nonce);
    hash_hex(out, nonce, sizeof nonce);
}

/* Addresses and domains were checked: nothing in them ends a line. */
static void header(struct str *out, const struct report *report,
                   const struct report_about *about, int64_t now)
{
    struct str id = STR_EMPTY;

    report_id(&id, report, about);
    str_printf(out, "From: %s\r\n", about->from);
    for (size_t i = 0; i < report->target_count; i++)
        str_printf(out, "%s%.*s%s\r\n", i == 0 ? "To: " : "\t",
                   SPAN_ARG(report->targets[i].address),
                   i + 1 < report->target_count ? "," : "");
    str_printf(out, "Subject: Report Domain: %s\r\n Submitter: %s\r\n Report-ID: <%s>\r\n",
               report->domain, about->receiver, str_cstr(&id));
    date(out, now);
    str_adds(out, "Message-ID: <");
    random_text(out);
    str_printf(out, ".%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
               str_cstr(&id));
    str_clear(&id);
}

/* receiver!domain!begin!end!unique.xml.gz; unique is of letters and digits only. */
static void filename(struct str *out, const struct report *report,
                     const struct report_about *about)
{
    str_printf(out, "%s!%s!%lld!%lld!", about->receiver, report->domain,
               (long long)about->begin, (long long)about->begin + DAY_SECONDS - 1);
    for (const char *c = about->node; *c != '\0'; c++)
        if ((*c >= '0' && *c <= '9') || ((*c | 0x20) >= 'a' && (*c | 0x20) <= 'z'))
            str_addc(out, *c);
    str_adds(out, ".xml.gz");
}

static void text_part(struct str *out, const struct report *report,
                      const struct report_about *about)
{
    char day[24];

    clock_iso(about->begin * 1000, day);
    str_printf(out,
               "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
               "This is a DMARC aggregate report (RFC 7489) about mail from\r\n%s\r\n"
               "that %s received on %.10s (UTC).\r\n"
               "It was asked for by the rua= tag of the domain's DMARC record.\r\n",
               report->domain, about->receiver, day);
}

static void gzip_part(struct str *out, const struct report *report,
                      const struct report_about *about, struct span gzip)
{
    struct str name = STR_EMPTY, text = STR_EMPTY;

    filename(&name, report, about);
    str_printf(out,
               "Content-Type: application/gzip;\r\n name=\"%s\"\r\n"
               "Content-Transfer-Encoding: base64\r\n"
               "Content-Disposition: attachment;\r\n filename=\"%s\"\r\n\r\n",
               str_cstr(&name), str_cstr(&name));
    hash_base64(&text, gzip);
    for (size_t at = 0; at < text.len; at += LINE)
        str_printf(out, "%.*s\r\n", (int)(text.len - at < LINE ? text.len - at : LINE),
                   text.ptr + at);
    str_clear(&name);
    str_clear(&text);
}

void report_message(struct str *out, const struct report *report,
                    const struct report_about *about, struct span gzip, int64_t now)
{
    struct str boundary = STR_EMPTY;

    random_text(&boundary);
    header(out, report, about, now);
    str_printf(out,
               "Content-Type: multipart/mixed; boundary=\"=_%s\"\r\n\r\n"
               "A DMARC aggregate report; it needs a program that reads MIME.\r\n--=_%s\r\n",
               str_cstr(&boundary), str_cstr(&boundary));
    text_part(out, report, about);
    str_printf(out, "--=_%s\r\n", str_cstr(&boundary));
    gzip_part(out, report, about, gzip);
    str_printf(out, "--=_%s--\r\n", str_cstr(&boundary));
    str_clear(&boundary);
}
