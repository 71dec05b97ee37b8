/* scaleway_kinds.c: the table of calls: who writes the request and who reads the reply. */
#include "provider/scaleway_step.h"

const struct scaleway_kind scaleway_kinds[CALL_KIND_COUNT_] = {
    [CALL_SERVER_CREATE] = { false, scaleway_server_create_prepare, scaleway_server_create_take },
    [CALL_SERVER_DELETE] = { true, scaleway_server_delete_prepare, NULL },
    [CALL_SERVER_POWERON] = { true, scaleway_server_action_prepare, scaleway_server_action_take },
    [CALL_SERVER_POWEROFF] = { true, scaleway_server_action_prepare, scaleway_server_action_take },
    [CALL_SERVER_REBOOT] = { true, scaleway_server_action_prepare, scaleway_server_action_take },
    [CALL_SERVER_TAGS] = { true, scaleway_server_tags_prepare, scaleway_server_patch_take },
    [CALL_USER_DATA_PUT] = { true, scaleway_user_data_prepare, NULL },
    [CALL_VOLUME_RESIZE] = { true, scaleway_volume_resize_prepare, scaleway_volume_resize_take },
    [CALL_VOLUME_DELETE] = { true, scaleway_volume_delete_prepare, NULL },
    [CALL_ADDRESS_DELETE] = { true, scaleway_address_delete_prepare, NULL },
    [CALL_SECURITY_GROUP_CREATE] = { false, scaleway_group_create_prepare,
                                     scaleway_group_create_take },
    [CALL_SECURITY_GROUP_RULES] = { true, scaleway_group_rules_prepare, scaleway_group_rules_take },
    [CALL_SECURITY_GROUP_ATTACH] = { true, scaleway_group_attach_prepare,
                                     scaleway_server_patch_take },
    [CALL_SECURITY_GROUP_DELETE] = { true, scaleway_group_delete_prepare, NULL },
    [CALL_SERVER_GET] = { true, scaleway_server_get_prepare, scaleway_server_get_take },
    [CALL_SERVER_LIST] = { false, scaleway_server_list_prepare, scaleway_server_list_take },
    [CALL_VOLUME_GET] = { true, scaleway_volume_get_prepare, scaleway_volume_get_take },
    [CALL_VOLUME_LIST] = { false, scaleway_volume_list_prepare, scaleway_volume_list_take },
    [CALL_ADDRESS_GET] = { true, scaleway_address_get_prepare, scaleway_address_get_take },
    [CALL_ADDRESS_LIST] = { false, scaleway_address_list_prepare, scaleway_address_list_take },
    [CALL_SECURITY_GROUP_LIST] = { false, scaleway_group_list_prepare, scaleway_group_list_take },
    [CALL_TYPE_LIST] = { false, scaleway_type_list_prepare, scaleway_type_list_take },
};
