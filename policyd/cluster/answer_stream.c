/* answer_stream.c - seals an answer piece by piece, and opens it on the other side. */
#include "policyd/cluster/answer_stream.h"

static void context_of(struct str *out, const struct answer_about *about)
{
    str_printf(out, "postgate answer 1 %s %s %s", about->request, about->from, about->to);
}

/* What the answering node signs: the context and the public key of the stream. */
static void signed_text(struct str *out, const struct answer_about *about,
                        const uint8_t header[SEAL_PUBLIC_SIZE])
{
    context_of(out, about);
    str_addc(out, ' ');
    hash_hex(out, header, SEAL_PUBLIC_SIZE);
}

static void begin(struct answer_sender *sender, struct str *piece)
{
    uint8_t header[SEAL_PUBLIC_SIZE], signature[SIGN_SIZE];
    struct str text = STR_EMPTY;

    context_of(&text, &sender->about);
    seal_stream_send(&sender->stream, sender->asker, str_span(&text), header);
    str_reset(&text);
    signed_text(&text, &sender->about, header);
    sign_bytes(&sender->sign, str_span(&text), signature);
    str_add(piece, span_from(header, sizeof header));
    str_add(piece, span_from(signature, sizeof signature));
    str_clear(&text);
    sender->is_begun = true;
}

static void send_piece(struct answer_sender *sender, struct span plain, bool is_last)
{
    struct str piece = STR_EMPTY;

    if (sender->is_broken)
        return;
    if (!sender->is_begun)
        begin(sender, &piece);
    seal_piece(&sender->stream, &piece, plain, is_last);
    sender->is_broken = sender->push(sender->ctx, str_span(&piece)) == -1;
    str_clear(&piece);
}

void answer_send(struct answer_sender *sender, struct span bytes)
{
    while (!sender->is_broken && bytes.len > 0) {
        size_t room = ANSWER_STREAM_PLAIN - sender->plain.len;
        size_t len = bytes.len < room ? bytes.len : room;

        str_add(&sender->plain, span_from(bytes.ptr, len));
        bytes = span_skip(bytes, len);
        if (sender->plain.len == ANSWER_STREAM_PLAIN) {
            send_piece(sender, str_span(&sender->plain), false);
            str_reset(&sender->plain);
        }
    }
}

void answer_send_end(struct answer_sender *sender, struct span bytes)
{
    answer_send(sender, bytes);
    send_piece(sender, str_span(&sender->plain), true);
    str_reset(&sender->plain);
}

void answer_sender_clear(struct answer_sender *sender)
{
    str_clear(&sender->plain);
}

static int begin_receiving(struct answer_receiver *receiver, struct span *piece,
                           struct err *err)
{
    struct str text = STR_EMPTY;
    uint8_t header[SEAL_PUBLIC_SIZE], signature[SIGN_SIZE];
    bool is_good;

    if (piece->len < ANSWER_STREAM_HEAD)
        return err_set(err, "the answer begins with a piece that is cut short");
    memcpy(header, piece->ptr, sizeof header);
    memcpy(signature, piece->ptr + sizeof header, sizeof signature);
    signed_text(&text, &receiver->about, header);
    is_good = sign_verify(receiver->signer, str_span(&text), signature);
    str_reset(&text);
    context_of(&text, &receiver->about);
    is_good = is_good &&
              seal_stream_receive(&receiver->stream, &receiver->key, str_span(&text), header);
    str_clear(&text);
    if (!is_good)
        return err_set(err, "the answer is not signed by the node that was asked, or begins "
                            "with another piece than its first");
    *piece = span_skip(*piece, ANSWER_STREAM_HEAD);
    receiver->is_begun = true;
    return 0;
}

int answer_receive(struct answer_receiver *receiver, struct span piece, struct str *out,
                   struct err *err)
{
    if (receiver->is_over)
        return err_set(err, "a piece after the last one of the answer");
    if (piece.len > REQUESTS_PIECE)
        return err_set(err, "a piece of %zu bytes; %d is the most", piece.len, REQUESTS_PIECE);
    if (!receiver->is_begun && begin_receiving(receiver, &piece, err) == -1)
        return -1;
    if (!seal_piece_open(&receiver->stream, out, piece, &receiver->is_over))
        return err_set(err, "a piece of the answer is missing, repeated, out of order or "
                            "damaged");
    return receiver->is_over;
}
