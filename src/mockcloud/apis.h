/* apis.h: the handlers that the route table names, one an operation.  Each answers its call exactly
 * once. */
#ifndef INVENTIV_MOCKCLOUD_APIS_H
#define INVENTIV_MOCKCLOUD_APIS_H

#include "mockcloud/call.h"

void api_server_create(struct call *call);
void api_server_list(struct call *call);
void api_server_get(struct call *call);
void api_server_update(struct call *call);
void api_server_delete(struct call *call);
void api_server_actions(struct call *call);
void api_server_action(struct call *call);
void api_user_data_list(struct call *call);
void api_user_data_get(struct call *call);
void api_user_data_put(struct call *call);
void api_user_data_patch(struct call *call);
void api_user_data_delete(struct call *call);
void api_local_volume_create(struct call *call);
void api_local_volume_list(struct call *call);
void api_local_volume_get(struct call *call);
void api_local_volume_update(struct call *call);
void api_local_volume_delete(struct call *call);
void api_address_create(struct call *call);
void api_address_list(struct call *call);
void api_address_get(struct call *call);
void api_address_update(struct call *call);
void api_address_delete(struct call *call);
void api_security_group_create(struct call *call);
void api_security_group_list(struct call *call);
void api_security_group_get(struct call *call);
void api_security_group_update(struct call *call);
void api_security_group_delete(struct call *call);
void api_security_group_rules_get(struct call *call);
void api_security_group_rules_set(struct call *call);
void api_security_group_rule_create(struct call *call);
void api_security_group_rule_delete(struct call *call);
void api_product_list(struct call *call);
void api_product_availability(struct call *call);
void api_image_list(struct call *call);
void api_image_get(struct call *call);
void api_volume_create(struct call *call);
void api_volume_list(struct call *call);
void api_volume_get(struct call *call);
void api_volume_update(struct call *call);
void api_volume_delete(struct call *call);
void api_own_healthz(struct call *call);
void api_own_readyz(struct call *call);
void api_own_bill(struct call *call);
void api_own_requests(struct call *call);
void api_own_machines(struct call *call);
void api_own_machine_kill(struct call *call);
void api_own_machine_lock(struct call *call);
void api_own_machine_delete(struct call *call);
void api_own_faults(struct call *call);
void api_own_fault_set(struct call *call);
void api_own_faults_clear(struct call *call);
void api_own_fault_remove(struct call *call);

#endif
