#include "api/first_admin.h"

#include <stdio.h>

#include "api/password.h"
#include "base/digest.h"
#include "base/log.h"

enum { ADMIN_PASSWORD_BYTES = 12 };

struct error
first_admin_ensure(struct db *db, struct arena *arena, const struct config *config)
{
    const char *email = config_text(config, SETTING_ADMIN_EMAIL);
    const char *password = config_text(config, SETTING_ADMIN_PASSWORD);
    bool made = password[0] == '\0';
    char drawn[2 * ADMIN_PASSWORD_BYTES + 1];
    const char *hash;
    struct db_rows rows;

    TRY(db_run0(db, arena, Q_API_ADMIN_MISSING, &rows));
    if (!row_bool(&rows, 0, "missing")) {
        return NO_ERROR;
    }
    digest_random_hex(drawn, ADMIN_PASSWORD_BYTES);
    TRY(password_hash(arena, made ? drawn : password, &hash));
    TRY(db_run(db, arena, Q_API_ADMIN_CREATE, &rows, DB_PARAMS(email, hash)));
    if (rows.count == 0) {
        return NO_ERROR; /* another API was quicker */
    }
    log_info("the first admin is created", LOG_STR(USER, email));
    if (made) {
        printf("First admin: %s, password: %s (shown this once)\n", email, drawn);
        fflush(stdout);
    }
    return NO_ERROR;
}
