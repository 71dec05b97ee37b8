# shellcheck shell=bash
# programs.sh: inventiv's own programs in a stack.

mockcloud_stop() {
    service_stop mockcloud
}

orchestrator_stop() {
    service_stop orchestrator
}

api_stop() {
    service_stop api
}
