/* handlers.h: one function a route (routes.c).  Each gives the reply, or returns the error that
 * kept it from one. */
#ifndef INVENTIV_API_HANDLERS_H
#define INVENTIV_API_HANDLERS_H

#include "api/exchange.h"

/* handle_login.c */
struct error handle_login(struct exchange *exchange, struct db *db);
struct error handle_logout(struct exchange *exchange, struct db *db);
struct error handle_me(struct exchange *exchange, struct db *db);

/* handle_deploy.c */
struct error handle_deploy(struct exchange *exchange, struct db *db);

/* handle_instance.c */
struct error handle_instances(struct exchange *exchange, struct db *db);
struct error handle_instance(struct exchange *exchange, struct db *db);

/* handle_wish.c */
struct error handle_terminate(struct exchange *exchange, struct db *db);
struct error handle_drain(struct exchange *exchange, struct db *db);
struct error handle_reinstall(struct exchange *exchange, struct db *db);
struct error handle_archive(struct exchange *exchange, struct db *db);

/* handle_ask.c */
struct error handle_ask(struct exchange *exchange, struct db *db);

/* handle_alert.c */
struct error handle_alerts(struct exchange *exchange, struct db *db);

/* handle_routing.c */
struct error handle_routing(struct exchange *exchange, struct db *db);

/* handle_catalogue.c */
struct error handle_models(struct exchange *exchange, struct db *db);
struct error handle_providers(struct exchange *exchange, struct db *db);
struct error handle_regions(struct exchange *exchange, struct db *db);
struct error handle_zones(struct exchange *exchange, struct db *db);
struct error handle_instance_types(struct exchange *exchange, struct db *db);

/* handle_vanish.c */
struct error handle_confirm_vanished(struct exchange *exchange, struct db *db);

/* handle_journal.c */
struct error handle_action_logs(struct exchange *exchange, struct db *db);
struct error handle_action_types(struct exchange *exchange, struct db *db);

/* handle_events.c */
struct error handle_events(struct exchange *exchange, struct db *db);

/* handle_register.c */
struct error handle_register(struct exchange *exchange, struct db *db);

/* handle_status.c */
struct error handle_readyz(struct exchange *exchange, struct db *db);
void handle_healthz(struct api *api, struct http_request *request, const char *path_id);
void handle_version(struct api *api, struct http_request *request, const char *path_id);
void handle_welcome(struct api *api, struct http_request *request, const char *path_id);

#endif
