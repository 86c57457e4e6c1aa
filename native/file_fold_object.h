#pragma once
#include <node_api.h>

// Adds the class FileFold to the addon's exports.
void register_file_fold(napi_env env, napi_value exports);
