/* The setting trusted_authserv_ids, ID@NETWORK, ...: whose Authentication-Results count when this client brings them. */
#ifndef CONF_TRUSTED_IDS_H
#define CONF_TRUSTED_IDS_H
#include "base/ipnet.h"
#include "base/str.h"

/* Appends the ids whose network holds the client, comma-separated, in the order of the setting: for sender_request.trusted_id, which is read by
 * authres_which (mail/authres_read.h). False: there is none, the client is no inner gateway. setting: checked text of the table. */
bool trusted_ids_of(const char *setting, const struct ip *client, struct str *out);
/* Appends all ids of the setting, comma-separated, whatever their network. */
void trusted_ids_all(const char *setting, struct str *out);
#endif
